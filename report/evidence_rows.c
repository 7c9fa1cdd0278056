#include "report/evidence_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/clock.h"
#include "correlate/results.h"
#include "report/filter_rows.h"
#include "report/ladders.h"
#include "report/word_list.h"

/* The verdicts whose packets have rows. */
static const struct evidence_verdict {
	const char *name, *sheet;
} evidence_verdicts[] = {
	{"dropped", "drops"},
	{"injected", "injected"},
};
#define EVIDENCE_VERDICTS (sizeof evidence_verdicts / sizeof evidence_verdicts[0])

/* Where a capture's records lie in its point. */
struct rows_capture {
	uint32_t first_block, blocks;
};

struct rows_work {
	struct trace *trace;
	struct rows_capture *capture;   /* as view->capture */
	struct evidence_packet *packet; /* the first EVIDENCE_PACKETS_MAX; their comments are ours */
	uint32_t packets;
	uint64_t room, total;
};

static enum status rows_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "--format pcapng");
}

/* ---- --verdict ---- */

static bool verdicts_have(const char *verdicts, const char *name)
{
	struct list_word word;

	while (list_next(&verdicts, &word))
		if (list_word_is(&word, name))
			return true;
	return false;
}

enum status evidence_check_verdicts(const char *verdicts, struct error *err)
{
	struct list_word word;
	size_t i;

	while (list_next(&verdicts, &word)) {
		for (i = 0; i < EVIDENCE_VERDICTS; i++)
			if (list_word_is(&word, evidence_verdicts[i].name))
				break;
		if (i == EVIDENCE_VERDICTS)
			return error_set(err, STATUS_USAGE,
					 "--verdict: \"%.*s\" is none of dropped, injected",
					 (int)word.length, word.text);
	}
	return STATUS_OK;
}

/* ---- a row's record ---- */

static bool rows_index(struct rows_work *w)
{
	const struct view *view = w->trace->view;
	uint32_t p, b;

	w->capture = calloc((size_t)view->captures + 1, sizeof *w->capture);
	if (!w->capture)
		return false;
	for (p = 0; p < view->points; p++)
		for (b = 0; b < view->point[p].blocks; b++) {
			struct rows_capture *c = &w->capture[view->point[p].block[b].capture];

			if (!c->blocks++)
				c->first_block = b;
		}
	return true;
}

/* The index of a frame's record, by halves: records are in the order of the file. */
static bool rows_find(const struct view_point *point, const struct rows_capture *c, uint32_t frame,
		      uint32_t *index)
{
	uint32_t low = 0, high = c->blocks << VIEW_BLOCK_SHIFT;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2, block = middle >> VIEW_BLOCK_SHIFT;
		uint32_t at = (c->first_block << VIEW_BLOCK_SHIFT) + middle;

		if ((middle & VIEW_ROW_MASK) < point->block[c->first_block + block].chunk.rows &&
		    view_get(point, RECORD_FRAME, at) < frame)
			low = middle + 1;
		else
			high = middle;
	}
	*index = (c->first_block << VIEW_BLOCK_SHIFT) + low;
	return low < c->blocks << VIEW_BLOCK_SHIFT &&
	       (low & VIEW_ROW_MASK) <
		       point->block[c->first_block + (low >> VIEW_BLOCK_SHIFT)].chunk.rows &&
	       view_get(point, RECORD_FRAME, *index) == frame;
}

/* A row names point, file and frame. Files of a point may have one name, in different
 * folders: time tells. */
static bool rows_locate(const struct rows_work *w, const struct cell *cell,
			struct evidence_packet *packet)
{
	const struct view *view = w->trace->view;
	uint32_t p = view_point_named(view, cell[PACKETS_SEEN_AT].text), k, index;
	uint64_t best_ns = UINT64_MAX;

