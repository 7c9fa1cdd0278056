/* Encapsulations, by table: what may stand between the link header and the
 * innermost IP header. They are found by ethertype, by IP protocol, or by UDP
 * destination port (the source port of overlays is entropy).
 *
 * What a port number only suggests is checked: a step returns
 * PACKET_MALFORMED or PACKET_NON_IP when the bytes are not what the number
 * says or hold no IP, and the packet then stays what its outer IP header says.
 */
#ifndef CROSSTAP_COLLECT_TUNNEL_H
#define CROSSTAP_COLLECT_TUNNEL_H

#include <stddef.h>
#include <stdint.h>

#include "collect/descent.h"

enum tunnel_key {
	TUNNEL_BY_ETHERTYPE,
	TUNNEL_BY_PROTO, /* IP protocol */
	TUNNEL_BY_PORT,  /* UDP destination port */
	TUNNEL_KEYS
};

struct tunnel_row {
	uint16_t number;
	const char *name;
	descent_step *step;
};

/* Row `index` of the table of that key, or NULL behind its end. */
const struct tunnel_row *tunnel_row(enum tunnel_key key, size_t index);

/* The row of that number, or NULL. */
const struct tunnel_row *tunnel_find(enum tunnel_key key, uint16_t number);

#endif
