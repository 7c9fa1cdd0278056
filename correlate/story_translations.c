/* The rows of translations.csv: what the different tuples of one session at two
 * neighbouring points say of the hop between them, and the tunnels that its packets are in at
 * one of them only.
 *
 * `from` is what the client sent and `to` what came out of the hop, whichever way
 * the client's packets travel. A mapping is all sessions with the same
 * addresses and server's ports on both sides; the client's ports are named where they
 * are the same in all of these. An ICMP echo has its identifier as the client's port.
 * Of a tunnel both sides are its outer addresses, none where the packets are not in it.
 */
#include "correlate/story.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/emit.h"
#include "correlate/results.h"
#include "correlate/story_legs.h"
#include "correlate/story_shifts.h"
#include "correlate/tunnels.h"

#define TRANSLATION_PORT_NONE UINT32_MAX /* not one port, or none at all */
#define TRANSLATIONS_FIRST 4096u /* rows before they are summed up for the first time */

struct translation_side {
	uint8_t version;         /* 0: a tunnel's side that is outside it */
	uint8_t src[16], dst[16];
	uint8_t dport[2];        /* big endian, so that bytes are in the order of numbers */
};

struct translation {
	uint8_t hop;
	struct translation_side from, to;
	uint8_t ports;           /* dport means something */
	uint8_t tunnel;
	/* not compared */
	uint32_t from_sport, to_sport;
	uint32_t sessions;
};
#define TRANSLATION_KEY offsetof(struct translation, from_sport)

struct translations {
	struct translation *list;
	uint64_t count, room;
};

/* The first that applies. */
static const char *translation_kind(const struct translation *t)
{
	if (t->tunnel)
		return "tunnel";
	if (t->from.version != t->to.version)
		return "nat64";
	/* the destination was chosen; the source may be hidden besides */
	if (memcmp(t->from.dst, t->to.dst, sizeof t->to.dst) != 0 ||
	    memcmp(t->from.dport, t->to.dport, sizeof t->to.dport) != 0)
		return "balance";
	return "nat";
}

static int translation_compare(const void *x, const void *y)
{
	return memcmp(x, y, TRANSLATION_KEY);
}

/* Sorts, and makes one row of all that are the same mapping. */
static void translations_sum_up(struct translations *t)
{
	uint64_t from, to = 0;

	if (!t->count)
		return;
	qsort(t->list, t->count, sizeof *t->list, translation_compare);
	for (from = 1; from < t->count; from++) {
		struct translation *into = &t->list[to], *one = &t->list[from];

		if (translation_compare(into, one) != 0) {
			t->list[++to] = *one;
			continue;
		}
		into->sessions += one->sessions;
		if (into->from_sport != one->from_sport)
			into->from_sport = TRANSLATION_PORT_NONE;
		if (into->to_sport != one->to_sport)
			into->to_sport = TRANSLATION_PORT_NONE;
	}
	t->count = to + 1;
}

static bool translations_grow(struct translations *t)
{
	uint64_t room = t->room ? 2 * t->room : TRANSLATIONS_FIRST;
	struct translation *grown = realloc(t->list, room * sizeof *grown);

	if (!grown)
		return false;
	t->list = grown;
	t->room = room;
	return true;
}

/* Grows only where summing up leaves it more than half full: memory is a matter of
 * the mappings, not of the sessions. */
static bool translations_add(struct translations *t, const struct translation *one)
{
	if (t->count == t->room) {
		translations_sum_up(t);
		if (2 * t->count >= t->room && !translations_grow(t))
			return false;
	}
	t->list[t->count++] = *one;
	return true;
}

static void translation_side(struct translation_side *side, const struct station_ends *ends)
{
	side->version = ends->bytes == 4 ? 4 : 6;
	memcpy(side->src, ends->client, ends->bytes);
	memcpy(side->dst, ends->server, ends->bytes);
	if (!ends->ports)
		return;
	side->dport[0] = (uint8_t)(ends->server_port >> 8);
	side->dport[1] = (uint8_t)ends->server_port;
}

/* Protocols without ports have 0 there. */
static uint32_t translation_sport(const struct station_ends *ends)
{
	return ends->ports || ends->client_port ? ends->client_port : TRANSLATION_PORT_NONE;
}

static bool translations_take(struct translations *t, const struct judging *j, bool client_forward,
			      const struct station *near, const struct station *far)
{
	struct station_ends a = station_ends(j, client_forward ? near : far);
	struct station_ends b = station_ends(j, client_forward ? far : near);
	struct translation one;

	/* the two legs of a proxied session are no translation: see story_legs.h */
	if (station_same_ends(&a, &b) || legs_end_ahead(j->legs, near->node))
		return true;
	memset(&one, 0, sizeof one);
	one.hop = j->path->stage[near->point];
	one.ports = a.ports && b.ports;
	translation_side(&one.from, &a);
	translation_side(&one.to, &b);
	one.from_sport = translation_sport(&a);
	one.to_sport = translation_sport(&b);
	one.sessions = 1;
	return translations_add(t, &one);
}

