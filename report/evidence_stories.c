#include "report/evidence_stories.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "report/ladder_words.h"

struct stories_work {
	const struct ladders *ladders;
	struct evidence_packet *packet;
	char **comment;                 /* ours */
	uint32_t packets, comments;
	uint64_t room, comment_room;
	uint32_t left;                  /* sights that have room */
	uint64_t left_out;              /* sights that had none */
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

/* ---- sessions ---- */

/* Those that are to be told, by turn; NULL without memory. The caller frees. */
static const struct ladder_session **stories_order(const struct stories *stories, uint32_t *count)
{
	const struct worst *worst = &stories->worst;
	const struct ladders *l = stories->ladders;
	const struct ladder_session **list = calloc((size_t)l->count + 1, sizeof *list), *one;
	uint32_t *turn = worst_by_turn(worst), i;

	*count = 0;
	if (!worst->count && l->count && list)
		list[(*count)++] = l->list; /* the one that was asked for */
	for (i = 0; list && turn && i < worst->count; i++) {
		one = stories_ladder(stories, worst->list[turn[i]].session);
		if (one && (stories->filtered || worst->list[turn[i]].bad))
			list[(*count)++] = one;
	}
	if (!turn) {
		free(list);
		list = NULL;
	}
	free(turn);
	return list;
}

static uint32_t stories_sights(const struct ladder_session *one)
{
	uint32_t i, sights = 0;

	for (i = 0; i < one->dossier.packets; i++)
		sights += one->dossier.packet[i].sights;
	return sights;
}

/* As many of its packets, in the order of time, as have room. */
static enum status stories_session(struct stories_work *w, const struct ladder_session *one,
				   struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t i;

	for (i = 0; i < one->dossier.packets && !status; i++) {
		if (one->dossier.packet[i].sights > w->left)
			break;
		w->left -= one->dossier.packet[i].sights;
		status = stories_packet(w, one, i, err);
	}
	return status;
}

/* Whole sessions, the worst first, while there is room; of one that is greater than all room a
 * part. *taken becomes their number. */
static enum status stories_read(struct stories_work *w, const struct stories *stories, uint32_t *taken,
				struct error *err)
{
	uint32_t count, k;
	const struct ladder_session **order = stories_order(stories, &count);
	enum status status = order ? STATUS_OK : stories_memory(err);
	bool full = false;

	*taken = 0;
	for (k = 0; k < count && !status; k++) {
		uint32_t sights = stories_sights(order[k]), left = w->left;

		full = full || (k && sights > left);
		if (!full) {
			status = stories_session(w, order[k], err);
			++*taken;
		}
		w->left_out += sights - (left - w->left);
	}
	free(order);
	return status;
}

/* Which sessions they are. */
static void stories_say(const struct stories *stories, uint32_t taken, char *text, size_t room)
{
	uint64_t all = stories->filtered ? stories->worst.sessions : stories->worst.bad;

	if (!all && taken == 1) {
		snprintf(text, room, "session %u", stories->ladders->list[0].session + 1);
		return;
	}
	snprintf(text, room, "%s: %u of %llu%s",
		 stories->filtered ? "sessions that --filter takes"
				   : "sessions failed, aborted or degraded, or with a packet dropped, injected or reset",
		 taken, (unsigned long long)all, taken < all ? ", the worst, some of every kind" : "");
}

static void stories_free(struct stories_work *w)
{
	uint32_t i;

	for (i = 0; i < w->comments; i++)
		free(w->comment[i]);
	free(w->comment);
	free(w->packet);
}

enum status evidence_write_stories(struct output *output, const struct stories *stories,
				   const struct evidence_options *options,
				   struct evidence_result *result, struct error *err)
{
	struct evidence_options all = *options;
	struct stories_work work = {.ladders = stories->ladders, .left = EVIDENCE_PACKETS_MAX};
	enum status status;
	uint32_t taken;
	char text[160];

	*result = (struct evidence_result){0};
	status = stories_read(&work, stories, &taken, err);
	stories_say(stories, taken, text, sizeof text);
	all.comment = text;
	all.chosen = true;
	all.left_out = work.left_out;
	if (!status)
		status = work.ladders->trace ? evidence_write(output, work.ladders->trace, work.packet,
							      work.packets, &all, result, err)
					     : evidence_write_none(output, text, err);
	result->sessions = taken;
	stories_free(&work);
	return status;
}
