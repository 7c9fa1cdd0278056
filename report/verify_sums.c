/* Sums that must agree. Two tables say which: what each row adds to which sum, and which sums are
 * equal; then there are the few that are counted by point or by session. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/verify_set.h"

/* Kept for each hop and direction. */
enum sum {
	HOPS_SUM_PACKETS, HOPS_SUM_MATCHED, HOPS_SUM_DROPPED, HOPS_SUM_INJECTED, HOPS_SUM_LOCAL,
	HOPS_SUM_UNCAPTURED, HOPS_SUM_EDGE, HOPS_SUM_AMBIGUOUS, HOPS_SUM_EXCLUDED, HOPS_SUM_DUPLICATED,
	HOPS_SUM_JUDGED, HOPS_SUM_DELAYED, BALANCE_SUM_PACKETS, BALANCE_SUM_MATCHED, BALANCE_SUM_DROPPED,
	BALANCE_SUM_INJECTED, BALANCE_SUM_LOCAL, BALANCE_SUM_UNCAPTURED, BALANCE_SUM_EDGE,
	BALANCE_SUM_AMBIGUOUS, BALANCE_SUM_EXCLUDED, BALANCE_SUM_DUPLICATED, DROPS_ROWS, INJECTED_ROWS,
	DELAYS_SUM_DROPPED, DELAYS_SUM_PACKETS, LENGTHS_SUM_PACKETS, LENGTHS_SUM_DROPPED,
	DELAYS_SUM_BINNED, FINDINGS_SUM_DROPPED, RESETS_INJECTED_ROWS, INJECTED_RESET_ROWS, SUMS
};

#define EVERY_ROW (-1)
#define FROM BALANCE_SIDE, "to", false   /* upstream, or without direction */
#define TO BALANCE_SIDE, "to", true      /* downstream */
#define ALWAYS EVERY_ROW, NULL, false
#define LENGTHS DISTRIBUTIONS_KIND, "length_bytes", true
#define DELAYS DISTRIBUTIONS_KIND, "delay_us", true

/* A column's value, or 1 for each row, where another column is (or is not) a word; where that ends in a
 * dot, what begins with it. */
static const struct sums_term {
	const struct table_schema *schema;
	int column;
	int where;
	const char *word;
	bool is;
	bool minus;
	uint8_t sum;
} terms[] = {
	{&results_hops, HOPS_PACKETS, ALWAYS, false, HOPS_SUM_PACKETS},
	{&results_hops, HOPS_MATCHED, ALWAYS, false, HOPS_SUM_MATCHED},
	{&results_hops, HOPS_DROPPED, ALWAYS, false, HOPS_SUM_DROPPED},
	{&results_hops, HOPS_INJECTED, ALWAYS, false, HOPS_SUM_INJECTED},
	{&results_hops, HOPS_LOCAL, ALWAYS, false, HOPS_SUM_LOCAL},
	{&results_hops, HOPS_UNCAPTURED, ALWAYS, false, HOPS_SUM_UNCAPTURED},
	{&results_hops, HOPS_EDGE, ALWAYS, false, HOPS_SUM_EDGE},
	{&results_hops, HOPS_AMBIGUOUS, ALWAYS, false, HOPS_SUM_AMBIGUOUS},
	{&results_hops, HOPS_EXCLUDED, ALWAYS, false, HOPS_SUM_EXCLUDED},
	{&results_hops, HOPS_DUPLICATED, ALWAYS, false, HOPS_SUM_DUPLICATED},
	/* what loss is measured by */
	{&results_hops, HOPS_MATCHED, HOPS_DIRECTION, "none", false, false, HOPS_SUM_JUDGED},
	{&results_hops, HOPS_DROPPED, HOPS_DIRECTION, "none", false, false, HOPS_SUM_JUDGED},
	{&results_hops, HOPS_UNCAPTURED, HOPS_DIRECTION, "none", false, false, HOPS_SUM_JUDGED},
	/* 0 where no clock is known */
	{&results_hops, EVERY_ROW, HOPS_DELAY_P50, "", false, false, HOPS_SUM_DELAYED},
	{&results_balance, BALANCE_PACKETS, FROM, false, BALANCE_SUM_PACKETS},
	{&results_balance, BALANCE_COPIES, FROM, true, BALANCE_SUM_PACKETS},
	{&results_balance, BALANCE_MATCHED, FROM, false, BALANCE_SUM_MATCHED},
	{&results_balance, BALANCE_DROPPED, FROM, false, BALANCE_SUM_DROPPED},
	{&results_balance, BALANCE_LOCAL, FROM, false, BALANCE_SUM_LOCAL},
	{&results_balance, BALANCE_UNCAPTURED, FROM, false, BALANCE_SUM_UNCAPTURED},
	{&results_balance, BALANCE_EDGE, FROM, false, BALANCE_SUM_EDGE},
	{&results_balance, BALANCE_AMBIGUOUS, FROM, false, BALANCE_SUM_AMBIGUOUS},
	{&results_balance, BALANCE_EXCLUDED, FROM, false, BALANCE_SUM_EXCLUDED},
	{&results_balance, BALANCE_INJECTED, TO, false, BALANCE_SUM_INJECTED},
	{&results_balance, BALANCE_DUPLICATED, TO, false, BALANCE_SUM_DUPLICATED},
	{&results_drops, EVERY_ROW, ALWAYS, false, DROPS_ROWS},
	{&results_injected, EVERY_ROW, ALWAYS, false, INJECTED_ROWS},
	{&results_findings, FINDINGS_COUNT, FINDINGS_KIND, "drop.", true, false, FINDINGS_SUM_DROPPED},
	{&results_resets, EVERY_ROW, RESETS_VERDICT, "injected", true, false, RESETS_INJECTED_ROWS},
	{&results_injected, EVERY_ROW, PACKETS_CAUSE, "reset", true, false, INJECTED_RESET_ROWS},
	{&results_delays, DELAYS_PACKETS, ALWAYS, false, DELAYS_SUM_PACKETS},
	{&results_delays, DELAYS_DROPPED, ALWAYS, false, DELAYS_SUM_DROPPED},
	{&results_distributions, DISTRIBUTIONS_PACKETS, LENGTHS, false, LENGTHS_SUM_PACKETS},
	{&results_distributions, DISTRIBUTIONS_DROPPED, LENGTHS, false, LENGTHS_SUM_DROPPED},
	{&results_distributions, DISTRIBUTIONS_PACKETS, DELAYS, false, DELAYS_SUM_BINNED},
};

