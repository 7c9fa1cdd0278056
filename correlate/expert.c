#include "correlate/expert.h"

static bool segment_plain(const struct segment *s)
{
	return !(s->flags & SEGMENT_CONTROL);
}

/* Nothing but an acknowledgment that was there before. */
static bool segment_repeats(const struct segment *s)
{
	return !s->length && s->seq == s->own->next && s->ack == s->own->last_ack &&
	       segment_plain(s);
}

static bool segment_same_window(const struct segment *s)
{
	return s->own->spoke && s->window == s->own->window;
}

/* The sequence number in front of which the end wants data to stop. */
static uint32_t end_edge(const struct analysis_end *end)
{
	uint32_t window = end->spoke ? end->window : UINT32_MAX;

	return end->last_ack + (end->unscaled || end->shift < 0 ? window : window << end->shift);
}

/* ---- the tests ---- */

static bool is_zero_window_probe(const struct segment *s)
{
	return s->length == 1 && s->seq == s->own->next && s->peer->spoke && !s->peer->window;
}

static bool is_zero_window(const struct segment *s)
{
	return !s->window && segment_plain(s);
}

static bool is_behind_a_gap(const struct segment *s)
{
	return s->own->next && segment_before(s->own->next, s->seq) &&
	       !(s->flags & PACKET_TCP_RST);
}

static bool is_keepalive(const struct segment *s)
{
	return s->length <= 1 && s->seq == s->own->next - 1 && segment_plain(s);
}

static bool is_window_update(const struct segment *s)
{
	return segment_repeats(s) && s->window && !segment_same_window(s);
}

static bool is_window_full(const struct segment *s)
{
	return s->length && s->peer->shift != ANALYSIS_SHIFT_UNKNOWN &&
	       s->seq + s->length == end_edge(s->peer) && segment_plain(s);
}

static bool is_keepalive_ack(const struct segment *s)
{
	return s->peer->keepalive && s->window && segment_same_window(s) && segment_repeats(s);
}

static bool is_zero_window_probe_ack(const struct segment *s)
{
	return s->peer->probe && !s->window && segment_same_window(s) && segment_repeats(s);
}

static bool is_dup_ack(const struct segment *s)
{
	return s->window && segment_same_window(s) && segment_repeats(s);
}

/* In this order; a segment has all marks up to the first that is the last. */
static const struct {
	enum expert mark;
	bool last;
	bool (*is)(const struct segment *segment);
} expert_rows[] = {
	{EXPERT_ZERO_WINDOW_PROBE, true, is_zero_window_probe},
	{EXPERT_ZERO_WINDOW, false, is_zero_window},
	{EXPERT_PREVIOUS_NOT_CAPTURED, false, is_behind_a_gap},
	{EXPERT_KEEPALIVE, false, is_keepalive},
	{EXPERT_WINDOW_UPDATE, false, is_window_update},
	{EXPERT_WINDOW_FULL, false, is_window_full},
	{EXPERT_KEEPALIVE_ACK, true, is_keepalive_ack},
	{EXPERT_ZERO_WINDOW_PROBE_ACK, true, is_zero_window_probe_ack},
	{EXPERT_DUP_ACK, true, is_dup_ack},
};
#define EXPERT_ROWS (sizeof expert_rows / sizeof expert_rows[0])

/* Most segments are the next data or a new acknowledgment, which none of the tests is about. */
static inline bool expert_usual(const struct segment *s)
{
	if (s->seq != s->own->next || !s->window || s->flags & SEGMENT_CONTROL)
		return false;
	return s->length ? s->length > 1 && s->seq + s->length != end_edge(s->peer)
			 : s->ack != s->own->last_ack;
}

static uint16_t expert_look(const struct segment *s)
{
	uint16_t marks = 0;
	uint32_t row;

	if (expert_usual(s))
		return 0;
	for (row = 0; row < EXPERT_ROWS; row++) {
		if (!expert_rows[row].is(s))
			continue;
		marks |= expert_rows[row].mark;
		if (expert_rows[row].last)
			break;
	}
	return marks;
}

/* ---- sent again, or late ---- */

/* The segment begins in front of what this end had sent. One that takes the byte of a
 * keep-alive or a probe along is new all the same. */
static bool segment_old(const struct segment *s)
{
	return s->own->next && segment_before(s->seq, s->own->next) &&
	       !(s->length > 1 && s->seq == s->own->next - 1);
}

