/* The ladders' data: what the page's script draws them from. Each packet says where it was
 * seen and when, what becomes of it beyond, and what is said of it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/html.h"
#include "report/ladder_words.h"
#include "report/page.h"
#include "report/page_data.h"

#define LADDER_FIRST 30u /* packets at the beginning that are shown before others, */
#define LADDER_LAST 15u  /* at the end, */
#define LADDER_AROUND 2u /* and around one of which there is something to say */

/* ---- which packets are shown ---- */

static bool ladder_is_odd(const struct page *page, const struct ladder_session *one, uint32_t i)
{
	const struct dossier_packet *p = &one->dossier.packet[i];
	const uint16_t marked = PACKET_TCP_SYN | PACKET_TCP_FIN | PACKET_TCP_RST;

	return ladder_verdict(page->stories->ladders, p->before, p->before_hop)->behind ||
	       ladder_verdict(page->stories->ladders, p->after, p->after_hop)->ahead ||
	       one->follow[i].repeat != LADDER_NEW || (one->dossier.proto == 6 && p->flags & marked);
}

/* Marks up to `room` packets: the odd ones, those around them and at both ends, then the rest. */
static uint32_t ladder_choose(const struct page *page, const struct ladder_session *one, bool *shown,
			      uint32_t room)
{
	uint32_t packets = one->dossier.packets, chosen = 0, pass, i, k;

	for (pass = 0; pass < 3; pass++)
		for (i = 0; i < packets && chosen < room; i++) {
			bool near = i < LADDER_FIRST || i + LADDER_LAST >= packets;

			for (k = i > LADDER_AROUND ? i - LADDER_AROUND : 0;
			     pass == 1 && !near && k < packets && k <= i + LADDER_AROUND; k++)
				near = ladder_is_odd(page, one, k);
			if (shown[i] || (pass == 0 && !ladder_is_odd(page, one, i)) || (pass == 1 && !near))
				continue;
			shown[i] = true;
			chosen++;
		}
	return chosen;
}

/* ---- one packet ---- */

static void ladder_sights(const struct page *page, const struct ladder_session *one,
			  const struct dossier_packet *p)
{
	const struct dossier_sight *s = &one->dossier.sight[p->sight];
	uint32_t k;

	fputs(",\"s\":[", page->stream);
	for (k = 0; k < p->sights; k++)
		fprintf(page->stream, "%s[%u,%" PRId64 ",%" PRId64 "]", k ? "," : "", s[k].stage,
			s[k].time_ns - p->time_ns,
			view_get(&page->stories->ladders->trace->view->point[s[k].point], RECORD_FRAME, s[k].index));
	fputs("]", page->stream);
}

static void ladder_mark(FILE *stream, const char *key, char mark, uint8_t hop)
{
	if (mark)
		fprintf(stream, ",\"%s\":[\"%c\",%u]", key, mark, hop);
}

static enum status ladder_notes(const struct page *page, const struct ladder_session *one, uint32_t i,
				struct error *err)
{
	static const struct {
		enum ladder_note note;
		char class;
	} notes[] = {{LADDER_INJECTION, 'i'}, {LADDER_DROP, 'd'}, {LADDER_RESET, 'r'}};
	enum status status = STATUS_OK;
	bool some = false;
	size_t k;

	for (k = 0; k < sizeof notes / sizeof notes[0] && !status; k++) {
		char *text;
		bool row;

		status = ladder_note(page->stories->ladders, one, i, notes[k].note, &text, &row, err);
		if (status || !text)
			continue;
		fprintf(page->stream, "%s[\"%c\",", some ? "," : ",\"n\":[", row ? notes[k].class : 'o');
		if (!html_json(page->stream, text))
			status = page_memory(err);
		fputs("]", page->stream);
		some = true;
		free(text);
	}
	fputs(some ? "]" : "", page->stream);
	return status;
}

static enum status ladder_packet(const struct page *page, const struct ladder_session *one, uint32_t i,
				 uint32_t skipped, struct error *err)
{
	const struct dossier_packet *p = &one->dossier.packet[i];
	char words[LADDER_WORDS_ROOM], repeat[LADDER_WORDS_ROOM];
	bool ok;

	ladder_describe(one, i, words);
	ladder_repeat(one, i, repeat);
	fprintf(page->stream, "{\"t\":%" PRId64 ",\"f\":%d,\"w\":", p->time_ns - one->begin_ns, p->forward);
	ok = html_json(page->stream, words);
	ladder_sights(page, one, p);
	ladder_mark(page->stream, "b", ladder_verdict(page->stories->ladders, p->before, p->before_hop)->behind,
		    p->before_hop);
	ladder_mark(page->stream, "e", ladder_verdict(page->stories->ladders, p->after, p->after_hop)->ahead,
		    p->after_hop);
	if (*repeat) {
		fputs(",\"r\":", page->stream);
		ok = ok && html_json(page->stream, repeat);
	}
	if (skipped)
		fprintf(page->stream, ",\"k\":%u", skipped);
	if (!ok)
		return page_memory(err);
	if (ladder_notes(page, one, i, err))
		return STATUS_SYSTEM;
	fputs("}", page->stream);
	return STATUS_OK;
}

