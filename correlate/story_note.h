/* Story notes: what only a session's packets, one by one, can tell of it. TCP.
 *
 * [0] is the client, [1] the server. An end's own point is the one nearest to it of those that
 * saw the session.
 */
#ifndef CROSSTAP_CORRELATE_STORY_NOTE_H
#define CROSSTAP_CORRELATE_STORY_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "correlate/dossier.h"
#include "correlate/verdict.h"

struct story_note {
	int64_t stall_ns[2];     /* the longest that its window stayed closed */
	int64_t gap_ns[2];       /* at its own point, the longest from the last byte that came in to the
				    first that it answered */
	int64_t gaps_ns[2];      /* all of these together */
	int64_t spent_ns;        /* from the first packet to the last */
	int64_t waited_ns;       /* the request that the server acknowledged and never answered: until
				    the client gave up, or the captures ended */
	int64_t delay_ns;        /* the median at a hop where it is far above that hop's own; 0: none */
	uint32_t corrupted;      /* packets with a wrong checksum behind a hop and a right one before it */
	uint8_t delay_hop, corrupt_hop;
	bool in_vain[2];         /* what it sent last it sent three times or more, without an answer */
	bool fin_in_vain[2];     /* its FIN, too, was never acknowledged */
	bool old_ack;            /* a SYN was answered by a plain ACK before any SYN-ACK */
	bool gave_up;            /* the client ended it while it waited */
	bool too_late;           /* the server's longest gap ended behind the client's FIN */
};

/* What notes are taken with; borrowed. */
struct story_noting {
	const struct judging *judging;
	const struct verdicts *verdicts;
	int64_t usual_ns[VIEW_POINTS_MAX][2]; /* by hop and direction: its median delay; INT64_MIN: not known */
};
void story_noting_begin(struct story_noting *noting, const struct judging *judging,
			const struct verdicts *verdicts);

void story_note_take(struct story_note *note, const struct story_noting *noting,
		     const struct dossier *dossier);

#define STORY_DELAY_LEAST_NS 20000000 /* a delay less than 20 ms above the usual harms nobody */
#define STORY_DELAY_TIMES 3           /* "far above": so many times the median, and that much more */

static inline bool story_far_above(int64_t value_ns, int64_t usual_ns)
{
	return usual_ns != INT64_MIN && value_ns > STORY_DELAY_LEAST_NS + usual_ns &&
	       value_ns / STORY_DELAY_TIMES > usual_ns;
}

#endif