/* Which are the same, for each hop and direction. */
static const struct sums_equal {
	uint8_t a, b;
	uint8_t where;      /* only where this sum is not 0; SUMS: everywhere */
	bool filtered_less; /* --filter leaves rows of a out */
	const char *a_is, *b_is;
} equals[] = {
	{BALANCE_SUM_PACKETS, HOPS_SUM_PACKETS, SUMS, false, "packets of balance.csv", "packets of hops.csv"},
	{BALANCE_SUM_MATCHED, HOPS_SUM_MATCHED, SUMS, false, "matched of balance.csv", "matched of hops.csv"},
	{BALANCE_SUM_DROPPED, HOPS_SUM_DROPPED, SUMS, false, "dropped of balance.csv", "dropped of hops.csv"},
	{BALANCE_SUM_INJECTED, HOPS_SUM_INJECTED, SUMS, false, "injected of balance.csv", "injected of hops.csv"},
	{BALANCE_SUM_LOCAL, HOPS_SUM_LOCAL, SUMS, false, "local of balance.csv", "local of hops.csv"},
	{BALANCE_SUM_UNCAPTURED, HOPS_SUM_UNCAPTURED, SUMS, false, "uncaptured of balance.csv",
	 "uncaptured of hops.csv"},
	{BALANCE_SUM_EDGE, HOPS_SUM_EDGE, SUMS, false, "edge of balance.csv", "edge of hops.csv"},
	{BALANCE_SUM_AMBIGUOUS, HOPS_SUM_AMBIGUOUS, SUMS, false, "ambiguous of balance.csv",
	 "ambiguous of hops.csv"},
	{BALANCE_SUM_EXCLUDED, HOPS_SUM_EXCLUDED, SUMS, false, "excluded of balance.csv",
	 "excluded of hops.csv"},
	{BALANCE_SUM_DUPLICATED, HOPS_SUM_DUPLICATED, SUMS, false, "duplicated of balance.csv",
	 "duplicated of hops.csv"},
	{DROPS_ROWS, HOPS_SUM_DROPPED, SUMS, true, "rows of drops.csv", "dropped of hops.csv"},
	{INJECTED_ROWS, HOPS_SUM_INJECTED, SUMS, true, "rows of injected.csv", "injected of hops.csv"},
	{FINDINGS_SUM_DROPPED, HOPS_SUM_DROPPED, SUMS, false, "packets that findings of drops count",
	 "dropped of hops.csv"},
	{RESETS_INJECTED_ROWS, INJECTED_RESET_ROWS, SUMS, false, "injected rows of resets.csv",
	 "resets of injected.csv"},
	{DELAYS_SUM_DROPPED, HOPS_SUM_DROPPED, SUMS, false, "dropped of delays.csv", "dropped of hops.csv"},
	{LENGTHS_SUM_PACKETS, HOPS_SUM_JUDGED, SUMS, false, "packets by length of distributions.csv",
	 "matched, dropped and uncaptured of hops.csv"},
	{LENGTHS_SUM_DROPPED, HOPS_SUM_DROPPED, SUMS, false, "dropped of distributions.csv",
	 "dropped of hops.csv"},
	{DELAYS_SUM_BINNED, DELAYS_SUM_PACKETS, HOPS_SUM_DELAYED, false,
	 "packets by delay of distributions.csv", "packets of delays.csv"},
};

