#include "correlate/emit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/packet.h"
#include "correlate/emit_clock.h"
#include "correlate/judge.h"
#include "correlate/names.h"
#include "correlate/results.h"

#define EMIT_REASON_MAX 1024

void emit_hop_name(const struct judging *j, uint32_t hop, char *name, size_t room)
{
	char from[PATH_TEXT_MAX], to[PATH_TEXT_MAX];

	path_stage_name(j->path, j->view, hop, from, sizeof from);
	path_stage_name(j->path, j->view, hop + 1, to, sizeof to);
	snprintf(name, room, "%s>%s", from, to);
}

void emit_tcp_flags(uint16_t flags, char *text, size_t room)
{
	static const struct {
		uint16_t flag;
		const char *name;
	} names[] = {
		{PACKET_TCP_AE, "AE"},   {PACKET_TCP_CWR, "CWR"}, {PACKET_TCP_ECE, "ECE"},
		{PACKET_TCP_URG, "URG"}, {PACKET_TCP_SYN, "SYN"}, {PACKET_TCP_FIN, "FIN"},
		{PACKET_TCP_RST, "RST"}, {PACKET_TCP_PSH, "PSH"}, {PACKET_TCP_ACK, "ACK"},
	};
	size_t n = 0, i;

	text[0] = 0;
	for (i = 0; i < sizeof names / sizeof names[0] && n < room; i++)
		if (flags & names[i].flag)
			n += (size_t)snprintf(text + n, room - n, "%s%s", n ? " " : "",
					      names[i].name);
}

const char *emit_proto(uint8_t proto, char number[4])
{
	static const struct {
		uint8_t proto;
		const char *name;
	} names[] = {{1, "icmp"}, {6, "tcp"},     {17, "udp"},  {47, "gre"},
		     {50, "esp"}, {58, "icmpv6"}, {132, "sctp"}};
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].proto == proto)
			return names[i].name;
	snprintf(number, 4, "%u", proto);
	return number;
}

/* ---- hops ---- */

static bool emit_upstream_stage(const struct judging *j, uint32_t point, uint32_t hop,
				unsigned direction)
{
	return direction == HOP_NO_DIRECTION ||
	       j->path->stage[point] == (direction == HOP_FORWARD ? hop : hop + 1u);
}

static const char *emit_direction_evidence(const uint64_t *counts)
{
	static const char *const names[DIRECTION_EVIDENCES] = {"delay", "ttl", "mac", "host",
							       "syn"};
	uint32_t e, best = 0;

	for (e = 1; e < DIRECTION_EVIDENCES; e++)
		if (counts[e] > counts[best])
			best = e;
	return counts[best] ? names[best] : NULL;
}

static void emit_hop_delay(struct table_writer *w, const struct histogram *delay, bool absolute)
{
	if (!histogram_count(delay))
		return;
	table_set_int(w, HOPS_DELAY_VARIATION,
		      histogram_quantile(delay, 990) - histogram_quantile(delay, 500));
	if (!absolute)
		return;
	table_set_int(w, HOPS_DELAY_MIN, histogram_min(delay));
	table_set_int(w, HOPS_DELAY_P50, histogram_quantile(delay, 500));
	table_set_int(w, HOPS_DELAY_P90, histogram_quantile(delay, 900));
	table_set_int(w, HOPS_DELAY_P99, histogram_quantile(delay, 990));
	table_set_int(w, HOPS_DELAY_MAX, histogram_max(delay));
	table_set_int(w, HOPS_DELAY_MEAN, histogram_mean(delay));
}

static void emit_hop_clock(struct table_writer *w, const struct judging *j, uint32_t h)
{
	struct emit_clock clock = emit_clock_of_hop(j, h);

	if (!clock.known)
		return;
	table_set_int(w, HOPS_CLOCK_OFFSET, clock.offset_ns);
	table_set_real(w, HOPS_CLOCK_SKEW, clock.skew * 1e6);
	table_set_int(w, HOPS_CLOCK_ERROR, clock.error_ns);
}

