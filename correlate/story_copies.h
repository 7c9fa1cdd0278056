/* Copies of sessions: what the survey counted twice because the capture holds
 * the packet twice (JOURNEY_COPY), to be taken off what a station shows.
 */
#ifndef CROSSTAP_CORRELATE_STORY_COPIES_H
#define CROSSTAP_CORRELATE_STORY_COPIES_H

#include <stdint.h>

#include "collect/error.h"
#include "correlate/station.h"
#include "correlate/verdict.h"

/* Of one node; [0] from the client, [1] from the server. */
struct story_copies {
	uint64_t bytes[2];
	uint32_t packets[2], retransmissions[2];
	uint32_t syn, synack, fin, rst, truncated, bad_checksums, zero_windows;
};

/* Counts the copies of every node. *out is NULL when there are none; caller frees it. */
enum status story_copies_count(struct story_copies **out, const struct judging *judging,
			       const struct verdicts *verdicts, struct error *err) MUST_CHECK;

/* Takes them off a session's stations. `copies` may be NULL. */
void story_copies_take_off(const struct story_copies *copies, const struct judging *judging,
			   uint32_t session, struct station *list, uint32_t count);

#endif
