/* Story rules: what a session came to, why and where. Two tables, first match wins in each:
 * how it ended, and what it suffered from besides.
 */
#ifndef CROSSTAP_CORRELATE_STORY_RULES_H
#define CROSSTAP_CORRELATE_STORY_RULES_H

#include "correlate/station.h"
#include "correlate/story.h"
#include "correlate/story_facts.h"
#include "correlate/story_note.h"
#include "correlate/story_options.h"
#include "correlate/story_service.h"
#include "correlate/story_times.h"

#define STORY_WAIT_NS 1000000000 /* RFC 6298 2: so long one SYN waits for its answer; and so long a
				    person notices */

/* A session as the rules look at it; all borrowed. */
struct story_case {
	const struct judging *j;
	const struct verdicts *v;
	const struct session *session;
	const struct story_fact *fact;
	const struct story_note *note;        /* says nothing where it was not looked at */
	const struct story_service *service;
	const struct story_times *times;
	const struct survey_flow *whole;      /* of all points together */
	const struct survey_flow *near, *far; /* nearest to the client, to the server */
	struct story_stripped stripped;
	uint32_t number;
	uint8_t state;           /* enum session_state */
	bool tcp;
	bool pending;            /* TCP: a SYN was seen, and nothing that follows a handshake */
	bool silent;             /* not TCP: the client never got an answer */
	bool rejected;           /* its server sent an ICMP error at its beginning */
	bool at_server;          /* the last point of its way saw the SYN */
	bool again;              /* its tuple had been another connection's before */
	uint8_t seen_percent;    /* of what the captures of its points ought to have, they have so much */
};

/* Fills in outcome, cause, hop, how long it lasted, and confidence. */
void story_judge(struct story *story, const struct story_case *c);

#endif
