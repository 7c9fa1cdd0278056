/* What run, manifest, hops and sessions tell the checks behind them. */
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/results.h"
#include "report/manifest.h"
#include "report/run_rows.h"
#include "report/verify_set.h"

/* ---- asking ---- */

uint32_t verify_point(struct verify *v, const char *name, bool make)
{
	uint32_t p;

	for (p = 0; p < v->points; p++)
		if (strcmp(v->point[p].name, name) == 0)
			return p;
	if (!make || v->points == CAPTURE_POINTS_MAX)
		return UINT32_MAX;
	v->point[p] = (struct verify_point){.name = verify_copy(v, name)};
	v->points += v->point[p].name != NULL;
	return v->point[p].name ? p : UINT32_MAX;
}

uint32_t verify_hop(const struct verify *v, const char *name)
{
	uint32_t h;

	for (h = 0; h < v->hops; h++)
		if (strcmp(v->hop[h], name) == 0)
			return h;
	return UINT32_MAX;
}

uint32_t verify_direction(const char *name)
{
	static const char *const names[VERIFY_DIRECTIONS] = {"forward", "reverse", "none"};
	uint32_t d;

	for (d = 0; d < VERIFY_DIRECTIONS; d++)
		if (strcmp(names[d], name) == 0)
			return d;
	return UINT32_MAX;
}

int verify_column(const struct table_schema *schema, const char *name)
{
	int c;

	for (c = 0; c < schema->columns; c++)
		if (strcmp(schema->column[c].name, name) == 0)
			return c;
	return -1;
}

static int facts_compare_session(const void *key, const void *element)
{
	int64_t number = *(const int64_t *)key, other = ((const struct verify_session *)element)->number;

	return (number > other) - (number < other);
}

struct verify_session *verify_session(const struct verify *v, int64_t number)
{
	if (number < 1 || !v->sessions)
		return NULL;
	/* without a filter they are all there */
	if (number <= v->sessions && v->session[number - 1].number == number)
		return &v->session[number - 1];
	return bsearch(&number, v->session, v->sessions, sizeof *v->session, facts_compare_session);
}

int64_t verify_local_time(const struct verify_point *p, int64_t time_ns)
{
	uint64_t half = ((uint64_t)p->last_ns - (uint64_t)p->first_ns) / 2;
	uint64_t middle = (uint64_t)p->first_ns + half, local = (uint64_t)time_ns + (uint64_t)p->offset_ns;
	unsigned round;

	/* the offset is told by the local clock, which is what is looked for */
	for (round = 0; round < 2; round++)
		local = (uint64_t)time_ns + (uint64_t)p->offset_ns +
			(uint64_t)(int64_t)(p->skew * (double)(int64_t)(local - middle));
	return (int64_t)local;
}

/* ---- run.csv ---- */

/* "1.234" or "-1.234", with the ' in front, in thousandths. */
static bool facts_decimal(const char *text, int64_t *value)
{
	static const struct table_column column = {"x_us", TABLE_NANOS, 3};
	struct verify_value read;

	if (*text == '\'')
		text++;
	if (!*text || verify_cell(&column, text, &read))
		return false;
	*value = read.number;
	return true;
}

static bool facts_number(const char *text, uint64_t *number)
{
	static const struct table_column column = {"n", TABLE_INT, 0};
	struct verify_value read;

	if (!*text || verify_cell(&column, text, &read) || read.number < 0)
		return false;
	*number = (uint64_t)read.number;
	return true;
}

static void facts_keep(struct verify *v, char **to, const char *text)
{
	free(*to);
	*to = verify_copy(v, text);
}

/* "KEY.POINT" */
static void facts_run_point(struct verify *v, const struct verify_row *row, const char *key,
			    const char *value)
{
	const char *dot = strchr(key, '.');
	uint32_t p = dot ? verify_point(v, dot + 1, true) : UINT32_MAX;
	size_t bytes = dot ? (size_t)(dot - key) : 0;
	struct verify_point *point = &v->point[p];
	int64_t thousandths;
	uint64_t number;

	if (p == UINT32_MAX)
		return;
	if (strncmp(key, "excluded_", 9) == 0) {
		if (facts_number(value, &number))
			point->excluded += number;
		else
			verify_fault_at(v, row->sheet, row->line, "value", "\"%.80s\" is no number", value);
	} else if (strncmp(key, "clock_steps", bytes) == 0) {
		point->clocked = false;
	} else if (!facts_decimal(value, &thousandths)) {
		if (*value || strncmp(key, "clock_error_us", bytes) != 0)
			verify_fault_at(v, row->sheet, row->line, "value", "\"%.80s\" is no number", value);
	} else if (strncmp(key, "clock_offset_us", bytes) == 0) {
		point->offset_ns = thousandths;
		point->clocked = true;
	} else if (strncmp(key, "clock_skew_ppm", bytes) == 0) {
		point->skew = (double)thousandths * 1e-9;
	}
}