/* Sums of one row. */
static const struct sums_row {
	const struct table_schema *schema;
	unsigned sum, first, last; /* the columns from first to last, but those that skip names */
	unsigned skip[2];
} row_sums[] = {
	{&results_hops, HOPS_PACKETS, HOPS_MATCHED, HOPS_EXCLUDED, {HOPS_INJECTED, HOPS_INJECTED}},
	{&results_balance, BALANCE_PACKETS, BALANCE_MATCHED, BALANCE_COPIES, {0, 0}},
};

struct verify_sums {
	uint64_t way[VERIFY_HOPS_MAX][VERIFY_DIRECTIONS][SUMS];
	uint64_t packets[VERIFY_HOPS_MAX][CAPTURE_POINTS_MAX];  /* balance.csv */
	uint64_t excluded[VERIFY_HOPS_MAX][CAPTURE_POINTS_MAX]; /* ... in the rows `none` */
	uint64_t compared[VERIFY_HOPS_MAX][CAPTURE_POINTS_MAX]; /* ... in the others, without copies */
	bool there[VERIFY_HOPS_MAX][CAPTURE_POINTS_MAX];
	uint64_t in_sessions[CAPTURE_POINTS_MAX];               /* session_points.csv */
	uint64_t balance_rows;
	int hop, direction;       /* columns of the sheet under way; -1: it has none */
	const struct sheet *sheet;
};

enum status verify_sums_begin(struct verify *v, struct error *err)
{
	v->sums = calloc(1, sizeof *v->sums);
	return v->sums ? STATUS_OK : error_errno(err, ENOMEM, "%s", v->options->directory);
}

void verify_sums_free(struct verify *v)
{
	free(v->sums);
	v->sums = NULL;
}

/* ---- adding ---- */

static void sums_of_row(struct verify *v, const struct verify_row *row, const struct sums_row *sum)
{
	uint64_t all = 0;
	unsigned c;

	for (c = sum->first; c <= sum->last; c++)
		if (c != sum->skip[0] && c != sum->skip[1])
			all += (uint64_t)row->value[c].number;
	if (all != (uint64_t)row->value[sum->sum].number)
		verify_fault_at(v, row->sheet, row->line, row->sheet->schema->column[sum->sum].name,
				"%s, but the verdicts add up to %" PRIu64, row->text->cell[sum->sum], all);
}

static void sums_balance(struct verify *v, const struct verify_row *row, uint32_t hop)
{
	uint32_t p = verify_point(v, row->text->cell[BALANCE_POINT], false);

	v->sums->balance_rows++;
	if (p == UINT32_MAX)
		return;
	v->sums->there[hop][p] = true;
	v->sums->packets[hop][p] += (uint64_t)row->value[BALANCE_PACKETS].number;
	if (strcmp(row->text->cell[BALANCE_DIRECTION], "none") == 0)
		v->sums->excluded[hop][p] += (uint64_t)row->value[BALANCE_EXCLUDED].number;
	else
		v->sums->compared[hop][p] += (uint64_t)row->value[BALANCE_PACKETS].number -
					     (uint64_t)row->value[BALANCE_COPIES].number;
}