/* ---- one session ---- */

static bool ladder_points(const struct page *page, const struct ladder_session *one)
{
	const struct path *path = &page->stories->ladders->trace->path;
	uint32_t stage, k, some = 0;
	bool ok = true;

	fputs(",\"points\":[", page->stream);
	for (stage = 0; stage < path->stages; stage++)
		for (k = 0; k < path->points[stage] && ok; k++) {
			uint32_t p = path->point[stage][k];
			const struct ladder_point *point = &one->facts->point[p];

			fputs(some++ ? ",[" : "[", page->stream);
			ok = html_json(page->stream, page->stories->ladders->trace->view->point[p].name);
			fputs(",", page->stream);
			ok = ok && html_json(page->stream, point->tuple ? point->tuple : "");
			fputs(",", page->stream);
			ok = ok && html_json(page->stream, point->difference ? point->difference : "");
			fputs("]", page->stream);
		}
	fputs("]", page->stream);
	return ok;
}

static bool ladder_says(const struct page *page, const struct ladder_session *one)
{
	static const struct {
		const char *key;
		uint8_t column;
	} says[] = {
		{"proto", SESSIONS_PROTO}, {"outcome", SESSIONS_OUTCOME}, {"cause", SESSIONS_CAUSE},
		{"hop", SESSIONS_HOP}, {"state", SESSIONS_STATE}, {"start", SESSIONS_START},
		{"lasts", SESSIONS_DURATION}, {"name", SESSIONS_NAME},
	};
	bool ok = true;
	size_t i;

	for (i = 0; i < sizeof says / sizeof says[0] && ok; i++) {
		fprintf(page->stream, "%s\"%s\":", i ? "," : "", says[i].key);
		ok = html_json(page->stream, one->facts->value[says[i].column]);
	}
	return ok && ladder_points(page, one);
}

static enum status ladder_session(const struct page *page, const struct ladder_session *one,
				  uint32_t *room, struct error *err)
{
	uint32_t most = *room < PAGE_LADDER_MAX ? *room : PAGE_LADDER_MAX, skipped = 0, written = 0, i;
	const struct dossier *d = &one->dossier;
	bool *shown = calloc((size_t)d->packets + 1, sizeof *shown);
	enum status status = STATUS_OK;

	if (!shown)
		return page_memory(err);
	*room -= ladder_choose(page, one, shown, most);
	fprintf(page->stream, "\"%u\":{", one->session + 1);
	if (!ladder_says(page, one))
		status = page_memory(err);
	fputs(",\"p\":[", page->stream);
	for (i = 0; i < d->packets && !status; i++) {
		if (d->left_out && i == DOSSIER_PACKETS_MAX / 2)
			skipped += d->left_out;
		if (!shown[i]) {
			skipped++;
			continue;
		}
		fputs(written++ ? ",\n" : "\n", page->stream);
		status = ladder_packet(page, one, i, skipped, err);
		skipped = 0;
	}
	fprintf(page->stream, "],\"k\":%u}", skipped);
	free(shown);
	return status;
}

/* ---- all ---- */

static bool ladder_list(const struct page *page, const char *key, char *const *name, uint32_t count)
{
	uint32_t i;
	bool ok = true;

	fprintf(page->stream, "\"%s\":[", key);
	for (i = 0; i < count && ok; i++) {
		fputs(i ? "," : "", page->stream);
		ok = html_json(page->stream, name[i]);
	}
	fputs("],", page->stream);
	return ok;
}

enum status page_data(struct page *page, struct error *err)
{
	const struct ladders *l = page->stories->ladders;
	uint32_t stages = l->trace ? l->trace->path.stages : 0, room = PAGE_SHOWN_MAX, i;
	uint32_t *place = worst_by_turn(&page->stories->worst);
	enum status status = STATUS_OK;
	bool some = false;

	fputs("<script type=\"application/json\" id=\"ladders\">{", page->stream);
	if (!place || (stages && (!ladder_list(page, "stages", l->names->stage, stages) ||
				  !ladder_list(page, "hops", l->names->hop, stages - 1))))
		status = page_memory(err);
	fputs("\"clocked\":[", page->stream);
	for (i = 0; i + 1 < stages; i++)
		fprintf(page->stream, "%s%d", i ? "," : "", l->clocks.known[i]);
	fputs("],\"sessions\":{\n", page->stream);
	/* Some of every kind have their share of the room first. */
	for (i = 0; i < page->stories->worst.count && !status; i++) {
		uint32_t session = page->stories->worst.list[place[i]].session;
		const struct ladder_session *one = stories_ladder(page->stories, session);

		if (!one)
			continue;
		fputs(some ? ",\n" : "", page->stream);
		some = true;
		status = ladder_session(page, one, &room, err);
	}
	fputs("}}</script>\n", page->stream);
	free(place);
	return status;
}
