/* Following a store that grows: again and again, what the last seconds of all points say.
 *
 * A round looks at the store as it is committed just then. The window ends at the time that all wanted points
 * have reached; its records are copied into a store without a name, where the ordinary correlation
 * runs: there is no second matcher. The store that is followed is read for the time of the copy only, and never
 * written. A round leaves nothing behind: memory is that of one window, however many there are.
 */
#ifndef CROSSTAP_CORRELATE_FOLLOW_H
#define CROSSTAP_CORRELATE_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/capture.h"
#include "collect/error.h"
#include "collect/table.h"
#include "correlate/correlate.h"

#define FOLLOW_WINDOW_S 60
#define FOLLOW_EVERY_S 2
#define FOLLOW_STALE_NS INT64_C(10000000000) /* a point that gained nothing for so long is said to have stopped */
#define FOLLOW_NAME_MAX 256                  /* bytes of a hop's name kept */
#define FOLLOW_FINDINGS_MAX 8
#define FOLLOW_FINDING_MAX 512
#define FOLLOW_RESETS_MAX 16

struct follow_options {
	const char *store;
	int64_t window_ns, every_ns;
	const struct correlate_options *correlate;
};

/* What is shown of a hop's direction. */
enum follow_number {
	FOLLOW_PACKETS, FOLLOW_MATCHED, FOLLOW_DROPPED, FOLLOW_INJECTED, FOLLOW_LOCAL, FOLLOW_UNCAPTURED,
	FOLLOW_EDGE, FOLLOW_AMBIGUOUS, FOLLOW_EXCLUDED, FOLLOW_DELAY_P50, FOLLOW_DELAY_P99, FOLLOW_DELAY_MAX,
	FOLLOW_CLOCK_ERROR, FOLLOW_NUMBERS
};

struct follow_hop {
	char hop[FOLLOW_NAME_MAX], direction[16];
	int64_t number[FOLLOW_NUMBERS]; /* delays in ns; TABLE_INT_UNKNOWN */
	double loss_ratio;              /* NaN: unknown */
	uint64_t resets;                /* RSTs that the hop injected */
};

/* RSTs of one hop, direction and cause. */
struct follow_reset {
	char hop[FOLLOW_NAME_MAX], direction[16], cause[64];
	uint64_t count;
};

struct follow_finding {
	char severity[16], text[FOLLOW_FINDING_MAX];
};

struct follow_point {
	char name[CAPTURE_NAME_MAX];
	bool wanted;
	int64_t reached_ns;             /* INT64_MIN: it has no capture yet */
	int64_t still_ns;               /* for how long it gained nothing, as far as that was seen */
	uint64_t packets, drops;        /* in the window; what its captures lost */
};

struct follow_round {
	bool compared;                  /* else `trouble` says why not */
	char trouble[ERROR_TEXT_MAX];
	int64_t from_ns, to_ns;
	char path[FOLLOW_NAME_MAX];
	struct follow_point point[CAPTURE_POINTS_MAX];
	uint32_t points;
	struct follow_hop *hop;         /* forward, reverse, none; in the path's order */
	uint32_t hops;
	struct follow_reset reset[FOLLOW_RESETS_MAX];
	uint32_t resets;
	struct follow_finding finding[FOLLOW_FINDINGS_MAX]; /* the most serious */
	uint32_t findings;
};

struct follow;

/* `options` is borrowed until follow_close(). STATUS_INPUT: there is no such store. */
enum status follow_open(struct follow **out, const struct follow_options *options,
			struct error *err) MUST_CHECK;
/* Looks again. The round is the follow's, until the next one. *news is false where no point went on since the round
 * before and none has stopped since. */
enum status follow_look(struct follow *follow, const struct follow_round **round, bool *news,
			struct error *err) MUST_CHECK;
/* NULL is legal; *follow becomes NULL. */
void follow_close(struct follow **follow);

/* ---- for follow*.c ---- */

/* Fills in what the results in a store say. */
enum status follow_read(struct store *store, struct follow_round *round, struct error *err) MUST_CHECK;

#endif