static enum status emit_hop(struct table_writer *w, const struct hop_result *r,
			    const struct judging *j, uint32_t h, unsigned d, struct error *err)
{
	static const struct {
		unsigned column;
		enum verdict verdict;
	} counted[] = {
		{HOPS_MATCHED, VERDICT_MATCHED},       {HOPS_DROPPED, VERDICT_DROPPED},
		{HOPS_LOCAL, VERDICT_LOCAL},           {HOPS_UNCAPTURED, VERDICT_UNCAPTURED},
		{HOPS_EDGE, VERDICT_EDGE},             {HOPS_AMBIGUOUS, VERDICT_AMBIGUOUS},
		{HOPS_EXCLUDED, VERDICT_EXCLUDED},
	};
	uint64_t packets = 0, verdict[VERDICTS] = {0}, downstream[VERDICTS] = {0};
	char name[PATH_TEXT_MAX], from[PATH_TEXT_MAX], to[PATH_TEXT_MAX];
	uint32_t p, v;

	for (p = 0; p < j->view->points; p++) {
		const struct account *a = &r->account[d][p];
		bool up = emit_upstream_stage(j, p, h, d);

		packets += up ? a->packets - a->verdict[VERDICT_COPIES] : 0;
		for (v = 0; v < VERDICTS; v++)
			(up ? verdict : downstream)[v] += a->verdict[v];
	}
	emit_hop_name(j, h, name, sizeof name);
	path_stage_name(j->path, j->view, d == HOP_REVERSE ? h + 1 : h, from, sizeof from);
	path_stage_name(j->path, j->view, d == HOP_REVERSE ? h : h + 1, to, sizeof to);
	table_set_text(w, HOPS_HOP, name);
	table_set_text(w, HOPS_FROM, from);
	table_set_text(w, HOPS_TO, to);
	table_set_text(w, HOPS_DIRECTION, hop_direction_name(d));
	table_set_int(w, HOPS_PACKETS, (int64_t)packets);
	for (v = 0; v < sizeof counted / sizeof counted[0]; v++)
		table_set_int(w, counted[v].column, (int64_t)verdict[counted[v].verdict]);
	table_set_int(w, HOPS_INJECTED, (int64_t)downstream[VERDICT_INJECTED]);
	table_set_int(w, HOPS_DUPLICATED, (int64_t)downstream[VERDICT_DUPLICATED]);
	if (d != HOP_NO_DIRECTION) {
		uint64_t judged = verdict[VERDICT_MATCHED] + verdict[VERDICT_DROPPED] +
				  verdict[VERDICT_UNCAPTURED];

		table_set_int(w, HOPS_REORDERED, (int64_t)r->reordered[d]);
		table_set_int(w, HOPS_MODIFIED, (int64_t)r->modified[d]);
		if (judged)
			table_set_real(w, HOPS_LOSS_RATIO,
				       (double)verdict[VERDICT_DROPPED] / (double)judged);
		emit_hop_delay(w, r->delay[d], j->hops->hop[h].known);
		emit_hop_clock(w, j, h);
		table_set_text(w, HOPS_DIRECTION_EVIDENCE,
			       emit_direction_evidence(r->evidence[d]));
	}
	return table_row(w, err);
}

enum status emit_hops(const struct verdicts *v, const struct judging *j, struct store *store,
		      uint32_t generation, struct error *err)
{
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_hops, &w, err);
	uint32_t h, d;

	for (h = 0; h < v->hops && !status; h++)
		for (d = 0; d < HOP_DIRECTIONS && !status; d++)
			status = emit_hop(w, &v->hop[h], j, h, d, err);
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	return status;
}

/* ---- balance ---- */

static enum status emit_balance_row(struct table_writer *w, const struct account *a,
				    const struct judging *j, uint32_t h, unsigned d, uint32_t p,
				    struct error *err)
{
	static const struct {
		unsigned column;
		enum verdict verdict;
	} counted[] = {
		{BALANCE_MATCHED, VERDICT_MATCHED},       {BALANCE_DROPPED, VERDICT_DROPPED},
		{BALANCE_INJECTED, VERDICT_INJECTED},     {BALANCE_DUPLICATED, VERDICT_DUPLICATED},
		{BALANCE_LOCAL, VERDICT_LOCAL},           {BALANCE_UNCAPTURED, VERDICT_UNCAPTURED},
		{BALANCE_EDGE, VERDICT_EDGE},             {BALANCE_AMBIGUOUS, VERDICT_AMBIGUOUS},
		{BALANCE_EXCLUDED, VERDICT_EXCLUDED},     {BALANCE_COPIES, VERDICT_COPIES},
	};
	char name[PATH_TEXT_MAX];
	uint64_t sum = 0;
	uint32_t v;

