/* The rows of expect.csv, and what their sentences say. */
#include "correlate/expect.h"

#include "correlate/emit.h"
#include "correlate/names.h"
#include "correlate/results.h"

/* ---- sentences ---- */

/* What cannot be told of how many sessions. */
static const char *const expect_doubts[DOUBTS] = {
	[DOUBT_BEGINNING] = "whose beginning is in no capture",
	[DOUBT_ONE_POINT] = "that only the last point of their way saw",
	[DOUBT_EDGE] = "too near to where a capture begins, ends or has a gap",
	[DOUBT_AMBIGUOUS] = "whose packets the captures cannot tell apart",
	[DOUBT_UNCAPTURED] = "that a capture lost",
	[DOUBT_OTHER_WAY] = "on another way",
	[DOUBT_LOCAL] = "that end at the box between the points",
	[DOUBT_CHANCE] = "of which so few packets died that it may be chance",
	[DOUBT_NO_RULE] = "dropped in an outage, for their size or their TTL",
	[DOUBT_UNHEARD] = "dropped where no answer would have been captured",
	[DOUBT_LIMITED] = "dropped without an answer where others got one: ICMP errors are limited in rate",
};

/* Begins a part: behind a comma when it is not the first. */
static void expect_part(struct words *words, uint32_t *parts, uint32_t count, const char *text)
{
	if ((*parts)++)
		words_add(words, ", ");
	words_add_number(words, count);
	words_add(words, text);
}

static void expect_say_ended(const struct expects *e, uint32_t r, enum expect_fate fate,
			     const char *one, const char *many, struct words *words, uint32_t *parts)
{
	char hop[PATH_TEXT_MAX];
	uint32_t h, count;

	for (h = 0; h < e->hops; h++) {
		count = expect_ended(e, r, h, fate);
		if (!count)
			continue;
		emit_hop_name(e->j, h, hop, sizeof hop);
		expect_part(words, parts, count, count == 1 ? one : many);
		words_add(words, hop);
		if (fate == FATE_STOPPED)
			words_add(words, " without an answer");
	}
}

static void expect_say_arrived(const struct expects *e, uint32_t r, struct words *words,
			       uint32_t *parts)
{
	char hop[PATH_TEXT_MAX];

	if (!e->row[r].fate[FATE_ARRIVED])
		return;
	expect_part(words, parts, e->row[r].fate[FATE_ARRIVED], " came through");
	if (e->guard == EXPECT_NO_HOP)
		return;
	emit_hop_name(e->j, e->guard, hop, sizeof hop);
	words_add(words, " past ");
	words_add(words, hop);
}

static void expect_say_doubts(const struct expect_row *row, struct words *words)
{
	uint32_t parts = 0, d;

	if (!row->fate[FATE_UNKNOWN])
		return;
	words_sentence(words, "what became of ");
	words_add_number(words, row->fate[FATE_UNKNOWN]);
	words_add(words, " cannot be told: ");
	for (d = 0; d < DOUBTS; d++)
		if (row->doubt[d]) {
			expect_part(words, &parts, row->doubt[d], " ");
			words_add(words, expect_doubts[d]);
		}
}

static void expect_say_untried(const struct expects *e, uint32_t r, struct words *words)
{
	words_sentence(words, "no session asked for it");
	if (e->row[r].hidden_by == POLICY_NO_ROW)
		return;
	words_add(words, ", and none ever can: ");
	expect_say_row(e, e->row[r].hidden_by, words);
	words_add(words, " takes all of it before");
}

void expect_say(const struct expects *e, uint32_t r, struct words *words)
{
	const struct expect_row *row = &e->row[r];
	uint32_t parts = 0;

	if (!row->sessions) {
		expect_say_untried(e, r, words);
		return;
	}
	words_sentence(words, "");
	words_add_number(words, row->sessions);
	words_add(words, row->sessions == 1 ? " session" : " sessions");
	if (r == e->rows)
		words_add(words, " that no row covers");
	words_add(words, row->fate[FATE_UNKNOWN] < row->sessions ? ": " : "");
	expect_say_arrived(e, r, words, &parts);
	expect_say_ended(e, r, FATE_STOPPED, " was dropped at ", " were dropped at ", words, &parts);
	expect_say_ended(e, r, FATE_REJECTED, " was rejected at ", " were rejected at ", words,
			 &parts);
	expect_say_doubts(row, words);
	if (r < e->rows && e->policy->row[r].expect == POLICY_DENY && row->fate[FATE_REJECTED])
		words_sentence(words, "a rejected client is told that something is there");
}

