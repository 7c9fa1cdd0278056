/* What correlate/analysis.c makes of a store with one point, as text for tests/analysis.sh:
 *
 *	analysis_rows STORE frames   FRAME FLOW.DIRECTION of each TCP segment
 *	analysis_rows STORE counts   FLOW.DIRECTION and its counters, where one is not 0
 *	analysis_rows STORE ends     FLOW.DIRECTION ADDRESS PORT STATE SHIFT MSS SACK NEXT UNACKED
 *	                             IDLE_NS
 *	analysis_rows STORE speed    the best of ten passes, ns a record
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/memory.h"
#include "correlate/analysis.h"

struct rows {
	struct store *store;
	struct store_txn *txn;
	struct view *view;
	struct syn_options *options;
	struct analysis_flow *flows;
};

static void print_counts(uint32_t n, unsigned d, const struct analysis_flow *f)
{
	const uint32_t counts[] = {
		f->retransmissions[d], f->fast_retransmissions[d],
		f->spurious_retransmissions[d], f->out_of_order[d], f->dup_acks[d],
		f->zero_windows[d], f->zero_window_probes[d], f->window_full[d],
		f->keepalives[d], f->keepalive_acks[d], f->acked_unseen[d],
		f->previous_not_captured[d], f->window_updates[d],
	};
	uint32_t any = 0, i;

	for (i = 0; i < sizeof counts / sizeof counts[0]; i++)
		any |= counts[i];
	if (!any)
		return;
	printf("%u.%u", n, d);
	for (i = 0; i < sizeof counts / sizeof counts[0]; i++)
		printf(" %u", counts[i]);
	printf("\n");
}

static void print_end(const struct rows *rows, uint32_t n, unsigned d)
{
	const struct capture_flow *flow = &rows->view->flow[n];
	const struct analysis_flow *f = &rows->flows[n];
	const struct analysis_end *end = &f->end[d];
	char address[INET6_ADDRSTRLEN];

	inet_ntop(flow->version == 4 ? AF_INET : AF_INET6, d ? flow->b : flow->a, address,
		  sizeof address);
	printf("%u.%u %s %u %s %d %u %u %u %u %lld\n", n, d, address,
	       d ? flow->b_port : flow->a_port, tcp_state_name((enum tcp_state)end->state),
	       end->shift, end->mss, end->sack, end->next, analysis_unacked(f, d),
	       (long long)f->idle_ns);
}

static void print_flows(const struct rows *rows, bool ends)
{
	uint32_t n;
	unsigned d;

	for (n = 0; n < rows->view->nodes; n++)
		for (d = 0; d < 2; d++) {
			if (!ends)
				print_counts(n, d, &rows->flows[n]);
			else if (rows->flows[n].end[d].tcp)
				print_end(rows, n, d);
		}
}

static void print_frames(const struct rows *rows)
{
	const struct view_point *point = &rows->view->point[0];
	struct view_batch batch;
	uint32_t i, way;

	view_first(&batch, point);
	while (view_next(&batch))
		for (i = 0; i < batch.rows; i++) {
			way = view_way(point, batch.index[i]);
			if (way != VIEW_NO_WAY && rows->view->flow[way >> 1].proto == 6)
				printf("%lld %u.%u\n",
				       (long long)view_get(point, RECORD_FRAME, batch.index[i]),
				       way >> 1, way & 1);
		}
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void print_speed(const struct rows *rows)
{
	size_t bytes = rows->view->nodes * sizeof *rows->flows;
	double best = 0, begin, took;
	int round;

	for (round = 0; round < 10; round++) {
		memset(rows->flows, 0, bytes);
		begin = now_ns();
		analysis_point(rows->view, 0, rows->options, NULL, rows->flows);
		took = (now_ns() - begin) / (double)rows->view->point[0].rows;
		best = round == 0 || took < best ? took : best;
	}
	printf("%.1f ns a record, %llu records, %u flows\n", best,
	       (unsigned long long)rows->view->point[0].rows, rows->view->nodes);
}

static enum status rows_open(struct rows *rows, const char *path, struct error *err)
{
	enum status status = store_open(&rows->store, path, STORE_READ, false, NULL, err);

	if (!status)
		status = store_begin(rows->store, false, &rows->txn, err);
	if (!status)
		status = view_open(&rows->view, rows->txn, err);
	if (!status)
		status = syn_options_open(&rows->options, rows->view, err);
	if (status)
		return status;
	rows->flows = memory_zeroed((size_t)rows->view->nodes + 1, sizeof *rows->flows);
	if (!rows->flows || rows->view->points != 1)
		return error_set(err, STATUS_USAGE, "one point is wanted");
	analysis_point(rows->view, 0, rows->options, NULL, rows->flows);
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	struct rows rows = {0};
	struct error err;
	enum status status;

	if (argc != 3) {
		fprintf(stderr, "usage: analysis_rows STORE frames|counts|ends|speed\n");
		return 2;
	}
	status = rows_open(&rows, argv[1], &err);
	if (status)
		fprintf(stderr, "analysis_rows: %s\n", err.text);
	else if (strcmp(argv[2], "frames") == 0)
		print_frames(&rows);
	else if (strcmp(argv[2], "speed") == 0)
		print_speed(&rows);
	else
		print_flows(&rows, strcmp(argv[2], "ends") == 0);
	free(rows.flows);
	syn_options_close(&rows.options);
	view_close(&rows.view);
	store_abort(&rows.txn);
	store_close(&rows.store);
	return (int)status;
}