	emit_hop_name(j, h, name, sizeof name);
	table_set_text(w, BALANCE_HOP, name);
	table_set_text(w, BALANCE_DIRECTION, hop_direction_name(d));
	table_set_text(w, BALANCE_POINT, j->view->point[p].name);
	table_set_text(w, BALANCE_SIDE,
		       d == HOP_NO_DIRECTION ? "none"
		       : emit_upstream_stage(j, p, h, d) ? "from"
							 : "to");
	table_set_int(w, BALANCE_PACKETS, (int64_t)a->packets);
	for (v = 0; v < sizeof counted / sizeof counted[0]; v++) {
		sum += a->verdict[counted[v].verdict];
		table_set_int(w, counted[v].column, (int64_t)a->verdict[counted[v].verdict]);
	}
	table_set_text(w, BALANCE_BALANCED, sum == a->packets ? "yes" : "no");
	return table_row(w, err);
}

enum status emit_balance(const struct verdicts *v, const struct judging *j, struct store *store,
			 uint32_t generation, struct error *err)
{
	struct table_writer *w;
	enum status status = table_begin(store, generation, &results_balance, &w, err);
	uint32_t h, d, s, k;

	for (h = 0; h < v->hops && !status; h++)
		for (d = 0; d < HOP_DIRECTIONS; d++)
			for (s = h; s <= h + 1; s++)
				for (k = 0; k < j->path->points[s] && !status; k++) {
					uint32_t p = j->path->point[s][k];

					status = emit_balance_row(w, &v->hop[h].account[d][p], j, h,
								  d, p, err);
				}
	if (!status)
		status = table_finish(&w, err);
	table_abort(&w);
	return status;
}

/* ---- drops and injected ---- */

/* The last sentence of a reason, with what it depends on besides. */
struct emit_reason {
	uint32_t point, missing; /* where the packet was seen; the stage where it is missing */
	uint32_t bytes;          /* that are missing, of one that came in part */
	char text[EMIT_REASON_MAX];
};

/* What the rows have in common. */
struct emit_rows {
	struct table_writer *w;
	const struct judging *j;
	struct names *names;
	const struct causes *causes;
	uint64_t drops;             /* rows so far, of drops */
	struct emit_reason *reason; /* by enum reason; "": not said yet */
};

static const char *emit_reason(struct emit_rows *rows, const struct odd *odd)
{
	struct emit_reason *reason = &rows->reason[odd->reason];
	uint32_t missing = odd_missing_stage(rows->j->path, odd);

	if (!reason->text[0] || reason->point != odd->point || reason->missing != missing ||
	    reason->bytes || odd->missing) {
		reason->point = odd->point;
		reason->missing = missing;
		reason->bytes = odd->missing;
		reason_text(rows->j, odd, reason->text, sizeof reason->text);
	}
	return reason->text;
}

static void emit_transport(struct table_writer *w, const struct odd *odd,
			   const struct view_point *point)
{
	char flags[48];

	if (odd->proto != 6 || (odd->marks & PACKET_FRAGMENT_LATER))
		return;
	emit_tcp_flags(odd->flags, flags, sizeof flags);
	table_set_text(w, PACKETS_TCP_FLAGS, flags);
	table_set_int(w, PACKETS_TCP_SEQ, view_get(point, RECORD_SEQ, odd->index));
	table_set_int(w, PACKETS_TCP_ACK, view_get(point, RECORD_ACK, odd->index));
}

