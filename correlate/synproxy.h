/* SYN proxies: boxes that answer a client themselves (by a cookie, RFC 4987 section 3.6) and open a
 * connection of their own to the server when the client has proved itself. Both handshakes end or
 * begin at the box; what follows passes, with shifted numbers.
 */
#ifndef CROSSTAP_CORRELATE_SYNPROXY_H
#define CROSSTAP_CORRELATE_SYNPROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/odd.h"

/* Of one hop. */
struct synproxy {
	const struct judging *judging;
	uint8_t *proxied;                  /* by session: 1, the hop made its handshakes; NULL: none */
	struct synproxy_service *service;  /* those that are asked for through it, sorted */
	uint32_t services;
};

/* Whether the hop made a session's handshakes, by what renumber.h says. */
bool synproxy_made(const struct judging *judging, uint32_t hop, uint32_t session);

enum status synproxy_find(struct synproxy *proxy, const struct judging *judging, uint32_t hop,
			  struct error *err) MUST_CHECK;
void synproxy_free(struct synproxy *proxy);

/* Whether an odd packet ends or begins at the SYN proxy: a handshake of a session that it made, or of
 * one that never came to be, though it was answered. */
bool synproxy_explains(const struct synproxy *proxy, const struct odd *odd);

#endif
