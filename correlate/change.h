/* Changes: which header fields a hop rewrote, of the packets that were seen on both of its sides.
 * A row for each field and pair of values, gathered over all packets of a direction.
 *
 * Numbers that are another one in every packet have one row, of which the values say only that
 * they vary; where a field has very many rows, those with the fewest packets are one.
 */
#ifndef CROSSTAP_CORRELATE_CHANGE_H
#define CROSSTAP_CORRELATE_CHANGE_H

#include "correlate/change_key.h"

#define CHANGE_TEXT 128 /* room for a value */
#define CHANGE_NAME 16  /* room for a field's name */

/* One row of changes.csv. */
struct change_row {
	uint8_t field;               /* enum change_field */
	bool expected;               /* what routers and NAT do; else it is notable */
	char name[CHANGE_NAME];
	char from[CHANGE_TEXT], to[CHANGE_TEXT];
	uint64_t packets;
	uint32_t sessions;           /* different ones */
	/* The first packet, by the hop's near side: its session, and where the upstream side has it. */
	uint32_t session, point, index;
	int64_t first_ns;            /* its reference time there */
	/* while they are counted */
	uint64_t guessed;            /* packets of which it is a guess which copy this was */
	uint64_t **page;             /* the sessions, bit by bit: CHANGE_PAGE sessions each */
};

struct changes;

/* Of one hop and direction; borrows what it is given. NULL: no memory. */
struct changes *changes_new(const struct change_book *book, const struct judging *judging,
			    unsigned direction, struct hop_session *session);
void changes_free(struct changes **changes);

/* Counts a batch of matched packets. False: no memory. */
bool changes_see(struct changes *changes, const struct change_batch *batch);

/* Ends the counting of a hop's two directions: what one alone leaves open is settled. */
enum status changes_settle(struct changes *const changes[2], struct error *err) MUST_CHECK;

/* After changes_settle(): the rows, by field, then packets. Borrowed. */
const struct change_row *changes_rows(const struct changes *changes, uint32_t *count);
/* After changes_settle(): whether the hop moved a session's numbers and left its SACK blocks as they were. */
bool changes_broke_sack(const struct changes *changes, uint32_t session);
/* Packets with at least one notable change of the innermost packet's own: neither TTL nor the way
 * that it was carried count. */
uint64_t changes_modified(const struct changes *changes);

#endif
