#include "report/ladder_facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/clock.h"
#include "correlate/results.h"
#include "correlate/words.h"
#include "report/cell.h"

#define NO_PACKET UINT32_MAX

static enum status facts_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "--session");
}

/* ---- the sessions' rows of a table ---- */

/* One session, and what finds its packets. */
struct facts_work {
	struct ladder_facts *facts;
	struct dossier dossier;
	struct facts_key *key; /* of all sights, by point and frame */
	struct facts_reset *reset; /* of all sights of RSTs */
	uint32_t keys, resets;
	bool *used;            /* by packet: its row of resets was found */
};

struct facts {
	const struct ladder_question *question;
	const struct trace *trace;
	struct facts_work *work; /* of each session */
};

/* Takes a row of session k; false without memory. */
typedef bool facts_take(struct facts *f, struct facts_work *work, const struct cell *cell);

/* Which of the sessions this is, or count. */
static uint32_t facts_session(const struct ladder_question *q, const struct cell *number)
{
	uint32_t low = 0, high = q->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (q->session[middle] + (int64_t)1 < number->number)
			low = middle + 1;
		else
			high = middle;
	}
	return number->known && low < q->count && q->session[low] + (int64_t)1 == number->number
		       ? low : q->count;
}

/* `session` is the number's column. */
static enum status facts_rows(struct facts *f, const struct table_schema *schema, unsigned session,
			      facts_take *take, struct error *err)
{
	struct rows *rows;
	enum status status = rows_open_table(&rows, f->question->txn, schema, err);
	bool more = true;

	if (!status)
		rows_want(rows, (uint64_t)1 << session);
	while (!status) {
		const struct cell *cell;
		uint32_t k;

		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		cell = rows_cells(rows);
		k = facts_session(f->question, &cell[session]);
		if (k == f->question->count)
			continue;
		rows_fill(rows);
		if (!take(f, &f->work[k], cell))
			status = facts_memory(err);
	}
	rows_close(&rows);
	return status;
}

/* ---- the session ---- */

static char *facts_value(const struct table_column *column, const struct cell *cell)
{
	struct cell_form form = cell_form(column);
	char text[CELL_ROOM + 1] = "";

	if (!cell->known)
		return strdup("");
	if (cell_is_text(column->type))
		return strdup(cell->text);
	*cell_write(text, &form, cell) = '\0';
	return strdup(text);
}

static bool facts_values(struct ladder_facts *facts, const struct cell *cell)
{
	unsigned c;

	for (c = 0; c < SESSIONS_COLUMNS; c++) {
		facts->value[c] = facts_value(&results_sessions.column[c], &cell[c]);
		if (!facts->value[c])
			return false;
	}
	return true;
}

enum status ladder_facts_sessions(const struct ladder_question *q, uint64_t *sessions,
				  struct error *err)
{
	struct rows *rows;
	enum status status = rows_open_table(&rows, q->txn, &results_sessions, err);
	bool more = true;
	uint32_t k, found = 0;

	*sessions = status ? 0 : rows->total;
	if (!status)
		rows_want(rows, (uint64_t)1 << SESSIONS_SESSION);
	while (!status && found < q->count) {
		const struct cell *cell;

		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		cell = rows_cells(rows);
		k = facts_session(q, &cell[SESSIONS_SESSION]);
		if (k == q->count || q->facts[k].found)
			continue;
		q->facts[k].found = true;
		found++;
		rows_fill(rows);
		if (!facts_values(&q->facts[k], cell))
			status = facts_memory(err);
	}
	rows_close(&rows);
	return status;
}

/* ---- points ---- */

static void facts_add_end(struct words *words, const struct cell *address, const struct cell *port)
{
	if (address->known)
		words_add_end(words, address->bytes, (uint8_t)address->size, port->known,
			      (uint16_t)port->number);
}

static bool facts_take_point(struct facts *f, struct facts_work *w, const struct cell *cell)
{
	uint32_t p = view_point_named(f->trace->view, cell[SESSION_POINTS_POINT].text);
	struct words words;

	if (p == f->trace->view->points || w->facts->point[p].tuple)
		return true;
	words_begin(&words);
	facts_add_end(&words, &cell[SESSION_POINTS_SRC], &cell[SESSION_POINTS_SPORT]);
	words_add(&words, " > ");
	facts_add_end(&words, &cell[SESSION_POINTS_DST], &cell[SESSION_POINTS_DPORT]);
	w->facts->point[p].tuple = strdup(words.text);
	w->facts->point[p].difference = strdup(cell[SESSION_POINTS_DIFFERENCE].text);
	return w->facts->point[p].tuple && w->facts->point[p].difference;
}

/* ---- packets ---- */

struct facts_key {
	uint32_t point, frame, capture, packet;
	int64_t time_ns; /* the path's */
};

static int facts_key_compare(const void *x, const void *y)
{
	const struct facts_key *a = x, *b = y;

	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	return (a->frame > b->frame) - (a->frame < b->frame);
}