void expect_say_row(const struct expects *e, uint32_t r, struct words *words)
{
	const char *name = e->policy->row[r].text[POLICY_NAME];

	words_add(words, "row ");
	words_add_number(words, (uint64_t)r + 1);
	if (!*name)
		return;
	words_add(words, " (");
	words_add_cut(words, name, POLICY_SAID_MAX);
	words_add(words, ")");
}

/* ---- rows ---- */

static void expect_policy_cells(struct table_writer *w, const struct policy_row *row, uint32_t r)
{
	static const uint8_t columns[POLICY_TEXTS] = {EXPECT_NAME, EXPECT_SRC, EXPECT_DST,
						      EXPECT_PROTO, EXPECT_DPORT};
	unsigned t;

	table_set_int(w, EXPECT_ROW, (int64_t)r + 1);
	table_set_int(w, EXPECT_LINE, row->line);
	for (t = 0; t < POLICY_TEXTS; t++)
		if (*row->text[t])
			table_set_text(w, columns[t], row->text[t]);
	table_set_text(w, EXPECT_EXPECT, policy_expect_name(row->expect));
}

static void expect_times(struct table_writer *w, const struct expect_row *row)
{
	int64_t first_ns = INT64_MAX, last_ns = INT64_MIN;
	unsigned f;

	for (f = 0; f < FATES; f++) {
		if (!row->fate[f])
			continue;
		first_ns = row->first_ns[f] < first_ns ? row->first_ns[f] : first_ns;
		last_ns = row->last_ns[f] > last_ns ? row->last_ns[f] : last_ns;
	}
	if (row->sessions) {
		table_set_int(w, EXPECT_FIRST, first_ns);
		table_set_int(w, EXPECT_LAST, last_ns);
	}
}

static void expect_example(struct table_writer *w, const struct expect_row *row,
			   const struct judging *j)
{
	const struct view_point *point;

	if (row->shown == EXPECT_NONE)
		return;
	table_set_int(w, EXPECT_EXAMPLE_SESSION, (int64_t)row->shown + 1);
	if (row->point == EXPECT_NONE)
		return;
	point = &j->view->point[row->point];
	table_set_text(w, EXPECT_EXAMPLE_FILE,
		       j->view->capture[point->block[row->index >> VIEW_BLOCK_SHIFT].capture].file);
	table_set_int(w, EXPECT_EXAMPLE_FRAME, view_get(point, RECORD_FRAME, row->index));
}

static enum status expect_row_write(const struct expects *e, uint32_t r, struct table_writer *w,
				    const struct names *names, struct error *err)
{
	const struct expect_row *row = &e->row[r];
	uint32_t confidence = expect_confidence(e, r);
	struct words words;

	if (r < e->rows) {
		expect_policy_cells(w, &e->policy->row[r], r);
		table_set_int(w, EXPECT_GOOD, row->good);
		table_set_int(w, EXPECT_BAD, row->bad);
	}
	table_set_int(w, EXPECT_SESSIONS, row->sessions);
	table_set_int(w, EXPECT_NOT_TOLD, row->fate[FATE_UNKNOWN]);
	table_set_text(w, EXPECT_VERDICT, expect_verdict_name(expect_verdict_of(e, r)));
	if (expect_hop(e, r) != EXPECT_NO_HOP)
		table_set_text(w, EXPECT_HOP, names->hop[expect_hop(e, r)]);
	if (confidence)
		table_set_real(w, EXPECT_CONFIDENCE, confidence / 100.0);
	expect_times(w, row);
	expect_example(w, row, e->j);
	words_begin(&words);
	expect_say(e, r, &words);
	table_set_text(w, EXPECT_EVIDENCE, words.text);
	return table_row(w, err);
}

enum status expects_write(const struct expects *e, const struct judging *j, struct store *store,
			  uint32_t generation, struct error *err)
{
	struct table_writer *w = NULL;
	struct names *names;
	enum status status = names_make(&names, j->path, j->view, err);
	uint32_t r;

	if (!status)
		status = table_begin(store, generation, &results_expect, &w, err);
	for (r = 0; e && r <= e->rows && !status; r++)
		if (r < e->rows || e->row[r].sessions)
			status = expect_row_write(e, r, w, names, err);
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	names_free(&names);
	return status;
}
