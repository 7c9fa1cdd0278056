/* Story times: a TCP handshake's time, divided between client, path and server.
 *
 * Needs no clock: each part is of one point, or the difference of two such.
 */
#ifndef CROSSTAP_CORRELATE_STORY_TIMES_H
#define CROSSTAP_CORRELATE_STORY_TIMES_H

#include "correlate/station.h"

/* INT64_MIN: not known. near: the point nearest to the client that saw SYN and SYN-ACK; far: the one
 * nearest to the server that did. */
struct story_times {
	int64_t handshake_ns;    /* near: from the first SYN to the ACK of the SYN-ACK */
	int64_t client_ns;       /* near: from the first SYN-ACK to that ACK */
	int64_t reply_ns;        /* near: from the first SYN to the first SYN-ACK */
	int64_t server_ns;       /* far: the same; whatever lies behind that point is the server's */
	int64_t path_ns;         /* between them: reply - server; not known where they are one */
	int64_t worst_ns;        /* the most of path_ns that one stretch between points took */
	uint8_t worst_hop;       /* that stretch; UINT8_MAX where points between did not see it */
};

/* `list`: the session's stations in the order of stages. */
struct story_times story_times(const struct judging *judging, const struct station *list,
			       uint32_t count, bool client_forward);

#endif