/* Neither old nor spurious: the usual case, which needs none of the tests. */
static inline bool segment_new(const struct segment *s)
{
	return !segment_before(s->seq, s->own->next) &&
	       segment_before(s->peer->last_ack, s->seq + s->length);
}

/* The receiver had all of it. */
static bool is_spurious(const struct segment *s)
{
	return s->length && s->peer->last_ack &&
	       !segment_before(s->peer->last_ack, s->seq + s->length);
}

/* Asked for by duplicate ACKs, and just so. Here and below a time that runs backwards is taken
 * for a very long one, as in tshark. */
static bool is_fast(const struct segment *s)
{
	return segment_old(s) && s->peer->run >= RUN_MORE && s->peer->last_ack == s->seq &&
	       (uint64_t)s->time_ns - (uint64_t)s->flow->sent_ns[!s->direction] < EXPERT_FAST_NS;
}

/* Overtaken on the way: sooner than a retransmission could be, and not the last one again. */
static bool is_out_of_order(const struct segment *s)
{
	const struct analysis_flow *flow = s->flow;
	uint64_t soon_ns = flow->end[0].rtt ? (uint64_t)flow->handshake_ns : EXPERT_OUT_OF_ORDER_NS;

	return segment_old(s) &&
	       (uint64_t)s->time_ns - (uint64_t)flow->next_ns[s->direction] < soon_ns &&
	       s->own->next != segment_end(s);
}

/* First match wins. */
static const struct {
	uint16_t marks;
	bool (*is)(const struct segment *segment);
} expert_again[] = {
	{EXPERT_SPURIOUS | EXPERT_RETRANSMISSION, is_spurious},
	{EXPERT_FAST | EXPERT_RETRANSMISSION, is_fast},
	{EXPERT_OUT_OF_ORDER, is_out_of_order},
	{EXPERT_RETRANSMISSION, segment_old},
};
#define EXPERT_AGAIN (sizeof expert_again / sizeof expert_again[0])

static uint16_t expert_look_again(const struct segment *s, uint16_t marks)
{
	uint32_t row;

	if (marks & EXPERT_KEEPALIVE || segment_end(s) == s->seq || segment_new(s))
		return 0;
	for (row = 0; row < EXPERT_AGAIN; row++)
		if (expert_again[row].is(s))
			return expert_again[row].marks;
	return 0;
}

/* ---- acknowledgments ---- */

static void expert_count_run(const struct segment *s, uint16_t marks)
{
	if (marks & EXPERT_DUP_ACK)
		s->own->run = s->own->run == RUN_NONE || s->own->run == RUN_UNSEEN ? RUN_ONE
										   : RUN_MORE;
	if (s->ack != s->own->last_ack)
		s->own->run = RUN_NONE;
}

/* What is acknowledged did not pass here. It is said once: by then what is there of it is
 * taken for all, or the run keeps the following ones quiet. */
static uint16_t expert_look_unseen(const struct segment *s)
{
	struct analysis_end *peer = s->peer;
	bool first = true;

	if (!peer->unbroken || !segment_before(peer->unbroken, s->ack) ||
	    !(s->flags & PACKET_TCP_ACK))
		return 0;
	if (segment_before(peer->unbroken, peer->next)) {
		peer->unbroken = peer->next;
	} else {
		first = peer->run == RUN_NONE;
		peer->run = RUN_UNSEEN;
	}
	return first ? EXPERT_ACKED_UNSEEN : 0;
}

/* ---- what is kept ---- */

static void expert_keep(const struct segment *s, uint16_t marks)
{
	struct analysis_end *own = s->own;
	uint32_t end = segment_end(s);

	if (!(marks & EXPERT_ZERO_WINDOW_PROBE)) {
		if (segment_before(own->next, end) || !own->next) {
			own->next = end;
			s->flow->next_ns[s->direction] = s->time_ns;
		}
		if (s->seq == own->unbroken || !own->unbroken)
			own->unbroken = own->next;
	}
	own->window = s->window;
	own->last_ack = s->ack;
	own->keepalive = (marks & EXPERT_KEEPALIVE) != 0;
	own->probe = (marks & EXPERT_ZERO_WINDOW_PROBE) != 0;
	s->flow->sent_ns[s->direction] = s->time_ns;
}

uint16_t expert_judge(const struct segment *s)
{
	uint16_t marks = expert_look(s);

	expert_count_run(s, marks);
	marks |= expert_look_unseen(s);
	marks |= expert_look_again(s, marks);
	expert_keep(s, marks);
	return marks;
}
