#include "correlate/story_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/dictionary.h"
#include "collect/memory.h"
#include "collect/packet.h"

/* Kinds: RFC 9293 3.1, RFC 7323 2.2 and 3.2, RFC 2018 2. */
enum { OPTION_END, OPTION_NOTHING, OPTION_SCALE = 3, OPTION_SACK_PERMITTED, OPTION_TIMESTAMPS = 8 };

struct options_reading {
	const struct judging *j;
	uint8_t **kinds;         /* by capture and entry of its dictionary: enum story_option */
	uint32_t *count;         /* entries by capture */
	struct story_stripped *stripped;
};

static uint8_t option_bit(uint8_t kind)
{
	return kind == OPTION_SCALE	       ? STORY_WINDOW_SCALE
	       : kind == OPTION_SACK_PERMITTED ? STORY_SACK
	       : kind == OPTION_TIMESTAMPS     ? STORY_TIMESTAMPS
					       : 0;
}

static uint8_t option_kinds(const uint8_t *bytes, uint32_t size)
{
	uint8_t kinds = 0;
	uint32_t at = 0;

	while (at < size && bytes[at] != OPTION_END) {
		kinds |= option_bit(bytes[at]);
		if (bytes[at] == OPTION_NOTHING) {
			at++;
			continue;
		}
		if (at + 1 >= size || bytes[at + 1] < 2)
			break;
		at += bytes[at + 1];
	}
	return kinds;
}

static enum status options_read(struct options_reading *r, uint32_t capture, struct error *err)
{
	struct capture_entries entries;
	enum status status = capture_entries_open(r->j->view->txn, &r->j->view->capture[capture],
						  CAPTURE_OPTIONS, &entries, err);
	uint32_t i, size;

	if (status)
		return status;
	r->kinds[capture] = malloc((size_t)entries.count + 1);
	if (!r->kinds[capture])
		status = error_errno(err, ENOMEM, "TCP options");
	for (i = 0; !status && i < entries.count; i++) {
		const uint8_t *bytes = capture_entry(&entries, i, &size);

		r->kinds[capture][i] = option_kinds(bytes, size);
	}
	r->count[capture] = entries.count;
	capture_entries_close(&entries);
	return status;
}

/* False: nobody can tell, since the capture cut it, or its dictionary was full. */
static bool options_of(const struct options_reading *r, uint32_t p, uint32_t index, uint8_t *kinds)
{
	const struct view_point *point = &r->j->view->point[p];
	uint32_t capture = point->block[index >> VIEW_BLOCK_SHIFT].capture;
	uint32_t entry = (uint32_t)view_get(point, RECORD_OPTIONS, index);

	if (entry >= r->count[capture] || entry == DICTIONARY_OTHER ||
	    (view_get(point, RECORD_MARKS, index) & PACKET_TRUNCATED))
		return false;
	*kinds = r->kinds[capture][entry];
	return true;
}

/* A SYN here and at the next point of its journey, which lies farther along the path. */
static void options_compare(struct options_reading *r, uint32_t p, uint32_t index, uint32_t way)
{
	const struct judging *j = r->j;
	struct story_stripped *s = &r->stripped[j->sessions->of_node[way >> 1]];
	uint8_t here, there, gone;

	if (j->path->stage[j->journeys->next_point[p][index]] != j->path->stage[p] + 1u ||
	    !options_of(r, p, index, &here) ||
	    !options_of(r, j->journeys->next_point[p][index], j->journeys->next[p][index], &there))
		return;
	gone = (uint8_t)(sessions_forward(j->sessions, way) ? here & ~there : there & ~here);
	if (!gone)
		return;
	if (!s->options || j->path->stage[p] < s->hop)
		s->hop = j->path->stage[p];
	s->options |= gone;
}

static void options_scan(struct options_reading *r, uint32_t p)
{
	const uint8_t *marks = r->j->journeys->marks[p];
	uint32_t way[VIEW_BATCH], i;
	uint16_t flags[VIEW_BATCH];
	struct view_batch batch;

	view_first(&batch, &r->j->view->point[p]);
	while (view_next(&batch)) {
		view_read_16(&batch, RECORD_FLAGS, flags);
		if (!(view_union(flags, batch.rows) & PACKET_TCP_SYN))
			continue; /* most batches: nothing else needs reading */
		view_read_ways(&batch, way);
		for (i = 0; i < batch.rows; i++)
			if ((flags[i] & PACKET_TCP_SYN) && way[i] != VIEW_NO_WAY &&
			    (marks[batch.index[i]] & (JOURNEY_NEXT | JOURNEY_COPY)) ==
				    JOURNEY_NEXT &&
			    r->j->view->flow[way[i] >> 1].proto == 6)
				options_compare(r, p, batch.index[i], way[i]);
	}
}

static bool options_anything(const struct options_reading *r)
{
	uint32_t i;

	for (i = 0; i < r->j->sessions->count; i++)
		if (r->stripped[i].options)
			return true;
	return false;
}

enum status story_options_find(struct story_stripped **out, const struct judging *j,
			       struct error *err)
{
	struct options_reading r = {.j = j};
	enum status status = STATUS_OK;
	uint32_t c, p;

	*out = NULL;
	r.kinds = calloc((size_t)j->view->captures + 1, sizeof *r.kinds);
	r.count = calloc((size_t)j->view->captures + 1, sizeof *r.count);
	r.stripped = memory_zeroed((size_t)j->sessions->count + 1, sizeof *r.stripped);
	if (!r.kinds || !r.count || !r.stripped)
		status = error_errno(err, ENOMEM, "TCP options");
	for (c = 0; !status && c < j->view->captures; c++)
		status = options_read(&r, c, err);
	for (p = 0; !status && p < j->view->points; p++)
		if (j->path->stage[p] != PATH_OFF)
			options_scan(&r, p);
	if (!status && options_anything(&r)) {
		*out = r.stripped;
		r.stripped = NULL;
	}
	for (c = 0; r.kinds && c < j->view->captures; c++)
		free(r.kinds[c]);
	free(r.kinds);
	free(r.count);
	free(r.stripped);
	return status;
}
