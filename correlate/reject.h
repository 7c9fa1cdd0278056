/* Rejects: ICMP errors by which a host refuses in its own name what was sent
 * to it (no such port, prohibited). What a hop drops and answers itself is a
 * drop's cause (cause.h) and none of these.
 *
 * An error's record does not keep the packet that it quotes, so a session is
 * matched by its ends and the time: the error comes from its server to its
 * client within a second of the session's first packet.
 */
#ifndef CROSSTAP_CORRELATE_REJECT_H
#define CROSSTAP_CORRELATE_REJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/station.h"
#include "correlate/verdict.h"

struct reject {
	uint32_t point;
	uint8_t version;
	uint8_t from[16], to[16];
	int64_t time_ns;         /* the point's own */
};

struct rejects {
	struct reject *list;     /* by point, ends, time */
	uint64_t count, room;
};

enum status rejects_find(struct rejects *rejects, const struct judging *judging,
			 struct error *err) MUST_CHECK;
void rejects_free(struct rejects *rejects);

/* Whether the server as seen there refused the session. */
bool rejects_have(const struct rejects *rejects, const struct judging *judging,
		  const struct station *station);

#endif
