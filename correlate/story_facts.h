/* Story facts: what verdicts and resets say of a session, counted hop by hop.
 *
 * Most sessions have nothing odd: theirs are all one, the facts that say nothing.
 */
#ifndef CROSSTAP_CORRELATE_STORY_FACTS_H
#define CROSSTAP_CORRELATE_STORY_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/reset.h"
#include "correlate/verdict.h"

enum story_tally_of {
	TALLY_DROPS, TALLY_SYN, TALLY_SYNACK, TALLY_ACK, /* dropped: all, and of the handshake */
	TALLY_ANSWERS,           /* dropped: the server's packets */
	TALLY_BOUNCED,           /* dropped, and answered by the hop itself */
	TALLY_TRAILING,          /* dropped, and nothing of that direction passed after them */
	TALLY_RESET,             /* RSTs that came out of a hop */
	TALLIES,
	TALLY_NOWHERE = TALLIES
};

/* They come ordered by hop: only the hop under way and the best so far are kept. */
struct story_tally {
	uint32_t count, most;
	uint8_t hop, best;       /* of equals the first */
};

struct story_fact {
	struct story_tally tally[TALLIES];
	uint32_t dropped, injected, resets;
	uint32_t too_big;        /* drops for their size */
	bool told;               /* the sender of one of these was told so by ICMP */
};

struct story_facts {
	uint32_t *of;            /* by session: number of its facts; 0: none */
	struct story_fact *list; /* [0] says nothing */
	uint32_t count;
	uint64_t room;
};

enum status story_facts_gather(struct story_facts *facts, const struct judging *judging,
			       const struct verdicts *verdicts, const struct resets *resets,
			       struct error *err) MUST_CHECK;
void story_facts_free(struct story_facts *facts);

/* The session's; lives as long as the facts. */
static inline const struct story_fact *story_facts_of(const struct story_facts *facts,
						      uint32_t session)
{
	return &facts->list[facts->of[session]];
}

#endif