/* What the packet was sent from and to. */
static void emit_flow(struct table_writer *w, const struct odd *odd,
		      const struct capture_flow *flow)
{
	bool back = odd->way & 1, ports = odd->proto == 6 || odd->proto == 17 || odd->proto == 132;
	size_t bytes = flow->version == 4 ? 4 : 16;
	char number[4];

	table_set_text(w, PACKETS_PROTO, emit_proto(odd->proto, number));
	table_set_bytes(w, PACKETS_SRC, back ? flow->b : flow->a, bytes);
	table_set_bytes(w, PACKETS_DST, back ? flow->a : flow->b, bytes);
	if (!ports)
		return;
	table_set_int(w, PACKETS_SPORT, back ? flow->b_port : flow->a_port);
	table_set_int(w, PACKETS_DPORT, back ? flow->a_port : flow->b_port);
}

/* Of a drop also why it was one. */
static void emit_judgement(struct emit_rows *rows, const struct odd *odd)
{
	struct words words;

	if (odd->verdict != VERDICT_DROPPED) {
		table_set_real(rows->w, PACKETS_CONFIDENCE, odd->confidence / 100.0);
		table_set_text(rows->w, PACKETS_EVIDENCE, emit_reason(rows, odd));
		return;
	}
	words_begin(&words);
	words_add(&words, emit_reason(rows, odd));
	causes_say(rows->causes, rows->drops, &words);
	table_set_real(rows->w, PACKETS_CONFIDENCE,
		       causes_confidence(rows->causes, rows->drops++) / 100.0);
	table_set_text(rows->w, PACKETS_EVIDENCE, words.text);
}

static enum status emit_packet(struct emit_rows *rows, const struct odd *odd, struct error *err)
{
	const struct view *view = rows->j->view;
	const struct view_point *point = &view->point[odd->point];
	const struct capture_flow *flow = &view->flow[odd->way >> 1];
	struct table_writer *w = rows->w;

	table_set_constant(w, PACKETS_HOP, rows->names->hop[odd->hop]);
	table_set_constant(w, PACKETS_DIRECTION, hop_direction_name(odd->direction));
	table_set_constant(w, PACKETS_SEEN_AT, point->name);
	table_set_constant(w, PACKETS_MISSING_AT,
			   rows->names->stage[odd_missing_stage(rows->j->path, odd)]);
	table_set_int(w, PACKETS_TIME, odd->time_ns);
	table_set_constant(w, PACKETS_FILE,
			   view->capture[point->block[odd->index >> VIEW_BLOCK_SHIFT].capture].file);
	table_set_int(w, PACKETS_FRAME, view_get(point, RECORD_FRAME, odd->index));
	table_set_int(w, PACKETS_SESSION, (int64_t)odd->session + 1);
	emit_flow(w, odd, flow);
	if (flow->version == 4)
		table_set_int(w, PACKETS_IP_ID, view_get(point, RECORD_IP_ID, odd->index));
	emit_transport(w, odd, point);
	table_set_int(w, PACKETS_LENGTH, odd->length);
	table_set_constant(w, PACKETS_CAUSE,
			   odd->verdict == VERDICT_DROPPED ? drop_cause_name(odd->cause)
			   : odd->proto == 6 && (odd->flags & PACKET_TCP_RST) ? "reset"
									      : "unknown");
	emit_judgement(rows, odd);
	return table_row(w, err);
}

enum status emit_packets(const struct verdicts *v, const struct judging *j,
			 const struct causes *causes, enum verdict verdict, struct store *store,
			 uint32_t generation, struct error *err)
{
	struct emit_rows rows = {.j = j, .causes = causes,
				 .reason = calloc(REASONS, sizeof *rows.reason)};
	enum status status = rows.reason ? names_make(&rows.names, j->path, j->view, err)
					 : error_errno(err, ENOMEM, "packets");
	uint64_t i;

	if (!status)
		status = table_begin(
			store, generation,
			verdict == VERDICT_DROPPED ? &results_drops : &results_injected, &rows.w,
			err);
	for (i = 0; i < v->odds && !status; i++)
		if (v->odd[i].verdict == verdict)
			status = emit_packet(&rows, &v->odd[i], err);
	if (!status)
		status = table_finish(&rows.w, err);
	table_abort(&rows.w);
	names_free(&rows.names);
	free(rows.reason);
	return status;
}
