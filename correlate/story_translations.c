/* The rows of translations.csv: what the points' different tuples of one
 * session say of the hop between them. A mapping is what the client asked for
 * and what became of it; its ports are named where they are the same in all
 * of its sessions. */
#include "correlate/story.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/emit.h"
#include "correlate/results.h"
#include "correlate/station.h"

enum translation_kind { TRANSLATION_NAT, TRANSLATION_BALANCE };

/* One session over one hop. What is compared comes first. */
struct translation {
	uint8_t hop, kind;
	uint8_t bytes_from, bytes_to;
	uint8_t from_client[16], from_server[16], to_client[16], to_server[16];
	uint16_t from_server_port, to_server_port;
	uint16_t from_client_port, to_client_port; /* not compared */
};
#define TRANSLATION_KEY offsetof(struct translation, from_client_port)

struct translations {
	struct translation *list;
	uint64_t count, room;
};

static bool translations_add(struct translations *t, const struct translation *one)
{
	if (t->count == t->room) {
		uint64_t room = t->room ? 2 * t->room : 256;
		struct translation *grown = realloc(t->list, room * sizeof *grown);

		if (!grown)
			return false;
		t->list = grown;
		t->room = room;
	}
	t->list[t->count++] = *one;
	return true;
}

static bool translation_of(struct translations *t, const struct judging *j, bool client_forward,
			   const struct station *near, const struct station *far)
{
	struct station_ends a = station_ends(j, client_forward ? near : far);
	struct station_ends b = station_ends(j, client_forward ? far : near);
	struct translation one;

	if (station_same_ends(&a, &b))
		return true;
	memset(&one, 0, sizeof one);
	one.hop = j->path->stage[near->point];
	/* the destination changed: somebody chose a server; else the source was hidden */
	one.kind = a.bytes != b.bytes || memcmp(a.server, b.server, a.bytes) != 0 ||
				   a.server_port != b.server_port
			   ? TRANSLATION_BALANCE
			   : TRANSLATION_NAT;
	one.bytes_from = a.bytes;
	one.bytes_to = b.bytes;
	memcpy(one.from_client, a.client, a.bytes);
	memcpy(one.from_server, a.server, a.bytes);
	memcpy(one.to_client, b.client, b.bytes);
	memcpy(one.to_server, b.server, b.bytes);
	one.from_server_port = a.server_port;
	one.to_server_port = b.server_port;
	one.from_client_port = a.client_port;
	one.to_client_port = b.client_port;
	return translations_add(t, &one);
}

static int translation_compare(const void *x, const void *y)
{
	const struct translation *a = x, *b = y;
	int by = memcmp(a, b, TRANSLATION_KEY);

	if (!by)
		by = (a->from_client_port > b->from_client_port) -
		     (a->from_client_port < b->from_client_port);
	return by ? by
		  : (a->to_client_port > b->to_client_port) -
			    (a->to_client_port < b->to_client_port);
}

static bool translations_gather(struct translations *t, const struct judging *j)
{
	struct station list[VIEW_POINTS_MAX];
	uint32_t k, n, count, far;

	for (k = 0; k < j->sessions->count; k++) {
		const struct session *session = &j->sessions->list[k];

		if (!session->translated)
			continue;
		count = stations_of(j, k, list);
		for (n = 0; n + 1 < count; n++)
			for (far = n + 1; far < count; far++)
				if (j->path->stage[list[far].point] ==
					    j->path->stage[list[n].point] + 1 &&
				    !translation_of(t, j, session->client_forward, &list[n],
						    &list[far]))
					return false;
	}
	if (t->count)
		qsort(t->list, t->count, sizeof *t->list, translation_compare);
	return true;
}

static enum status translation_row(struct table_writer *w, const struct judging *j,
				   const struct translation *from, uint64_t sessions,
				   struct error *err)
{
	const struct translation *last = &from[sessions - 1];
	bool from_port = true, to_port = true;
	char hop[PATH_TEXT_MAX];
	uint64_t i;

	for (i = 1; i < sessions; i++) {
		from_port &= from[i].from_client_port == last->from_client_port;
		to_port &= from[i].to_client_port == last->to_client_port;
	}
	emit_hop_name(j, from->hop, hop, sizeof hop);
	table_set_text(w, TRANSLATIONS_HOP, hop);
	table_set_text(w, TRANSLATIONS_KIND, from->kind == TRANSLATION_NAT ? "nat" : "balance");
	table_set_bytes(w, TRANSLATIONS_FROM_SRC, from->from_client, from->bytes_from);
	table_set_bytes(w, TRANSLATIONS_FROM_DST, from->from_server, from->bytes_from);
	table_set_bytes(w, TRANSLATIONS_TO_SRC, from->to_client, from->bytes_to);
	table_set_bytes(w, TRANSLATIONS_TO_DST, from->to_server, from->bytes_to);
	if (from_port)
		table_set_int(w, TRANSLATIONS_FROM_SPORT, last->from_client_port);
	if (to_port)
		table_set_int(w, TRANSLATIONS_TO_SPORT, last->to_client_port);
	table_set_int(w, TRANSLATIONS_FROM_DPORT, from->from_server_port);
	table_set_int(w, TRANSLATIONS_TO_DPORT, from->to_server_port);
	table_set_int(w, TRANSLATIONS_SESSIONS, (int64_t)sessions);
	return table_row(w, err);
}

enum status stories_write_translations(const struct judging *judging, struct store *store,
				       uint32_t generation, struct error *err)
{
	struct translations t = {0};
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_translations, &w, err);
	uint64_t from, to;

	if (!status && !translations_gather(&t, judging))
		status = error_errno(err, ENOMEM, "translations");
	for (from = 0; from < t.count && !status; from = to) {
		for (to = from; to < t.count &&
				memcmp(&t.list[to], &t.list[from], TRANSLATION_KEY) == 0;
		     to++)
			;
		status = translation_row(w, judging, &t.list[from], to - from, err);
	}
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	free(t.list);
	return status;
}