static void sums_session(struct verify *v, const struct verify_row *row)
{
	static const struct {
		const struct table_schema *schema;
		unsigned column;
		enum verify_session_rows rows;
	} counted[] = {
		{&results_drops, PACKETS_SESSION, VERIFY_DROPS},
		{&results_injected, PACKETS_SESSION, VERIFY_INJECTED},
		{&results_resets, RESETS_SESSION, VERIFY_RESETS},
		{&results_session_points, SESSION_POINTS_SESSION, VERIFY_POINTS},
	};
	size_t i;

	for (i = 0; i < sizeof counted / sizeof counted[0]; i++)
		if (row->sheet->schema == counted[i].schema) {
			struct verify_session *s = verify_session(v, row->value[counted[i].column].number);

			if (s)
				s->left[counted[i].rows]--; /* below 0: too many */
		}
}

static void sums_session_point(struct verify *v, const struct verify_row *row)
{
	uint32_t p = verify_point(v, row->text->cell[SESSION_POINTS_POINT], false);

	if (p != UINT32_MAX)
		v->sums->in_sessions[p] += (uint64_t)row->value[SESSION_POINTS_PACKETS_FORWARD].number +
					   (uint64_t)row->value[SESSION_POINTS_PACKETS_REVERSE].number;
}

/* In proportion to what loss is measured by, to six decimals. */
static void sums_loss(struct verify *v, const struct verify_row *row)
{
	double dropped = (double)row->value[HOPS_DROPPED].number;
	double sent = dropped + (double)row->value[HOPS_MATCHED].number +
		      (double)row->value[HOPS_UNCAPTURED].number;
	const struct verify_value *ratio = &row->value[HOPS_LOSS_RATIO];

	if (ratio->known && !(fabs(ratio->real * sent - dropped) <= 1e-6 * sent))
		verify_fault_at(v, row->sheet, row->line, "loss_ratio", "%s, but it is %.0f of %.0f packets",
				row->text->cell[HOPS_LOSS_RATIO], dropped, sent);
}

static bool sums_is(const struct sums_term *t, const struct verify_row *row)
{
	size_t bytes = t->word ? strlen(t->word) : 0;
	bool beginning = bytes && t->word[bytes - 1] == '.';

	return t->where == EVERY_ROW ||
	       (strncmp(row->text->cell[t->where], t->word, bytes + !beginning) == 0) == t->is;
}

void verify_sums_add(struct verify *v, const struct verify_row *row)
{
	struct verify_sums *sums = v->sums;
	uint32_t hop = UINT32_MAX, direction = UINT32_MAX;
	size_t i;

	if (sums->sheet != row->sheet) {
		sums->sheet = row->sheet;
		sums->hop = verify_column(row->sheet->schema, "hop");
		sums->direction = verify_column(row->sheet->schema, "direction");
	}
	sums_session(v, row);
	if (row->sheet->schema == &results_session_points)
		sums_session_point(v, row);
	if (row->sheet->schema == &results_hops)
		sums_loss(v, row);
	if (sums->hop >= 0 && sums->direction >= 0) {
		hop = verify_hop(v, row->text->cell[sums->hop]);
		direction = verify_direction(row->text->cell[sums->direction]);
	}
	if (hop == UINT32_MAX || direction == UINT32_MAX)
		return;
	for (i = 0; i < sizeof row_sums / sizeof row_sums[0]; i++)
		if (row_sums[i].schema == row->sheet->schema)
			sums_of_row(v, row, &row_sums[i]);
	if (row->sheet->schema == &results_balance)
		sums_balance(v, row, hop);
	for (i = 0; i < sizeof terms / sizeof terms[0]; i++) {
		const struct sums_term *t = &terms[i];
		uint64_t value;

		if (t->schema != row->sheet->schema || !sums_is(t, row))
			continue;
		value = t->column == EVERY_ROW ? 1 : (uint64_t)row->value[t->column].number;
		sums->way[hop][direction][t->sum] += t->minus ? -value : value;
	}
}

/* ---- comparing ---- */

static void sums_ways(struct verify *v)
{
	static const char *const directions[] = {"forward", "reverse", "none"};
	bool filtered = v->filter && *v->filter;
	uint32_t h, d;
	size_t i;

	for (h = 0; h < v->hops; h++)
		for (d = 0; d < VERIFY_DIRECTIONS; d++)
			for (i = 0; i < sizeof equals / sizeof equals[0]; i++) {
				const struct sums_equal *e = &equals[i];
				const uint64_t *sum = v->sums->way[h][d];
				bool less = filtered && e->filtered_less;

				if (e->where != SUMS && !sum[e->where])
					continue;
				v->looked++;
				if (less ? sum[e->a] > sum[e->b] : sum[e->a] != sum[e->b])
					verify_fault(v, "%s: %s, %s: %" PRIu64 " are the %s, and %" PRIu64
						     " the %s", v->options->directory, v->hop[h],
						     directions[d], sum[e->a], e->a_is, sum[e->b], e->b_is);
			}
}

