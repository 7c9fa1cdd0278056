/* Stories: the sessions as rows - each whole, and each at every point - and
 * the translations learned from them.
 */
#ifndef CROSSTAP_CORRELATE_STORY_H
#define CROSSTAP_CORRELATE_STORY_H

#include "collect/error.h"
#include "collect/store.h"
#include "correlate/reset.h"
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

struct story {
	uint8_t outcome;
	uint8_t state;      /* story.c's list */
	uint8_t cause;      /* story.c's list; 0 = none */
	uint8_t hop;        /* where; UINT8_MAX = nowhere or not known */
	uint32_t dropped, injected, resets;
};

struct stories {
	uint32_t count;     /* of sessions */
	struct story *list;
};

/* Works out every session's outcome. */
enum status stories_tell(struct stories **out, const struct judging *judging,
			 const struct verdicts *verdicts, const struct resets *resets,
			 struct error *err) MUST_CHECK;
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

#endif