static bool facts_is_of_point(const char *key)
{
	static const char *const of_points[] = {
		"clock_offset_us.", "clock_skew_ppm.", "clock_error_us.", "clock_steps.", "excluded_",
	};
	size_t i;

	for (i = 0; i < sizeof of_points / sizeof of_points[0]; i++)
		if (strncmp(key, of_points[i], strlen(of_points[i])) == 0)
			return strncmp(key, "excluded_other_way.", 19) != 0;
	return false;
}

static void facts_run_text(struct verify *v, const char *key, const char *value)
{
	const struct {
		const char *key;
		char **text;
	} texts[] = {
		{"version", &v->version}, {"path", &v->path}, {"expect", &v->expect},
		{"expect_sha256", &v->expect_sha256}, {RUN_FILTER, &v->filter},
	};
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(key, texts[i].key) == 0)
			facts_keep(v, texts[i].text, value);
}

static void facts_run(struct verify *v, const struct verify_row *row)
{
	const char *key = row->text->cell[RUN_KEY], *value = row->text->cell[RUN_VALUE];
	const struct {
		const char *key;
		uint64_t *number;
		bool *told;
	} numbers[] = {
		{"captures", &v->captures_said, &v->captures_told},
		{"balance_rows", &v->balance_rows_said, &v->balance_told},
		{RUN_EVIDENCE_PACKETS, &v->said.written, NULL},
		{RUN_EVIDENCE_MISSING, &v->said.missing, NULL},
	};
	size_t i;

	if (facts_is_of_point(key))
		facts_run_point(v, row, key, value);
	for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (strcmp(key, numbers[i].key) == 0) {
			if (!facts_number(value, numbers[i].number))
				verify_fault_at(v, row->sheet, row->line, "value",
						"\"%.80s\" is no number", value);
			else if (numbers[i].told)
				*numbers[i].told = true;
		}
	facts_run_text(v, key, value);
	if (strcmp(key, RUN_HEADERS_ONLY) == 0)
		v->headers_only = strcmp(value, "yes") == 0;
	else if (strcmp(key, "anonymized") == 0)
		v->anonymized = strcmp(value, "yes") == 0;
	else if (strcmp(key, "balanced") == 0 && strcmp(value, "yes") != 0)
		verify_fault_at(v, row->sheet, row->line, "value", "the account does not close");
	else if (strcmp(key, "csv_version") == 0 && strcmp(value, "1") != 0)
		verify_fault_at(v, row->sheet, row->line, "value",
				"tables of version \"%.80s\", and %d is read here", value,
				RESULTS_CSV_VERSION);
}

/* ---- manifest.csv ---- */

static void facts_span(const struct verify_row *row, struct verify_point *p, struct verify_capture *c)
{
	const struct verify_value *first = &row->value[MANIFEST_FIRST], *last = &row->value[MANIFEST_LAST];

	c->seen = first->known && last->known;
	if (!c->seen)
		return;
	c->first_ns = first->number;
	c->last_ns = last->number;
	if (!p->seen || c->first_ns < p->first_ns)
		p->first_ns = c->first_ns;
	if (!p->seen || c->last_ns > p->last_ns)
		p->last_ns = c->last_ns;
	p->seen = true;
}

