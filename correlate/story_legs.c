#include "correlate/story_legs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/emit.h"
#include "correlate/results.h"

/* All exchanges of one client's connection over one server's. */
struct leg_row {
	int64_t first_ns;         /* the client's connection began; reference time */
	const struct view *view;
	const struct leg_pair *pair;
	uint64_t exchanges;
	int64_t request_ns, response_ns; /* the middle of what the proxy took; INT64_MIN: not known */
	uint8_t confidence;       /* of the least sure */
};

/* By what the flow is and where it was seen: nodes' numbers come from the order of the inputs. */
static int leg_node_compare(const struct view *view, uint32_t a, uint32_t b)
{
	const struct capture_flow *x = &view->flow[a], *y = &view->flow[b];
	int by = memcmp(x->a, y->a, sizeof x->a);

	if (!by)
		by = memcmp(x->b, y->b, sizeof x->b);
	if (!by)
		by = x->a_port != y->a_port ? x->a_port - y->a_port : x->b_port - y->b_port;
	if (!by)
		by = strcmp(view->point[view->node_point[a]].name, view->point[view->node_point[b]].name);
	return by ? by : (a > b) - (a < b);
}

static int leg_row_compare(const void *x, const void *y)
{
	const struct leg_row *a = x, *b = y;
	int by;

	if (a->pair->hop != b->pair->hop)
		return a->pair->hop - b->pair->hop;
	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	by = leg_node_compare(a->view, a->pair->front, b->pair->front);
	return by ? by : leg_node_compare(a->view, a->pair->back, b->pair->back);
}

static int leg_pair_compare(const void *x, const void *y)
{
	const struct leg_pair *a = x, *b = y;

	if (a->front != b->front)
		return a->front < b->front ? -1 : 1;
	if (a->back != b->back)
		return a->back < b->back ? -1 : 1;
	return (a->back_number > b->back_number) - (a->back_number < b->back_number);
}

static int leg_time_compare(const void *x, const void *y)
{
	const int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return (a > b) - (a < b);
}

/* The lower middle of what is known. */
static int64_t leg_middle(const struct leg_pair *list, uint64_t n, bool response, int64_t *room)
{
	uint64_t i, known = 0;

	for (i = 0; i < n; i++) {
		int64_t one = response ? list[i].response_ns : list[i].request_ns;

		if (one != INT64_MIN)
			room[known++] = one;
	}
	if (!known)
		return INT64_MIN;
	qsort(room, known, sizeof *room, leg_time_compare);
	return room[(known - 1) / 2];
}

static void leg_set_side(struct table_writer *w, const struct judging *j, uint32_t node, unsigned column)
{
	const struct capture_flow *flow = &j->view->flow[node];
	bool b = j->sessions->client_direction[node];
	uint8_t bytes = flow->version == 4 ? 4 : 16;

	table_set_bytes(w, column, b ? flow->b : flow->a, bytes);
	table_set_int(w, column + 1, b ? flow->b_port : flow->a_port);
	table_set_bytes(w, column + 2, b ? flow->a : flow->b, bytes);
	table_set_int(w, column + 3, b ? flow->a_port : flow->b_port);
}

static enum status leg_write(struct table_writer *w, const struct judging *j, const struct leg_row *row,
			     struct error *err)
{
	char hop[2 * PATH_TEXT_MAX + 2];

	emit_hop_name(j, row->pair->hop, hop, sizeof hop);
	table_set_text(w, TRANSLATIONS_HOP, hop);
	table_set_text(w, TRANSLATIONS_KIND, "proxy");
	leg_set_side(w, j, row->pair->front, TRANSLATIONS_FROM_SRC);
	leg_set_side(w, j, row->pair->back, TRANSLATIONS_TO_SRC);
	table_set_int(w, TRANSLATIONS_SESSIONS, (int64_t)row->exchanges);
	table_set_real(w, TRANSLATIONS_CONFIDENCE, row->confidence / 100.0);
	table_set_text(w, TRANSLATIONS_EVIDENCE, row->pair->failed ? "refused" : leg_evidence_name(row->pair->evidence));
	table_set_int(w, TRANSLATIONS_REQUEST, row->request_ns);
	table_set_int(w, TRANSLATIONS_RESPONSE, row->response_ns);
	return table_row(w, err);
}

/* A row for each run of exchanges of the same two connections. */
static uint64_t leg_rows(struct leg_row *row, const struct judging *j, const struct leg_pair *list,
			 uint64_t count, int64_t *room)
{
	uint64_t from, to, n = 0;

	for (from = 0; from < count; from = to, n++) {
		uint32_t front = list[from].front, point = j->view->node_point[front];

		row[n] = (struct leg_row){
			clock_correct(&j->meeting->clock[point], j->flows[front].first_ns), j->view,
			&list[from], 0, 0, 0, 100};
		for (to = from; to < count && list[to].front == front && list[to].back == list[from].back; to++)
			if (list[to].confidence < row[n].confidence)
				row[n].confidence = list[to].confidence;
		row[n].exchanges = to - from;
		row[n].request_ns = leg_middle(list + from, to - from, false, room);
		row[n].response_ns = leg_middle(list + from, to - from, true, room);
	}
	return n;
}

enum status story_legs_write(struct table_writer *w, const struct judging *j, struct error *err)
{
	uint64_t count = j->legs->pairs, rows, i;
	struct leg_pair *list = malloc((count + 1) * sizeof *list);
	struct leg_row *row = malloc((count + 1) * sizeof *row);
	int64_t *room = malloc((count + 1) * sizeof *room);
	enum status status = STATUS_OK;

	if (!list || !row || !room) {
		status = error_errno(err, ENOMEM, "legs of proxied sessions");
		goto out;
	}
	for (i = 0; i < count; i++)
		list[i] = j->legs->pair[i];
	if (count)
		qsort(list, count, sizeof *list, leg_pair_compare);
	rows = leg_rows(row, j, list, count, room);
	if (rows)
		qsort(row, rows, sizeof *row, leg_row_compare);
	for (i = 0; i < rows && !status; i++)
		status = leg_write(w, j, &row[i], err);
out:
	free(list);
	free(row);
	free(room);
	return status;
}
