/* Stories of TCP segments for the tests of correlate/analysis.c: each is one flow of one capture
 * between a client (end a) and a server (end b); all stories are analysed in one pass.
 */
#ifndef CROSSTAP_TESTS_ANALYSIS_STORY_H
#define CROSSTAP_TESTS_ANALYSIS_STORY_H

#include <stddef.h>
#include <string.h>

#include "correlate/analysis.h"
#include "tests/unit/store_sample.h"

#define SYN PACKET_TCP_SYN
#define ACK PACKET_TCP_ACK
#define FIN PACKET_TCP_FIN
#define RST PACKET_TCP_RST
#define SYNACK (SYN | ACK)

enum { STEPS_MAX = 40, STORIES_MAX = 100 };

/* TCP options of a step: numbers in the capture's dictionary. */
enum story_options { BARE, OFFERS, OFFERS_LESS, STORY_OPTIONS };
static const uint8_t story_option_bytes[STORY_OPTIONS][12] = {
	[BARE] = {0},
	/* tcpdump: mss 1460,sackOK,nop,nop,nop,wscale 2 */
	[OFFERS] = {2, 4, 5, 180, 4, 2, 1, 1, 1, 3, 3, 2},
	/* tcpdump: mss 1200 */
	[OFFERS_LESS] = {2, 4, 4, 176},
};

struct step {
	int64_t us;          /* since 1970 */
	char who;            /* 'c', 's'; 0: the story's end */
	uint16_t flags;
	uint32_t seq, length, ack;
	uint16_t window;
	uint8_t options;     /* enum story_options */
	uint16_t marks;
	uint32_t ip_id;
};

/* Time in us, flags, sequence number, payload bytes, acknowledgment, window. The client begins at
 * 1000, the server at 5000. */
#define C(us, flags, seq, length, ack, window) {us, 'c', flags, seq, length, ack, window, 0, 0, 0}
#define S(us, flags, seq, length, ack, window) {us, 's', flags, seq, length, ack, window, 0, 0, 0}
/* A handshake of 200 us without options. */
#define HELLO                                                                \
	C(0, SYN, 1000, 0, 0, 600), S(100, SYNACK, 5000, 0, 1001, 500),      \
		C(200, ACK, 1001, 0, 5001, 600)

struct story {
	const char *sentence;
	const char *counts;  /* as story_counts() says it */
	const char *states;  /* client's, server's; NULL: not looked at */
	struct step step[STEPS_MAX];
};

static inline void story_row(struct record_block *b, const struct step *step, uint32_t flow)
{
	uint32_t i = b->rows++;
	bool later = step->marks & PACKET_FRAGMENT_LATER;

	b->time_ns[i] = step->us * 1000;
	b->frame[i] = i + 1;
	b->flow[i] = flow << 1 | (step->who == 's');
	b->seq[i] = step->seq;
	b->ack[i] = later ? step->ip_id : step->ack;
	b->header[i] = later ? 20 : 40;
	b->length[i] = b->header[i] + step->length;
	b->flags[i] = step->flags;
	b->window[i] = step->window;
	b->options[i] = step->options;
	b->marks[i] = step->marks;
	b->ip_id[i] = later ? 0 : step->ip_id;
}

/* Writes the stories as a capture of point 0. */
static inline enum status story_write(struct store *store, const struct story *stories,
				      uint32_t count, uint8_t proto)
{
	struct capture capture = {.start_ns = INT64_MIN, .end_ns = INT64_MAX, .file = "story"};
	struct record_block *block = calloc(1, sizeof *block);
	struct capture_flow flow = {.version = 4, .proto = proto};
	struct capture_writer *writer = NULL;
	uint32_t point, i;
	bool known;

	MUST(capture_point_add(store, "here", &point, &err));
	MUST(capture_begin(store, point, &writer, &err));
	for (i = 0; i < count; i++) {
		const struct step *step = stories[i].step;

		for (; step < stories[i].step + STEPS_MAX && step->who; step++) {
			story_row(block, step, i);
			capture.backwards += step > stories[i].step && step->us < step[-1].us;
		}
		flow.a_port = (uint16_t)i;
		MUST(capture_put_flows(writer, &flow, 1, &err));
	}
	capture.backwards += count > 1; /* stories lie one behind the other */
	capture.packets = block->rows;
	MUST(capture_put_block(writer, block, &err));
	MUST(capture_put_entry(writer, CAPTURE_LINKS, (const uint8_t *)"", 0, &err));
	for (i = 0; i < STORY_OPTIONS; i++)
		MUST(capture_put_entry(writer, CAPTURE_OPTIONS, story_option_bytes[i],
				       sizeof story_option_bytes[i], &err));
	free(block);
	return capture_finish(&writer, &capture, &known, &err);
}

/* What the analysis makes of `count` stories, in flows[0 ...]. */
static inline void story_analyse(const struct story *stories, uint32_t count, uint8_t proto,
				 struct analysis_flow *flows)
{
	struct store *store = sample_open(STORE_CREATE);
	struct syn_options *options = NULL;
	struct store_txn *txn = NULL;
	struct view *view = NULL;

	memset(flows, 0, count * sizeof *flows);
	MUST(story_write(store, stories, count, proto));
	MUST(store_begin(store, false, &txn, &err));
	MUST(view_open(&view, txn, &err));
	MUST(syn_options_open(&options, view, &err));
	if (options)
		analysis_point(view, 0, options, NULL, flows);
	syn_options_close(&options);
	view_close(&view);
	store_abort(&txn);
	store_close(&store);
	sample_clear();
}

/* All counters that are not 0, the client's first: "c.dup_acks 2 s.zero_windows 1". */
static inline const char *story_counts(const struct analysis_flow *f)
{
	static const struct {
		const char *name;
		size_t offset;
		bool wide;
	} counters[] = {
#define COUNTER(name) {#name, offsetof(struct analysis_flow, name), \
		       sizeof(((struct analysis_flow *)0)->name[0]) == 4}
		COUNTER(retransmissions), COUNTER(fast_retransmissions),
		COUNTER(spurious_retransmissions), COUNTER(out_of_order), COUNTER(dup_acks),
		COUNTER(zero_windows), COUNTER(zero_window_probes), COUNTER(window_full),
		COUNTER(keepalives), COUNTER(keepalive_acks), COUNTER(acked_unseen),
		COUNTER(previous_not_captured), COUNTER(window_updates),
#undef COUNTER
	};
	static char text[1024];
	uint32_t i, d, count;
	size_t at = 0;

	text[0] = '\0';
	for (d = 0; d < 2; d++)
		for (i = 0; i < sizeof counters / sizeof counters[0]; i++) {
			const char *of = (const char *)f + counters[i].offset;

			count = counters[i].wide ? ((const uint32_t *)of)[d]
						 : ((const uint16_t *)of)[d];
			if (count && at < sizeof text)
				at += (size_t)snprintf(text + at, sizeof text - at, "%s%c.%s %u",
						       at ? " " : "", "cs"[d], counters[i].name,
						       count);
		}
	return text;
}

static inline const char *story_states(const struct analysis_flow *f)
{
	static char text[64];

	snprintf(text, sizeof text, "%s %s", tcp_state_name((enum tcp_state)f->end[0].state),
		 tcp_state_name((enum tcp_state)f->end[1].state));
	return text;
}

#endif
