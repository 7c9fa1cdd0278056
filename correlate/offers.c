#include "correlate/offers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/packet.h"
#include "correlate/results.h"

#define OFFERS_TCP 6

/* How often each value was offered: they are few enough to have a place each, OFFER_NONE the first. */
struct offers_tally {
	uint64_t sessions;
	uint32_t session; /* the first */
};

static const uint32_t offers_values[OFFER_FIELDS] = {
	[OFFER_TTL] = 257, [OFFER_MSS] = 65537, [OFFER_SCALE] = 257, [OFFER_SACK] = 3, [OFFER_TIMESTAMPS] = 3,
};

struct offers_scan {
	const struct judging *j;
	const struct syn_options *options;
	struct offers *offers;
	uint8_t *seen; /* by node: its first SYN (1), its first SYN-ACK (2) */
	struct offers_tally *tally[2][OFFER_FIELDS]; /* of the point under way */
};

const char *offer_field_name(enum offer_field field)
{
	static const char *const names[OFFER_FIELDS] = {"ttl", "mss", "window_scale", "sack", "timestamps"};

	return names[field];
}

static void offers_count(struct offers_tally *tally, int32_t value, uint32_t session)
{
	struct offers_tally *one = &tally[value - OFFER_NONE];

	if (!one->sessions++)
		one->session = session;
}

/* False: nobody can tell, since the capture cut it, or its dictionary was full. */
static bool offers_options(const struct offers_scan *s, uint32_t p, uint32_t index,
			   struct syn_option *option)
{
	const struct view_point *point = &s->j->view->point[p];
	uint32_t entry = (uint32_t)view_get(point, RECORD_OPTIONS, index), count;
	const struct syn_option *entries =
		syn_options_of(s->options, point->block[index >> VIEW_BLOCK_SHIFT].capture, &count);

	if (entry >= count || (view_get(point, RECORD_MARKS, index) & PACKET_TRUNCATED))
		return false;
	*option = entries[entry];
	return true;
}

static void offers_take(struct offers_scan *s, uint32_t p, uint32_t index, uint32_t node, bool server)
{
	struct offers_tally *const *tally = s->tally[server];
	uint32_t session = s->j->sessions->of_node[node];
	struct syn_option option;

	if (s->seen[node] & (1u << server))
		return;
	s->seen[node] |= (uint8_t)(1u << server);
	offers_count(tally[OFFER_TTL], (int32_t)view_get(&s->j->view->point[p], RECORD_TTL, index), session);
	if (!offers_options(s, p, index, &option))
		return;
	offers_count(tally[OFFER_MSS], option.mss ? option.mss : OFFER_NONE, session);
	offers_count(tally[OFFER_SCALE], option.shift != SYN_SHIFT_NONE ? option.shift : OFFER_NONE, session);
	offers_count(tally[OFFER_SACK], option.sack ? 1 : OFFER_NONE, session);
	offers_count(tally[OFFER_TIMESTAMPS], option.timestamps ? 1 : OFFER_NONE, session);
}

static void offers_scan(struct offers_scan *s, uint32_t p)
{
	const struct view *view = s->j->view;
	uint32_t way[VIEW_BATCH], i;
	uint16_t flags[VIEW_BATCH];
	struct view_batch batch;

	view_first(&batch, &view->point[p]);
	while (view_next(&batch)) {
		view_read_16(&batch, RECORD_FLAGS, flags);
		if (!(view_union(flags, batch.rows) & PACKET_TCP_SYN))
			continue; /* most batches: nothing else needs reading */
		view_read_ways(&batch, way);
		for (i = 0; i < batch.rows; i++)
			if ((flags[i] & PACKET_TCP_SYN) && way[i] != VIEW_NO_WAY &&
			    view->flow[way[i] >> 1].proto == OFFERS_TCP)
				offers_take(s, p, batch.index[i], way[i] >> 1,
					    (flags[i] & PACKET_TCP_ACK) != 0);
	}
}

/* ---- of the many values those that matter ---- */

static int offers_compare_often(const void *x, const void *y)
{
	const struct offer *a = x, *b = y;

	if (a->sessions != b->sessions)
		return a->sessions > b->sessions ? -1 : 1;
	return (a->value > b->value) - (a->value < b->value);
}

static int offers_compare(const void *x, const void *y)
{
	const struct offer *a = x, *b = y;

	return (a->value > b->value) - (a->value < b->value);
}

