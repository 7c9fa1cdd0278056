/* What is measured of a service, a hop or a header field in one run: the samples that two runs are
 * compared by. Which metrics there are, which way is worse and how large a difference must be to
 * matter is one table.
 */
#ifndef CROSSTAP_REPORT_COMPARE_MEASURE_H
#define CROSSTAP_REPORT_COMPARE_MEASURE_H

#include "report/compare_profile.h"

enum metric_sample {
	SAMPLE_RATIO,  /* so many of so many */
	SAMPLE_RATE,   /* so many in so many seconds */
	SAMPLE_TIMES,  /* values of sessions or of stretches, ns */
};

enum metric_worse { WORSE_NEITHER, WORSE_MORE, WORSE_LESS };

struct metric {
	const char *name;       /* its unit at the end, as columns have it */
	uint8_t sample, worse;
	double floor;           /* a change that matters: at least that (times: in us), and a tenth */
};

/* What a ratio of sessions counts by session and what is counted otherwise is known by the row. */
extern const struct metric metrics[];
enum metric_number {
	METRIC_SESSIONS, METRIC_SUCCESS, METRIC_FAILED, METRIC_ABORTED, METRIC_DEGRADED, METRIC_DROPPED,
	METRIC_RESET, METRIC_RETRANSMISSION, METRIC_HTTP, METRIC_HANDSHAKE, METRIC_CLIENT, METRIC_PATH,
	METRIC_SERVER, METRIC_BACKEND, METRIC_LOSS, METRIC_INJECTED, METRIC_DELAY_P50,
	METRIC_DELAY_P90, METRIC_DELAY_P99, METRIC_DELAY_BOTH, METRIC_MODIFIED,
	METRIC_MODIFIED_EXPECTED, METRIC_VALUE, METRIC_OFFERED, METRICS
};

/* One sample. Texts are "" where there is nothing to say; owned. */
struct measure {
	uint8_t metric;               /* enum metric_number */
	char *suffix;                 /* behind the subject: a backend, a value */
	char *cause, *hop;
	struct stats_ratio ratio;     /* of ratios and rates */
	int64_t *value;               /* of times; in any order, each of */
	uint8_t *block;               /* ... this stretch. NULL: each is a stretch's own already */
	uint32_t count;
	int64_t *sparse;              /* the same of delays where packets are few; to be compared with its like */
	uint32_t sparse_count;
	uint64_t packets;             /* behind each value, where it is a quantile; 0: does not matter */
	double error_us;              /* that a clock allows: no smaller change is one */
	bool blind;                   /* no clock: a difference means nothing */
};

/* The samples of one subject in one run, sorted by metric, suffix, cause, hop. */
struct measures {
	struct measure *list;
	uint32_t count;
	uint64_t room;
	bool present;                 /* the run has the subject */
	bool cut;                     /* what it has no row of may be there all the same */
	double whole[STATS_BLOCKS];   /* of a ratio that the run has no row of: none of so many */
};

#define MEASURE_ALL (UINT32_MAX - 1)

/* Each begins with zeroed measures, which end in measures_free() whatever comes back; false: no memory. */

/* A service by its number, or MEASURE_ALL. */
bool measures_service(struct measures *m, const struct profile *profile, uint32_t service);
bool measures_hop(struct measures *m, const struct profile *profile, const struct profile_hop *hop);
/* Both directions of a hop together: what needs no clock. */
bool measures_hop_both(struct measures *m, const struct profile_hop *forward,
		       const struct profile_hop *reverse);
/* What a hop did to a field in a direction, by the names in changes.csv. */
bool measures_field(struct measures *m, const struct profile *profile, const char *hop,
		    const char *direction, const char *field);
/* What an end offered of a field at a point, by the names in offers.csv. */
bool measures_offer(struct measures *m, const struct profile *profile, const char *point,
		    const char *from, const char *field);
void measures_free(struct measures *m);

int measure_compare(const struct measure *a, const struct measure *b);

#endif