	for (k = 0; p < view->points && k < view->point[p].captures; k++) {
		uint32_t c = view->point[p].first_capture + k;
		struct evidence_packet one;
		uint64_t apart_ns;

		if (strcmp(view->capture[c].file, cell[PACKETS_FILE].text) != 0 ||
		    !rows_find(&view->point[p], &w->capture[c],
			       (uint32_t)cell[PACKETS_FRAME].number, &index))
			continue;
		one = evidence_packet(w->trace, p, index);
		apart_ns = clock_apart(one.time_ns, cell[PACKETS_TIME].number);
		if (apart_ns < best_ns) {
			best_ns = apart_ns;
			*packet = one;
		}
	}
	return best_ns < UINT64_MAX;
}

/* ---- rows ---- */

static enum status rows_take(struct rows_work *w, const char *verdict, const struct cell *cell,
			     struct error *err)
{
	struct evidence_packet packet, *list;
	char *comment;

	if (w->total++ >= EVIDENCE_PACKETS_MAX)
		return STATUS_OK;
	if (!rows_locate(w, cell, &packet))
		return error_set(err, STATUS_INPUT,
				 "the store holds other captures than its results tell of: run "
				 "crosstap-correlate again");
	list = memory_room(w->packet, w->packets, &w->room, sizeof *list);
	comment = list ? ladder_packet_sentence(verdict, cell) : NULL;
	w->packet = list ? list : w->packet;
	if (!comment)
		return rows_memory(err);
	packet.comment = comment;
	w->packet[w->packets++] = packet;
	return STATUS_OK;
}

static enum status rows_read(struct rows_work *w, const struct evidence_verdict *verdict,
			     const struct evidence_choice *choice, struct store_txn *txn,
			     struct error *err)
{
	struct rows *rows = NULL;
	enum status status = filter_rows_open(&rows, sheet_find(verdict->sheet), choice->match,
					      txn, err);
	bool more = true;

	while (!status) {
		const struct cell *cell;

		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		cell = rows_cells(rows);
		if (!choice->session ||
		    (cell[PACKETS_SESSION].known &&
		     (uint64_t)cell[PACKETS_SESSION].number == choice->session))
			status = rows_take(w, verdict->name, cell, err);
	}
	rows_close(&rows);
	return status;
}

/* ---- the whole ---- */

static enum status rows_write(struct rows_work *w, struct output *output,
			      const struct evidence_choice *choice,
			      const struct evidence_options *options,
			      struct evidence_result *result, struct error *err)
{
	bool dropped = verdicts_have(choice->verdicts, "dropped");
	bool injected = verdicts_have(choice->verdicts, "injected");
	struct evidence_options all = *options;
	char comment[64];

	snprintf(comment, sizeof comment, "packets that a hop %s%s%s", dropped ? "dropped" : "",
		 dropped && injected ? " or " : "", injected ? "injected" : "");
	all.comment = comment;
	return evidence_write(output, w->trace, w->packet,
			      w->total < UINT32_MAX ? (uint32_t)w->total : UINT32_MAX, &all,
			      result, err);
}

enum status evidence_write_rows(struct output *output, struct store_txn *txn,
				const struct evidence_choice *choice,
				const struct evidence_options *options,
				struct evidence_result *result, struct error *err)
{
	struct rows_work w = {NULL};
	enum status status = trace_open_clocks(&w.trace, txn, err);
	size_t i;

	*result = (struct evidence_result){0};
	if (!status && choice->session)
		status = ladders_check_session(txn, choice->session, err);
	if (!status && !rows_index(&w))
		status = rows_memory(err);
	for (i = 0; i < EVIDENCE_VERDICTS && !status; i++)
		if (verdicts_have(choice->verdicts, evidence_verdicts[i].name))
			status = rows_read(&w, &evidence_verdicts[i], choice, txn, err);
	if (!status)
		status = rows_write(&w, output, choice, options, result, err);
	for (i = 0; i < w.packets; i++)
		free((char *)w.packet[i].comment);
	free(w.packet);
	free(w.capture);
	trace_close(&w.trace);
	return status;
}
