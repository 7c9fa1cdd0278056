/* Expectations: what became of the sessions of each row of a policy, against what the row says. Packets of
 * no session, and answers, have no row of their own: they are judged with their session.
 */
#ifndef CROSSTAP_CORRELATE_EXPECT_H
#define CROSSTAP_CORRELATE_EXPECT_H

#include "collect/error.h"
#include "collect/store.h"
#include "correlate/dossier.h"
#include "correlate/expect_fate.h"
#include "correlate/policy.h"
#include "correlate/words.h"

enum expect_verdict {
	EXPECT_AS_EXPECTED,
	EXPECT_VIOLATED,  /* of some session at least */
	EXPECT_UNKNOWN,   /* sessions tried it, and of none can be told what became of it */
	EXPECT_UNTRIED,
	EXPECT_UNCOVERED, /* the row of what no row covers */
	EXPECT_VERDICTS
};

#define EXPECT_NONE UINT32_MAX

/* What the sessions of a row came to. */
struct expect_row {
	uint32_t sessions, fate[FATES], doubt[DOUBTS];
	uint32_t good, bad;            /* as expected, not as expected; the others cannot be told */
	uint32_t hidden_by;            /* untried: the row before that takes all of it; POLICY_NO_ROW */
	uint64_t sure[FATES];          /* sum of confidences */
	uint64_t doubtful_drops;       /* packets: of sessions whose drops may be chance */
	double worst_rate;             /* of loss, where these fell */
	int64_t first_ns[FATES], last_ns[FATES]; /* beginnings of sessions, by fate */
	uint32_t example[FATES];       /* the first session of each fate; EXPECT_NONE */
	/* where the one that the row shows came to, as far as it did */
	uint32_t shown;                /* session; EXPECT_NONE */
	uint32_t point, index;         /* its packet there; point EXPECT_NONE: none was found */
};

struct expects {
	const struct policy *policy;   /* borrowed */
	const struct judging *j;       /* borrowed */
	uint32_t rows;                 /* of the policy; row[rows] is of what no row covers */
	struct expect_row *row;
	uint32_t hops;
	uint32_t *ended;               /* [row][hop][fate - FATE_STOPPED]: sessions stopped, rejected there */
	uint32_t *uncovered;           /* sessions that no row covers: row[rows].sessions of them */
	uint32_t guard;                /* the one hop that stops anything at all; EXPECT_NO_HOP: not one */
};

/* NULL policy: *out is NULL, and what takes expects takes that for none. */
enum status expects_find(struct expects **out, const struct policy *policy,
			 const struct judging *judging, const struct verdicts *verdicts,
			 const struct causes *causes, const struct dossier_source *source,
			 struct error *err) MUST_CHECK;
void expects_free(struct expects **expects);

enum expect_verdict expect_verdict_of(const struct expects *expects, uint32_t row);
const char *expect_verdict_name(enum expect_verdict verdict);
/* Whether sessions of a row that came to that are as expected. */
bool expect_is_good(enum policy_expect expect, enum expect_fate fate);
/* The hop that the row is about; EXPECT_NO_HOP: none, or not one. */
uint8_t expect_hop(const struct expects *expects, uint32_t row);
/* In per cent, of its verdict; 0 where that rests on nothing. */
uint32_t expect_confidence(const struct expects *expects, uint32_t row);
/* How many sessions of a row ended at the hop so. */
static inline uint32_t expect_ended(const struct expects *e, uint32_t row, uint32_t hop,
				    enum expect_fate fate)
{
	return e->ended[((size_t)row * e->hops + hop) * 2 + (fate - FATE_STOPPED)];
}

/* Writes expect.csv's rows; none without expects. */
enum status expects_write(const struct expects *expects, const struct judging *judging,
			  struct store *store, uint32_t generation, struct error *err) MUST_CHECK;
/* What a row's sessions met with, as a sentence with numbers. */
void expect_say(const struct expects *expects, uint32_t row, struct words *words);
/* "row 7 (web)"; the last one has no number. */
void expect_say_row(const struct expects *expects, uint32_t row, struct words *words);

#endif
