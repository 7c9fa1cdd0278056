#include "report/evidence_stories.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "report/ladder_words.h"
#include "report/worst.h"

struct stories_work {
	const struct ladders *ladders;
	struct evidence_packet *packet;
	char **comment;                 /* ours */
	uint32_t packets, comments;
	uint64_t room, comment_room;
};

static enum status stories_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "evidence.pcapng");
}

/* ---- comments ---- */

static uint32_t stories_frame(const struct ladders *l, const struct dossier_sight *sight)
{
	return (uint32_t)view_get(&l->trace->view->point[sight->point], RECORD_FRAME, sight->index);
}

/* The frame, at this point, of the first retransmission that went through; 0: none. */
static uint32_t stories_retransmission(const struct ladders *l, const struct ladder_session *one,
				       uint32_t packet, uint8_t point)
{
	uint32_t i, k;

	for (i = packet + 1; i < one->dossier.packets; i++) {
		const struct dossier_packet *p = &one->dossier.packet[i];

		if (one->follow[i].repeat != LADDER_RETRANSMISSION ||
		    one->follow[i].original != packet || p->after == VERDICT_DROPPED)
			continue;
		for (k = 0; k < p->sights; k++)
			if (one->dossier.sight[p->sight + k].point == point)
				return stories_frame(l, &one->dossier.sight[p->sight + k]);
	}
	return 0;
}

/* Adds to the text; *text is freed and becomes NULL without memory. */
static void stories_append(char **text, const char *more)
{
	char *longer = NULL;

	if (*text && asprintf(&longer, "%s%s", *text, more) < 0)
		longer = NULL;
	free(*text);
	*text = longer;
}

/* The words for one note of a packet, NULL if there are none. */
static enum status stories_words(const struct ladders *l, const struct ladder_session *one, uint32_t packet,
				 enum ladder_note note, char **text, struct error *err)
{
	const struct dossier_packet *p = &one->dossier.packet[packet];
	const struct dossier_sight *last = &one->dossier.sight[p->sight + p->sights - 1];
	enum status status;
	uint32_t frame;
	char more[64];
	bool row;

	status = ladder_note(l, one, packet, note, text, &row, err);
	if (status || !*text || note != LADDER_DROP || p->after != VERDICT_DROPPED)
		return status;
	frame = stories_retransmission(l, one, packet, last->point);
	if (!frame)
		return STATUS_OK;
	snprintf(more, sizeof more, "; its retransmission, frame %u, went through", frame);
	stories_append(text, more);
	return *text ? STATUS_OK : stories_memory(err);
}

/* ---- packets ---- */

static enum status stories_add(struct stories_work *w, const struct dossier_sight *sight, char *comment,
			       struct error *err)
{
	struct evidence_packet *list = memory_room(w->packet, w->packets, &w->room, sizeof *list);
	char **comments = memory_room(w->comment, w->comments, &w->comment_room, sizeof *comments);

	w->packet = list ? list : w->packet;
	w->comment = comments ? comments : w->comment;
	if (!list || !comments) {
		free(comment);
		return stories_memory(err);
	}
	list[w->packets] = evidence_packet(w->ladders->trace, sight->point, sight->index);
	list[w->packets++].comment = comment;
	if (comment)
		comments[w->comments++] = comment;
	return STATUS_OK;
}

/* What came before the first point stands there, what came behind the last one there. */
static enum status stories_packet(struct stories_work *w, const struct ladder_session *one, uint32_t i,
				  struct error *err)
{
	const struct dossier_packet *p = &one->dossier.packet[i];
	const struct dossier_sight *sight = &one->dossier.sight[p->sight];
	enum status status = STATUS_OK;
	uint32_t k;
	int note;

	for (k = 0; k < p->sights && !status; k++)
		status = stories_add(w, &sight[k], NULL, err);
	for (note = 0; note < LADDER_NOTES && !status; note++) {
		char *text;

		status = stories_words(w->ladders, one, i, (enum ladder_note)note, &text, err);
		if (!status && text)
			status = stories_add(w, &sight[note == LADDER_DROP ? p->sights - 1u : 0], text, err);
	}
	return status;
}

static enum status stories_read(struct stories_work *w, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t k, i;

	for (k = 0; k < w->ladders->count; k++)
		for (i = 0; i < w->ladders->list[k].dossier.packets && !status; i++)
			status = stories_packet(w, &w->ladders->list[k], i, err);
	return status;
}

/* ---- sessions ---- */

/* The sessions, ascending; the caller frees. `text` says which they are. */
static enum status stories_choose(const struct evidence_stories *stories, struct store_txn *txn,
				  uint32_t **session, uint32_t *count, char *text, size_t room,
				  struct error *err)
{
	struct worst worst = {0};
	enum status status = worst_find(&worst, txn, stories->match, EVIDENCE_SESSIONS_MAX,
					err);
	uint64_t all = stories->match ? worst.sessions : worst.bad;

	if (status)
		return status;
	/* a packet is at several points */
	*session = worst_ascending(&worst, EVIDENCE_SESSIONS_MAX, EVIDENCE_PACKETS_MAX / 4,
				   !stories->match, count);
	worst_free(&worst);
	if (!*session)
		return stories_memory(err);
	snprintf(text, room, "%s: %u of %llu%s",
		 stories->match ? "sessions that --filter takes"
				: "sessions that are not ok, or with a packet dropped, injected or reset",
		 *count, (unsigned long long)all,
		 *count < all ? ", the worst, some of every kind" : "");
	return STATUS_OK;
}

static enum status stories_one(uint64_t number, uint32_t **session, uint32_t *count, char *text,
			       size_t room, struct error *err)
{
	*session = malloc(sizeof **session);
	if (!*session)
		return stories_memory(err);
	**session = number - 1 < UINT32_MAX ? (uint32_t)(number - 1) : UINT32_MAX - 1;
	*count = 1;
	snprintf(text, room, "session %llu", (unsigned long long)number);
	return STATUS_OK;
}

static void stories_free(struct stories_work *w)
{
	uint32_t i;

	for (i = 0; i < w->comments; i++)
		free(w->comment[i]);
	free(w->comment);
	free(w->packet);
}

enum status evidence_write_stories(struct output *output, struct store_txn *txn,
				   const struct evidence_stories *stories,
				   const struct evidence_options *options,
				   struct evidence_result *result, struct error *err)
{
	struct evidence_options all = *options;
	struct ladders *ladders = NULL;
	struct stories_work work = {NULL};
	uint32_t *session = NULL, count = 0;
	enum status status;
	char text[160];

	*result = (struct evidence_result){0};
	status = stories->session ? stories_one(stories->session, &session, &count, text, sizeof text, err)
				  : stories_choose(stories, txn, &session, &count, text, sizeof text, err);
	if (!status)
		status = ladders_open(&ladders, txn, session, count, err);
	work.ladders = ladders;
	if (!status)
		status = stories_read(&work, err);
	all.comment = text;
	if (!status)
		status = ladders->trace ? evidence_write(output, ladders->trace, work.packet,
							 work.packets, &all, result, err)
					: evidence_write_none(output, text, err);
	stories_free(&work);
	ladders_close(&ladders);
	free(session);
	return status;
}
