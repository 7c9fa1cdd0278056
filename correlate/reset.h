/* Resets: each RST of the run once, however many points saw it, with where it
 * came from and why.
 */
#ifndef CROSSTAP_CORRELATE_RESET_H
#define CROSSTAP_CORRELATE_RESET_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "collect/store.h"
#include "correlate/dossier.h"
#include "correlate/verdict.h"

/* Named as in resets.csv; see reset_cause.c. */
enum reset_cause {
	RESET_CLOSED_PORT,
	RESET_FIREWALL_REJECT,
	RESET_BOTH_SIDES_INJECTED,
	RESET_FORGED,
	RESET_UNEXPLAINED,
	RESET_UNREAD_DATA_CLOSE,
	RESET_LINGER_ABORT,
	RESET_PARALLEL_CONNECT,
	RESET_DATA_TO_CLOSED,
	RESET_FIN_TO_CLOSED,
	RESET_HALF_OPEN,
	RESET_PEER_RESTARTED,
	RESET_UNKNOWN_SESSION,
	RESET_LATE_SYNACK,
	RESET_UNKNOWN_SYNACK,
	RESET_TIME_WAIT_REUSE,
	RESET_RETRANSMISSION_LIMIT,
	RESET_KEEPALIVE_TIMEOUT,
	RESET_BAD_SEQUENCE,
	RESET_CHALLENGED,
	RESET_IDLE_TIMEOUT_HOP,
	RESET_STATE_LOST_HOP,
	RESET_INJECTED_AFTER_CONTENT,
	RESET_TIMESTAMP_RECYCLE,
	RESET_PROXY_SERVER_SIDE,
	RESET_PROXY_CLIENT_SIDE,
	RESET_PROXY_TIMEOUT,
	RESET_CAUSES
};

enum reset_verdict { RESET_INJECTED, RESET_ENDPOINT, RESET_UNKNOWN };

struct reset {
	int64_t time_ns;        /* reference time where it was seen first on its way */
	uint32_t session, connection; /* connection: see struct sessions */
	uint32_t point, index;  /* its record there */
	uint32_t way;
	uint64_t points;        /* bit per point of the view: saw it */
	uint32_t seq, ack;
	uint16_t flags;
	uint8_t ttl, direction; /* enum hop_direction */
	uint8_t verdict, cause, confidence;
	uint8_t rule;           /* row of the table of causes */
	uint8_t hop;            /* where it was injected; UINT8_MAX: by an end, or not known */
	bool from_client;
};

struct reset_facts;
struct reset_crowd;

struct resets {
	struct reset *list;         /* by time, session, point, index */
	uint64_t count, room;
	struct reset_facts *facts;  /* of each; see reset_facts.h */
	struct reset_crowd *crowd;  /* of them all; see reset_crowd.h */
};

/* Finds all RSTs of the run, where each came from and why. */
enum status resets_find(struct resets **out, const struct judging *judging,
			const struct verdicts *verdicts, const struct dossier_source *source,
			struct error *err) MUST_CHECK;
void resets_free(struct resets **resets);

const char *reset_cause_name(enum reset_cause cause);

/* Writes resets.csv's rows. */
enum status resets_write(const struct resets *resets, const struct judging *judging,
			 struct store *store, uint32_t generation, struct error *err) MUST_CHECK;

#endif
