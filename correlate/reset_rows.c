#include <stdio.h>

#include "correlate/emit.h"
#include "correlate/reset_cause.h"
#include "correlate/results.h"

static void reset_points_seen(const struct reset *one, const struct judging *j, char *text,
			      size_t room)
{
	uint32_t s, k;
	size_t n = 0;

	text[0] = 0;
	for (s = 0; s < j->path->stages; s++)
		for (k = 0; k < j->path->points[s] && n < room; k++) {
			uint32_t p = j->path->point[s][k];

			if (one->points >> p & 1)
				n += (size_t)snprintf(text + n, room - n, "%s%s", n ? "," : "",
						      j->view->point[p].name);
		}
}

static enum status reset_row(struct table_writer *w, const struct resets *resets, uint64_t number,
			     const struct judging *j, struct error *err)
{
	static const char *const verdicts[] = {"injected", "endpoint", "unknown"};
	const struct reset *one = &resets->list[number];
	const struct capture_flow *flow = &j->view->flow[one->way >> 1];
	const struct view_point *point = &j->view->point[one->point];
	bool back = one->way & 1;
	size_t bytes = flow->version == 4 ? 4 : 16;
	char text[PATH_TEXT_MAX];
	struct words words;

	table_set_int(w, RESETS_SESSION, (int64_t)one->session + 1);
	table_set_int(w, RESETS_TIME, one->time_ns);
	if (one->hop != UINT8_MAX) {
		emit_hop_name(j, one->hop, text, sizeof text);
		table_set_text(w, RESETS_HOP, text);
		table_set_text(w, RESETS_ORIGIN, text);
	} else if (one->verdict == RESET_ENDPOINT) {
		table_set_text(w, RESETS_ORIGIN, one->from_client ? "client" : "server");
	}
	table_set_text(w, RESETS_DIRECTION, hop_direction_name(one->direction));
	table_set_text(w, RESETS_FIRST_SEEN_AT, j->view->point[one->point].name);
	reset_points_seen(one, j, text, sizeof text);
	table_set_text(w, RESETS_POINTS_SEEN, text);
	table_set_bytes(w, RESETS_SRC, back ? flow->b : flow->a, bytes);
	table_set_bytes(w, RESETS_DST, back ? flow->a : flow->b, bytes);
	table_set_int(w, RESETS_SPORT, back ? flow->b_port : flow->a_port);
	table_set_int(w, RESETS_DPORT, back ? flow->a_port : flow->b_port);
	/* as they are there, whatever the numbers of the points before */
	table_set_int(w, RESETS_TCP_SEQ, view_get(point, RECORD_SEQ, one->index));
	table_set_int(w, RESETS_TCP_ACK, view_get(point, RECORD_ACK, one->index));
	table_set_int(w, RESETS_TTL, one->ttl);
	table_set_text(w, RESETS_VERDICT, verdicts[one->verdict]);
	table_set_text(w, RESETS_CAUSE, reset_cause_name(one->cause));
	table_set_real(w, RESETS_CONFIDENCE, one->confidence / 100.0);
	words_begin(&words);
	reset_say(&words, resets, j, number);
	table_set_text(w, RESETS_EVIDENCE, words.text);
	return table_row(w, err);
}

enum status resets_write(const struct resets *resets, const struct judging *judging,
			 struct store *store, uint32_t generation, struct error *err)
{
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_resets, &w, err);
	uint64_t i;

	for (i = 0; i < resets->count && !status; i++)
		status = reset_row(w, resets, i, judging, err);
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	return status;
}