static void sums_points(struct verify *v)
{
	uint32_t h, p;

	for (h = 0; h < v->hops; h++)
		for (p = 0; p < v->points; p++) {
			const struct verify_point *point = &v->point[p];

			if (!v->sums->there[h][p])
				continue;
			v->looked += 3;
			if (v->sums->packets[h][p] != point->packets)
				verify_fault(v, "%s/balance.csv: %s at %s has %" PRIu64 " packets, but its "
					     "captures %" PRIu64 ", as manifest.csv has it",
					     v->options->directory, point->name, v->hop[h],
					     v->sums->packets[h][p], point->packets);
			if (!(v->filter && *v->filter) && v->sums->compared[h][p] != v->sums->in_sessions[p])
				verify_fault(v, "%s/session_points.csv: %" PRIu64 " packets at %s, but at %s "
					     "balance.csv compares %" PRIu64, v->options->directory,
					     v->sums->in_sessions[p], point->name, v->hop[h],
					     v->sums->compared[h][p]);
			if (v->captures_told && v->sums->excluded[h][p] != point->excluded)
				verify_fault(v, "%s/balance.csv: %s at %s has %" PRIu64 " packets that are "
					     "excluded without a direction, and run.csv has a reason for %" PRIu64,
					     v->options->directory, point->name, v->hop[h],
					     v->sums->excluded[h][p], point->excluded);
		}
}

static void sums_sessions(struct verify *v)
{
	static const struct {
		const char *column, *file;
	} words[] = {[VERIFY_DROPS] = {"dropped", "drops.csv"},
		     [VERIFY_INJECTED] = {"injected", "injected.csv"},
		     [VERIFY_RESETS] = {"resets", "resets.csv"},
		     [VERIFY_POINTS] = {"points", "session_points.csv"}};
	uint32_t s;
	size_t i;

	for (s = 0; s < v->sessions && !v->sessions_full; s++)
		for (i = 0; i < sizeof words / sizeof words[0]; i++) {
			int32_t left = (int32_t)v->session[s].left[i];

			v->looked++;
			if (left)
				verify_fault(v, "%s/%s has %d row%s too %s of session %u, by %s of sessions.csv",
					     v->options->directory, words[i].file, left < 0 ? -left : left,
					     left == 1 || left == -1 ? "" : "s", left < 0 ? "many" : "few",
					     v->session[s].number, words[i].column);
		}
	if (v->sessions_full)
		verify_skip(v, "sessions.csv has more sessions than are counted");
}

/* The hops are those of the path. */
static void sums_path(struct verify *v)
{
	char *at = v->path, *comma;
	uint32_t h;

	for (h = 0; at && h < v->hops; h++, at = comma ? comma + 1 : NULL) {
		size_t from, to;

		comma = strchr(at, ',');
		from = comma ? (size_t)(comma - at) : 0;
		to = comma ? strcspn(comma + 1, ",") : 0;
		v->looked++;
		if (!comma || strlen(v->hop[h]) != from + 1 + to || strncmp(v->hop[h], at, from) != 0 ||
		    v->hop[h][from] != '>' || strncmp(v->hop[h] + from + 1, comma + 1, to) != 0) {
			verify_fault(v, "%s/hops.csv: %s is not hop %u of the path %s of run.csv",
				     v->options->directory, v->hop[h], h + 1, v->path);
			return;
		}
	}
	if (at && strchr(at, ','))
		verify_fault(v, "%s/hops.csv has %u hops, fewer than the path %s of run.csv",
			     v->options->directory, v->hops, v->path);
}

enum status verify_sums(struct verify *v, struct error *err)
{
	(void)err;
	sums_ways(v);
	sums_points(v);
	sums_sessions(v);
	sums_path(v);
	if (v->balance_told && v->balance_rows_said != v->sums->balance_rows)
		verify_fault(v, "%s/balance.csv has %" PRIu64 " rows, not the %" PRIu64 " of run.csv",
			     v->options->directory, v->sums->balance_rows, v->balance_rows_said);
	return STATUS_OK;
}
