/* Stories: the sessions as rows - each whole, and each at every point - and
 * the translations learned from them.
 *
 * What a session came to is one table of rules in story.c, first match wins. It
 * is told from presence at the points first (which packets of the handshake
 * were where), then from the drops and resets that the verdicts name.
 */
#ifndef CROSSTAP_CORRELATE_STORY_H
#define CROSSTAP_CORRELATE_STORY_H

#include "collect/error.h"
#include "collect/store.h"
#include "correlate/reset.h"
#include "correlate/station.h"
#include "correlate/story_copies.h"
#include "correlate/verdict.h"

/* How a session ended, in the order in which a reader should see them. */
enum session_outcome {
	OUTCOME_FAILED,   /* never established */
	OUTCOME_ABORTED,  /* reset or cut */
	OUTCOME_DEGRADED, /* came through, with drops */
	OUTCOME_OPEN,     /* still open at the end of the capture */
	OUTCOME_OK,
	OUTCOMES
};

/* Why a session failed or suffered. */
enum session_cause {
	SESSION_NO_CAUSE,
	SESSION_SYN_DROPPED, SESSION_SYNACK_LOST, SESSION_ACK_LOST, SESSION_SYNACK_UNANSWERED,
	SESSION_SERVER_SILENT, SESSION_REFUSED, SESSION_RESET, SESSION_PATH_LOSS,
	SESSION_MTU_BLACK_HOLE,
	SESSION_CAUSES
};

#define STORY_NOWHERE UINT8_MAX

struct story {
	uint8_t outcome;    /* enum session_outcome */
	uint8_t state;      /* enum station_state, over all points */
	uint8_t cause;      /* enum session_cause */
	uint8_t hop;        /* where; STORY_NOWHERE: at no hop, or not known */
	uint32_t dropped, injected, resets;
};

struct stories {
	uint32_t count;     /* of sessions */
	struct story *list;
	struct story_copies *copies; /* by node; NULL: no point has any */
};

/* Works out every session's outcome. */
enum status stories_tell(struct stories **out, const struct judging *judging,
			 const struct verdicts *verdicts, const struct resets *resets,
			 unsigned threads, struct error *err) MUST_CHECK;
void stories_free(struct stories **stories);

/* Write the rows of sessions.csv, session_points.csv and translations.csv. */
enum status stories_write_sessions(const struct stories *stories, const struct judging *judging,
				   struct store *store, uint32_t generation,
				   struct error *err) MUST_CHECK;
enum status stories_write_points(const struct stories *stories, const struct judging *judging,
				 struct store *store, uint32_t generation,
				 struct error *err) MUST_CHECK;
enum status stories_write_translations(const struct judging *judging, struct store *store,
				       uint32_t generation, struct error *err) MUST_CHECK;

const char *session_outcome_name(enum session_outcome outcome);
const char *session_cause_name(enum session_cause cause); /* NULL for none */

/* The session's stations without copies; see stations_of(). */
uint32_t stories_stations(const struct stories *stories, const struct judging *judging,
			  uint32_t session, struct station *list);

#endif
