/* Stories: the sessions as rows - each whole, and each at every point - and
 * the translations learned from them.
 *
 * What a session came to is two tables of rules in story_rules.c, first match wins. It
 * is told from presence at the points first (which packets of the handshake
 * were where), then from the drops and resets that the verdicts name; where these
 * cannot tell, from the session's packets (its dossier).
 */
#ifndef CROSSTAP_CORRELATE_STORY_H
#define CROSSTAP_CORRELATE_STORY_H

#include "collect/error.h"
#include "collect/store.h"
#include "correlate/dossier.h"
#include "correlate/proof.h"
#include "correlate/reset.h"
#include "correlate/station.h"
#include "correlate/story_copies.h"
#include "correlate/story_service.h"
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
	SESSION_SERVER_SILENT, SESSION_REFUSED, SESSION_PORT_REUSE, SESSION_RESET,
	SESSION_PATH_LOSS, SESSION_MTU_BLACK_HOLE, SESSION_SLOW_SYNACK, SESSION_PATH_DELAY,
	SESSION_SERVER_SLOW, SESSION_CLIENT_SLOW, SESSION_ZERO_WINDOW_SERVER,
	SESSION_ZERO_WINDOW_CLIENT, SESSION_CHECKSUM_ERROR, SESSION_OPTIONS_STRIPPED,
	SESSION_HTTP_DIFFERS, SESSION_HTTP_ERROR, SESSION_SACK_BROKEN,
	SESSION_CAUSES
};

#define STORY_NOWHERE UINT8_MAX

/* Of lengths of time, INT64_MIN is one that is not known. */
struct story {
	int64_t handshake_ns, client_ns, path_ns, server_ns; /* see story_times.h */
	int64_t lasted_ns;  /* what the cause names: a gap, a closed window, a delay, an answer's wait */
	uint32_t dropped, injected, resets;
	uint8_t outcome;    /* enum session_outcome */
	uint8_t state;      /* enum session_state, over all points */
	uint8_t cause;      /* enum session_cause */
	uint8_t hop;        /* where; STORY_NOWHERE: at no hop, or not known */
	uint8_t confidence; /* in the cause, per cent */
	uint8_t suspect;    /* enum story_suspect: why its packets are worth a look */
};

struct stories {
	uint32_t count;     /* of sessions */
	struct story *list;
	struct story_copies *copies; /* by node; NULL: no point has any */
	struct story_services services;
	const struct verdicts *verdicts; /* borrowed */
	uint64_t unread;    /* sessions whose packets were worth a look, and too many */
};

/* Works out every session's outcome. `source`: what dossiers are made from. */
enum status stories_tell(struct stories **out, const struct judging *judging,
			 const struct verdicts *verdicts, const struct resets *resets,
			 const struct dossier_source *source, unsigned threads,
			 struct error *err) MUST_CHECK;
void stories_free(struct stories **stories);

/* Write the rows of sessions.csv, session_points.csv and translations.csv. */
enum status stories_write_sessions(const struct stories *stories, const struct judging *judging,
				   struct store *store, uint32_t generation,
				   struct error *err) MUST_CHECK;
/* `proof` is by node. */
enum status stories_write_points(const struct stories *stories, const struct judging *judging,
				 const struct proof *proof, struct store *store,
				 uint32_t generation, struct error *err) MUST_CHECK;
enum status stories_write_translations(const struct judging *judging, struct store *store,
				       uint32_t generation, struct error *err) MUST_CHECK;

const char *session_outcome_name(enum session_outcome outcome);
const char *session_cause_name(enum session_cause cause); /* NULL for none */

/* The session's stations without copies; see stations_of(). */
uint32_t stories_stations(const struct stories *stories, const struct judging *judging,
			  uint32_t session, struct station *list);

#endif
