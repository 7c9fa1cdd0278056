/* Before and after a change: what two sets of runs say of the same kinds of traffic, row by row, and
 * whether the difference is more than chance and large enough to matter.
 *
 * Several runs before make a change harder to prove: what is called one must be one against each of
 * them, and the interval is the union of their intervals.
 */
#ifndef CROSSTAP_REPORT_COMPARE_H
#define CROSSTAP_REPORT_COMPARE_H

#include "report/compare_measure.h"

#define COMPARE_RUNS_MAX 16u        /* before */
#define COMPARE_SERVICES_MAX 2000u  /* with rows of their own: those of most sessions */
#define COMPARE_SESSIONS_MIN 5u     /* that a service needs for them */
#define COMPARE_NOTES_MAX 32u
#define COMPARE_DISCOVERIES 0.01    /* of what is called a change, the share that may be chance */
#define COMPARE_PRESENCE 0.01       /* chance that something new or gone was there, unseen */
#define COMPARE_SHARE 0.1           /* a change that matters: a tenth, and the metric's floor */

enum compare_kind { COMPARE_TOTAL, COMPARE_SERVICE, COMPARE_HOP, COMPARE_FIELD };

/* In the order in which they are shown. */
enum compare_verdict {
	COMPARE_REGRESSION, COMPARE_GONE, COMPARE_NEW, COMPARE_IMPROVEMENT, COMPARE_SAME,
	COMPARE_INSUFFICIENT, COMPARE_VERDICTS
};

extern const char *const compare_kind_names[], *const compare_verdict_names[];

/* A row of compare.csv. Texts are owned. */
struct compare_row {
	uint8_t kind, verdict, metric;
	char *subject, *cause, *hop, *name;
	uint32_t lead;              /* the subject's first row: whether it is there at all */
	bool before_known, after_known;
	double before, after;       /* in the metric's unit */
	struct stats_result result; /* the widest of all runs before */
	bool presence;              /* what was tested is whether it is there at all */
	bool blind;                 /* no clock */
	bool cut;                   /* it may be there though there is no row of it */
	bool few;                   /* too few stretches of time have any */
	bool other;                 /* surely changed, and that is neither better nor worse */
	bool likely;                /* tested alone it would be a change */
	double matters;             /* the change that would matter, in the metric's unit */
	double error;               /* of both runs' clocks, in that unit */
	unsigned stretches;         /* in which a part was, of what is there in one run only */
	bool by_block;              /* the units are stretches of time, not sessions or packets */
	double before_units, after_units; /* of the latest run before that has it */
	double before_parts, after_parts; /* of a ratio: so many of these */
	double effect;              /* of a ratio: see stats_ratio_effect() */
};

struct compare {
	struct profile *before[COMPARE_RUNS_MAX], *after; /* those before in the order of their times */
	uint32_t runs;              /* before */
	struct compare_row *row;    /* total, services, hops, fields; each subject's in a fixed order */
	uint32_t rows;
	uint64_t room;
	uint32_t tested;            /* rows with a p-value, of those that can be better or worse */
	uint32_t count[COMPARE_VERDICTS];
	uint32_t others;            /* rows that surely changed, neither for better nor worse */
	char *note[COMPARE_NOTES_MAX]; /* why the runs cannot be compared in full; raw */
	uint32_t notes;
};

/* Reads the stores and compares. Paths are used until compare_close(). */
enum status compare_open(struct compare **out, const char *const *before, uint32_t runs,
			 const char *after, struct error *err) MUST_CHECK;
/* NULL is legal; *compare becomes NULL. */
void compare_close(struct compare **compare);

/* The rows' numbers, those first that somebody should look at first; the caller frees. NULL: no memory. */
uint32_t *compare_ranking(const struct compare *compare);

/* ---- for compare*.c ---- */

/* What rows are of. */
struct compare_subject {
	enum compare_kind kind;
	const char *text;
	const char *name;           /* what a service is called; "" */
};

/* Adds the rows of a subject: its samples in each run before, and after. False: no memory. */
bool compare_subject(struct compare *compare, const struct compare_subject *subject,
		     const struct measures *before, const struct measures *after);
/* What all rows together say. */
bool compare_judge(struct compare *compare);
/* What is different about the runs themselves. False: no memory. */
bool compare_notice(struct compare *compare);
bool compare_note(struct compare *compare, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