static void facts_manifest(struct verify *v, const struct verify_row *row)
{
	uint32_t p = verify_point(v, row->text->cell[MANIFEST_POINT], true);
	const char *name = row->text->cell[MANIFEST_CAPTURE];
	struct verify_capture *list, *c;

	v->names_bytes += strlen(name);
	if (p == UINT32_MAX || v->captures == CAPTURES_MAX || v->names_bytes > VERIFY_NAMES_BYTES) {
		verify_fault_at(v, row->sheet, row->line, NULL, "more than a store can hold");
		return;
	}
	if (!row->value[MANIFEST_BYTES].known || !row->value[MANIFEST_PACKETS].known ||
	    strlen(row->text->cell[MANIFEST_SHA256]) != 64) {
		verify_fault_at(v, row->sheet, row->line, NULL, "bytes, sha256 and packets are not all there");
		return;
	}
	list = memory_room(v->capture, v->captures, &v->captures_room, sizeof *list);
	if (!list) {
		v->no_memory = true;
		return;
	}
	v->capture = list;
	c = &list[v->captures];
	*c = (struct verify_capture){.name = verify_copy(v, name), .row = row->number, .line = row->line,
				     .point = p, .bytes = (uint64_t)row->value[MANIFEST_BYTES].number,
				     .packets = (uint64_t)row->value[MANIFEST_PACKETS].number};
	v->captures += c->name != NULL;
	v->point[p].packets += c->packets;
	memcpy(c->sha256, row->text->cell[MANIFEST_SHA256], sizeof c->sha256);
	facts_span(row, &v->point[p], c);
}

static int facts_compare_captures(const void *x, const void *y)
{
	const struct verify_capture *a = x, *b = y;
	int by;

	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	by = strcmp(a->name, b->name);
	return by ? by : (a->row > b->row) - (a->row < b->row);
}

void verify_learn_captures(struct verify *v)
{
	if (v->captures)
		qsort(v->capture, v->captures, sizeof *v->capture, facts_compare_captures);
	if (v->captures_told && v->captures_said != v->captures)
		verify_fault(v, "%s/manifest.csv: %u captures, but the results are of %llu, as run.csv has it "
			     "(crosstap-correlate ran before the others were collected)",
			     v->options->directory, v->captures, (unsigned long long)v->captures_said);
}

/* ---- hops.csv and sessions.csv ---- */

static void facts_hops(struct verify *v, const struct verify_row *row)
{
	const char *name = row->text->cell[HOPS_HOP];

	if (verify_hop(v, name) != UINT32_MAX)
		return;
	if (v->hops == VERIFY_HOPS_MAX) {
		verify_fault_at(v, row->sheet, row->line, "hop", "more hops than a path can have");
		return;
	}
	v->hop[v->hops] = verify_copy(v, name);
	v->hops += v->hop[v->hops] != NULL;
}

/* As many as there are names in "client,fw-in,fw-out". */
static uint32_t facts_points_named(const char *points)
{
	uint32_t count = *points != '\0';

	for (; *points; points++)
		count += *points == ',';
	return count;
}

static void facts_sessions(struct verify *v, const struct verify_row *row)
{
	static const unsigned columns[] = {[VERIFY_DROPS] = SESSIONS_DROPPED,
					   [VERIFY_INJECTED] = SESSIONS_INJECTED,
					   [VERIFY_RESETS] = SESSIONS_RESETS};
	const struct verify_value *number = &row->value[SESSIONS_SESSION];
	struct verify_session *list, *s;
	size_t i;

	if (v->sessions == VERIFY_SESSIONS_MAX || number->number > UINT32_MAX) {
		v->sessions_full = true;
		return;
	}
	if (!number->known || number->number < 1 ||
	    (v->sessions && number->number <= v->session[v->sessions - 1].number)) {
		verify_fault_at(v, row->sheet, row->line, "session", "\"%s\" does not come behind the one before",
				row->text->cell[SESSIONS_SESSION]);
		return;
	}
	list = memory_room(v->session, v->sessions, &v->sessions_room, sizeof *list);
	if (!list) {
		v->no_memory = true;
		return;
	}
	v->session = list;
	s = &list[v->sessions++];
	s->number = (uint32_t)number->number;
	for (i = 0; i < sizeof columns / sizeof columns[0]; i++)
		s->left[i] = (uint32_t)row->value[columns[i]].number;
	s->left[VERIFY_POINTS] = facts_points_named(row->text->cell[SESSIONS_POINTS]);
}

void verify_learn(struct verify *v, const struct verify_row *row)
{
	static const struct {
		const struct table_schema *schema;
		void (*learn)(struct verify *v, const struct verify_row *row);
	} facts[] = {
		{&results_run, facts_run},
		{&manifest_schema, facts_manifest},
		{&results_hops, facts_hops},
		{&results_sessions, facts_sessions},
	};
	size_t i;

	for (i = 0; i < sizeof facts / sizeof facts[0]; i++)
		if (row->sheet->schema == facts[i].schema)
			facts[i].learn(v, row);
}