/* Where a station's client's packets were; of the server's where it has no others. */
static struct tunnel_place translation_place(const struct station *station)
{
	bool client = station->flow.packets[0] != 0;

	return (struct tunnel_place){station->point, station->flow.link[!client], !client};
}

static void translation_outer(struct translation_side *side, const struct tunnel_ends *ends)
{
	side->version = ends->version;
	memcpy(side->src, ends->src, sizeof side->src);
	memcpy(side->dst, ends->dst, sizeof side->dst);
}

static bool translations_take_tunnel(struct translations *t, const struct judging *j,
				     bool client_forward, const struct station *near,
				     const struct station *far)
{
	struct tunnel_place a = translation_place(client_forward ? near : far);
	struct tunnel_place b = translation_place(client_forward ? far : near);
	struct tunnel_ends from, to;
	struct translation one;

	if (!tunnels_between(j->view, &a, &b, &from, &to))
		return true;
	memset(&one, 0, sizeof one);
	one.hop = j->path->stage[near->point];
	one.tunnel = 1;
	translation_outer(&one.from, &from);
	translation_outer(&one.to, &to);
	one.from_sport = one.to_sport = TRANSLATION_PORT_NONE;
	one.sessions = 1;
	return translations_add(t, &one);
}

/* The translations of a session: each station against the first one of the stage before. */
static bool translations_session(struct translations *t, const struct judging *j, uint32_t number,
				 bool tunnels)
{
	bool client_forward = j->sessions->list[number].client_forward;
	bool translated = j->sessions->list[number].translated;
	struct station list[VIEW_POINTS_MAX];
	uint32_t count = stations_of(j, number, list), near = 0, far;

	for (far = 1; far < count; far++) {
		if (!stations_before(j, list, far, &near))
			continue;
		if (translated &&
		    !translations_take(t, j, client_forward, &list[near], &list[far]))
			return false;
		if (tunnels &&
		    !translations_take_tunnel(t, j, client_forward, &list[near], &list[far]))
			return false;
	}
	return true;
}

static void translation_write_side(struct table_writer *w, const struct translation_side *side,
				   bool ports, uint32_t sport, const unsigned columns[4])
{
	size_t bytes = side->version == 4 ? 4 : 16;

	if (!side->version)
		return;
	table_set_bytes(w, columns[0], side->src, bytes);
	if (sport != TRANSLATION_PORT_NONE)
		table_set_int(w, columns[1], sport);
	table_set_bytes(w, columns[2], side->dst, bytes);
	if (ports)
		table_set_int(w, columns[3], side->dport[0] << 8 | side->dport[1]);
}

static enum status translation_row(struct table_writer *w, const struct judging *j,
				   const struct translation *t, struct error *err)
{
	static const unsigned from[] = {TRANSLATIONS_FROM_SRC, TRANSLATIONS_FROM_SPORT,
					TRANSLATIONS_FROM_DST, TRANSLATIONS_FROM_DPORT};
	static const unsigned to[] = {TRANSLATIONS_TO_SRC, TRANSLATIONS_TO_SPORT,
				      TRANSLATIONS_TO_DST, TRANSLATIONS_TO_DPORT};
	char hop[2 * PATH_TEXT_MAX + 2];

	emit_hop_name(j, t->hop, hop, sizeof hop);
	table_set_text(w, TRANSLATIONS_HOP, hop);
	table_set_text(w, TRANSLATIONS_KIND, translation_kind(t));
	translation_write_side(w, &t->from, t->ports, t->from_sport, from);
	translation_write_side(w, &t->to, t->ports, t->to_sport, to);
	table_set_int(w, TRANSLATIONS_SESSIONS, t->sessions);
	return table_row(w, err);
}

enum status stories_write_translations(const struct judging *judging, struct store *store,
				       uint32_t generation, struct error *err)
{
	struct translations t = {0};
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_translations, &w, err);
	bool tunnels = tunnels_any(judging->view);
	uint64_t i;
	uint32_t k;

	for (k = 0; k < judging->sessions->count && !status; k++)
		if ((tunnels || judging->sessions->list[k].translated) &&
		    !translations_session(&t, judging, k, tunnels))
			status = error_errno(err, ENOMEM, "translations");
	translations_sum_up(&t);
	for (i = 0; i < t.count && !status; i++)
		status = translation_row(w, judging, &t.list[i], err);
	if (!status)
		status = story_shifts_write(w, judging, err);
	if (!status)
		status = story_legs_write(w, judging, err);
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	free(t.list);
	return status;
}