/* Rows name a packet by point, file and frame. */
static bool facts_index(const struct trace *trace, struct facts_work *w)
{
	const struct dossier *d = &w->dossier;
	uint32_t i, k, n = 0;

	for (i = 0; i < d->packets; i++)
		w->keys += d->packet[i].sights;
	w->key = malloc(((size_t)w->keys + 1) * sizeof *w->key);
	w->used = calloc((size_t)d->packets + 1, sizeof *w->used);
	if (!w->key || !w->used)
		return false;
	for (i = 0; i < d->packets; i++)
		for (k = 0; k < d->packet[i].sights; k++) {
			const struct dossier_sight *s = &d->sight[d->packet[i].sight + k];
			const struct view_point *point = &trace->view->point[s->point];

			w->key[n++] = (struct facts_key){
				s->point, (uint32_t)view_get(point, RECORD_FRAME, s->index),
				point->block[s->index >> VIEW_BLOCK_SHIFT].capture, i, s->time_ns};
		}
	qsort(w->key, w->keys, sizeof *w->key, facts_key_compare);
	return true;
}

/* Files of a point may have one name, in different folders: time tells. */
static uint32_t facts_packet(const struct facts *f, const struct facts_work *w,
			     const struct cell *cell)
{
	struct facts_key wanted = {.point = view_point_named(f->trace->view,
							     cell[PACKETS_SEEN_AT].text),
				   .frame = (uint32_t)cell[PACKETS_FRAME].number};
	uint32_t low = 0, high = w->keys, best = NO_PACKET;
	uint64_t best_ns = UINT64_MAX;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (facts_key_compare(&w->key[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < w->keys && facts_key_compare(&w->key[low], &wanted) == 0; low++) {
		const struct facts_key *key = &w->key[low];
		uint64_t apart_ns = clock_apart(key->time_ns, cell[PACKETS_TIME].number);

		if (apart_ns < best_ns && strcmp(f->trace->view->capture[key->capture].file,
						 cell[PACKETS_FILE].text) == 0) {
			best_ns = apart_ns;
			best = key->packet;
		}
	}
	return best;
}

/* "WHAT: policy (confidence 0.98): no SYN of this service passed"; the caller frees. */
static char *facts_sentence(const char *what, const struct cell *cause,
			    const struct cell *confidence, const struct cell *evidence)
{
	char number[CELL_ROOM + 1] = "", *text;

	if (confidence->known)
		*cell_real(number, confidence->real, 2) = '\0';
	if (asprintf(&text, "%s%s%s%s%s%s%s%s", what, cause->known ? ": " : "",
		     cause->known ? cause->text : "", confidence->known ? " (confidence " : "",
		     number, confidence->known ? ")" : "", evidence->known ? ": " : "",
		     evidence->known ? evidence->text : "") < 0)
		return NULL;
	return text;
}

char *ladder_packet_sentence(const char *verdict, const struct cell *cell)
{
	char *what, *text;

	if (asprintf(&what, "%s at %s", verdict, cell[PACKETS_HOP].text) < 0)
		return NULL;
	text = facts_sentence(what, &cell[PACKETS_CAUSE], &cell[PACKETS_CONFIDENCE],
			      &cell[PACKETS_EVIDENCE]);
	free(what);
	return text;
}

static bool facts_take_packet(const struct facts *f, struct facts_work *w, const struct cell *cell,
			      enum ladder_note note, const char *verdict)
{
	uint32_t packet = facts_packet(f, w, cell);

	if (packet == NO_PACKET || w->facts->note[packet][note])
		return true;
	w->facts->note[packet][note] = ladder_packet_sentence(verdict, cell);
	return w->facts->note[packet][note] != NULL;
}

static bool facts_take_drop(struct facts *f, struct facts_work *w, const struct cell *cell)
{
	return facts_take_packet(f, w, cell, LADDER_DROP, "dropped");
}

static bool facts_take_injection(struct facts *f, struct facts_work *w, const struct cell *cell)
{
	return facts_take_packet(f, w, cell, LADDER_INJECTION, "injected");
}

/* ---- resets ---- */

/* The row of a RST has no frame: its first point, sequence number and TTL tell. */
struct facts_reset {
	int64_t seq, ttl;
	uint32_t point, packet;
	uint32_t used; /* of those alike, in the first of them: so many were found */
};

static int facts_reset_compare_alike(const struct facts_reset *a, const struct facts_reset *b)
{
	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return (a->ttl > b->ttl) - (a->ttl < b->ttl);
}

static int facts_reset_compare(const void *x, const void *y)
{
	const struct facts_reset *a = x, *b = y;
	int order = facts_reset_compare_alike(a, b);

	return order ? order : (a->packet > b->packet) - (a->packet < b->packet);
}

static bool facts_index_resets(const struct trace *trace, struct facts_work *w)
{
	const struct dossier *d = &w->dossier;
	uint32_t i, k, n = 0;

	for (i = 0; i < d->packets; i++)
		n += d->packet[i].flags & PACKET_TCP_RST ? d->packet[i].sights : 0u;
	w->reset = malloc(((size_t)n + 1) * sizeof *w->reset);
	for (i = 0; w->reset && i < d->packets; i++)
		for (k = 0; d->packet[i].flags & PACKET_TCP_RST && k < d->packet[i].sights; k++) {
			const struct dossier_sight *s = &d->sight[d->packet[i].sight + k];

			w->reset[w->resets++] = (struct facts_reset){
				.seq = view_get(&trace->view->point[s->point], RECORD_SEQ, s->index),
				.ttl = s->ttl, .point = s->point, .packet = i};
		}
	if (w->resets)
		qsort(w->reset, w->resets, sizeof *w->reset, facts_reset_compare);
	return w->reset != NULL;
}

/* Of several alike the first that has no row yet: both are in the order of time. */
static uint32_t facts_reset_packet(struct facts_work *w, const struct facts_reset *wanted)
{
	uint32_t low = 0, high = w->resets, *used;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (facts_reset_compare_alike(&w->reset[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == w->resets)
		return NO_PACKET;
	used = &w->reset[low].used;
	for (; low + *used < w->resets; ++*used) {
		const struct facts_reset *one = &w->reset[low + *used];

		if (facts_reset_compare_alike(one, wanted) != 0)
			break;
		if (!w->used[one->packet])
			return one->packet;
	}
	return NO_PACKET;
}

static bool facts_take_reset(struct facts *f, struct facts_work *w, const struct cell *cell)
{
	struct facts_reset wanted = {
		.seq = cell[RESETS_TCP_SEQ].number, .ttl = cell[RESETS_TTL].number,
		.point = view_point_named(f->trace->view, cell[RESETS_FIRST_SEEN_AT].text)};
	uint32_t i = facts_reset_packet(w, &wanted);

	if (i == NO_PACKET)
		return true;
	w->used[i] = true;
	w->facts->note[i][LADDER_RESET] = facts_sentence("cause", &cell[RESETS_CAUSE],
							 &cell[RESETS_CONFIDENCE],
							 &cell[RESETS_EVIDENCE]);
	return w->facts->note[i][LADDER_RESET] != NULL;
}

/* ---- all of it ---- */

static bool facts_prepare(struct facts *f, const struct dossiers *dossiers)
{
	const struct ladder_question *q = f->question;
	uint32_t k;

	f->work = calloc((size_t)q->count + 1, sizeof *f->work);
	for (k = 0; f->work && k < q->count; k++) {
		struct facts_work *w = &f->work[k];
		struct ladder_facts *facts = &q->facts[k];

		*w = (struct facts_work){.facts = facts, .dossier = dossiers_get(dossiers, k)};
		facts->note = calloc((size_t)w->dossier.packets + 1, sizeof *facts->note);
		facts->point = calloc((size_t)f->trace->view->points + 1, sizeof *facts->point);
		if (!facts->note || !facts->point || !facts_index(f->trace, w) ||
		    !facts_index_resets(f->trace, w))
			return false;
	}
	return f->work != NULL;
}

enum status ladder_facts_read(const struct ladder_question *q, const struct trace *trace,
			      const struct dossiers *dossiers, struct error *err)
{
	static const struct {
		const struct table_schema *schema;
		unsigned session;
		facts_take *take;
	} tables[] = {
		{&results_session_points, SESSION_POINTS_SESSION, facts_take_point},
		{&results_drops, PACKETS_SESSION, facts_take_drop},
		{&results_injected, PACKETS_SESSION, facts_take_injection},
		{&results_resets, RESETS_SESSION, facts_take_reset},
	};
	struct facts f = {q, trace, NULL};
	enum status status = facts_prepare(&f, dossiers) ? STATUS_OK : facts_memory(err);
	uint32_t k;
	size_t i;

	for (i = 0; i < sizeof tables / sizeof tables[0] && !status; i++)
		status = facts_rows(&f, tables[i].schema, tables[i].session, tables[i].take, err);
	for (k = 0; f.work && k < q->count; k++) {
		free(f.work[k].key);
		free(f.work[k].reset);
		free(f.work[k].used);
	}
	free(f.work);
	return status;
}

void ladder_facts_free(struct ladder_facts *facts, uint32_t packets, uint32_t points)
{
	uint32_t i, k;

	for (i = 0; i < TABLE_COLUMNS_MAX; i++)
		free(facts->value[i]);
	for (i = 0; facts->point && i < points; i++) {
		free(facts->point[i].tuple);
		free(facts->point[i].difference);
	}
	for (i = 0; facts->note && i < packets; i++)
		for (k = 0; k < LADDER_NOTES; k++)
			free(facts->note[i][k]);
	free(facts->point);
	free(facts->note);
}