/* The values that most sessions offered, and one for the others. False: no memory. */
static bool offers_choose(struct offers_list *list, const struct offers_tally *tally, uint32_t values)
{
	struct offer *all = calloc(values, sizeof *all), other = {OFFER_OTHER, UINT32_MAX, 0};
	uint32_t i, count = 0;

	for (i = 0; all && i < values; i++)
		if (tally[i].sessions)
			all[count++] = (struct offer){(int32_t)i + OFFER_NONE, tally[i].session,
						      tally[i].sessions};
	if (count)
		qsort(all, count, sizeof *all, offers_compare_often);
	for (i = 0; i < count; i++) {
		if (i < OFFERS_VALUES_MAX) {
			list->offer[list->count++] = all[i];
			continue;
		}
		other.sessions += all[i].sessions;
		other.session = all[i].session < other.session ? all[i].session : other.session;
	}
	if (other.sessions)
		list->offer[list->count++] = other;
	if (list->count)
		qsort(list->offer, list->count, sizeof *list->offer, offers_compare);
	free(all);
	return all != NULL;
}

static void offers_forget(struct offers_scan *s)
{
	unsigned end, f;

	for (end = 0; end < 2; end++)
		for (f = 0; f < OFFER_FIELDS; f++) {
			free(s->tally[end][f]);
			s->tally[end][f] = NULL;
		}
}

/* One point. False: no memory. */
static bool offers_point_gather(struct offers_scan *s, uint32_t p)
{
	bool ok = true;
	unsigned end, f;

	for (end = 0; end < 2; end++)
		for (f = 0; f < OFFER_FIELDS; f++) {
			s->tally[end][f] = calloc(offers_values[f], sizeof *s->tally[end][f]);
			ok = ok && s->tally[end][f];
		}
	if (ok)
		offers_scan(s, p);
	for (end = 0; end < 2; end++)
		for (f = 0; f < OFFER_FIELDS && ok; f++)
			ok = offers_choose(&s->offers->list[p][end][f], s->tally[end][f], offers_values[f]);
	offers_forget(s);
	return ok;
}

enum status offers_gather(struct offers **out, const struct judging *j,
			  const struct syn_options *options, struct error *err)
{
	struct offers_scan scan = {.j = j, .options = options, .offers = calloc(1, sizeof *scan.offers)};
	bool ok = scan.offers != NULL;
	uint32_t p;

	*out = scan.offers;
	scan.seen = calloc((size_t)j->view->nodes + 1, sizeof *scan.seen);
	if (ok) {
		scan.offers->points = j->view->points;
		scan.offers->list = calloc((size_t)j->view->points + 1, sizeof *scan.offers->list);
	}
	ok = ok && scan.seen && scan.offers->list;
	for (p = 0; p < j->view->points && ok; p++)
		if (j->path->stage[p] != PATH_OFF)
			ok = offers_point_gather(&scan, p);
	free(scan.seen);
	if (ok)
		return STATUS_OK;
	offers_free(out);
	return error_errno(err, ENOMEM, "offers");
}

void offers_free(struct offers **offers)
{
	if (!*offers)
		return;
	free((*offers)->list);
	free(*offers);
	*offers = NULL;
}

/* ---- rows ---- */

static const char *offers_value(char room[16], enum offer_field field, int32_t value)
{
	if (value == OFFER_OTHER)
		return "other";
	if (field == OFFER_SACK || field == OFFER_TIMESTAMPS)
		return value == OFFER_NONE ? "no" : "yes";
	if (value == OFFER_NONE)
		return "none";
	snprintf(room, 16, "%d", value);
	return room;
}

static enum status offers_row(struct table_writer *w, const char *point, unsigned end,
			      enum offer_field field, const struct offer *offer, struct error *err)
{
	char room[16];

	table_set_text(w, OFFERS_POINT, point);
	table_set_text(w, OFFERS_FROM, end ? "server" : "client");
	table_set_text(w, OFFERS_FIELD, offer_field_name(field));
	table_set_text(w, OFFERS_VALUE, offers_value(room, field, offer->value));
	table_set_int(w, OFFERS_SESSIONS, (int64_t)offer->sessions);
	table_set_int(w, OFFERS_EXAMPLE_SESSION, (int64_t)offer->session + 1);
	return table_row(w, err);
}

static enum status offers_point(struct table_writer *w, const struct offers *offers,
				const struct view *view, uint32_t p, struct error *err)
{
	enum status status = STATUS_OK;
	unsigned end, f;
	uint32_t i;

	for (end = 0; end < 2; end++)
		for (f = 0; f < OFFER_FIELDS; f++)
			for (i = 0; i < offers->list[p][end][f].count && !status; i++)
				status = offers_row(w, view->point[p].name, end, (enum offer_field)f,
						    &offers->list[p][end][f].offer[i], err);
	return status;
}

/* Points in the order of the path. */
enum status offers_write(const struct offers *offers, const struct judging *j, struct store *store,
			 uint32_t generation, struct error *err)
{
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_offers, &w, err);
	uint32_t s, k;

	for (s = 0; s < j->path->stages && !status; s++)
		for (k = 0; k < j->path->points[s] && !status; k++)
			status = offers_point(w, offers, j->view, j->path->point[s][k], err);
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	return status;
}
