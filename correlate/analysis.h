/* The analysis: what TCP's sequence numbers tell of each flow at each point by itself, in one
 * pass over the point's records. Counts are those of tshark (see expert.h) on the same file,
 * flow by flow; beside them what each end offered, how far it got and in what state it was.
 *
 * Index [0] and [1] are the flow's directions, as in survey.h: what its end a sends to end b,
 * and back. Times are the point's own. Of flows that are not TCP everything is 0.
 *
 * Records are taken in the order of their file, as tshark does, not in that of time.
 */
#ifndef CROSSTAP_CORRELATE_ANALYSIS_H
#define CROSSTAP_CORRELATE_ANALYSIS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "correlate/syn_options.h"
#include "correlate/tcp_state.h"
#include "correlate/view.h"

#define ANALYSIS_LINE_BYTES 64

/* Of the window scale. */
#define ANALYSIS_SHIFT_UNKNOWN (-1)
#define ANALYSIS_SHIFT_UNUSED (-2) /* one of the two SYNs did not offer it */

/* Acknowledgments in a row that say the same: none, one, more, or such that
 * acknowledge what was not seen. */
enum analysis_run { RUN_NONE, RUN_ONE, RUN_MORE, RUN_UNSEEN };

/* What one end sent, in the connection that was the tuple's last. */
struct analysis_end {
	uint32_t base;        /* initial sequence number; where no SYN was seen, one less than the
				 first number seen */
	uint32_t next;        /* behind the highest sequence number sent; 0: none was */
	uint32_t unbroken;    /* ... up to which no segment is missing; 0: as above */
	uint32_t last_ack;    /* of its last segment, even one without ACK */
	uint32_t max_ack;     /* the highest that it acknowledged; see `acked` */
	uint16_t window;      /* of its last segment, not scaled; see `spoke` */
	uint16_t mss;         /* its SYN's, bytes; 0: none */
	int8_t shift;         /* of its window, 0 to 14, or ANALYSIS_SHIFT_... */
	uint8_t state;        /* enum tcp_state */
	uint16_t tcp : 1;     /* the flow is TCP and has begun (of both ends) */
	uint16_t foreign : 1; /* the flow is not TCP (of both ends) */
	uint16_t spoke : 1;
	uint16_t syn : 1;     /* it opened the flow or answered the opening; that is seen */
	uint16_t fin : 1;
	uint16_t acked : 1;
	uint16_t sack : 1;    /* SACK permitted */
	uint16_t based : 1;   /* base is known */
	uint16_t unscaled : 1;  /* its window is not yet scaled: it has sent a SYN only */
	uint16_t keepalive : 1; /* its last segment was a keep-alive */
	uint16_t probe : 1;     /* ... a zero window probe */
	uint16_t rtt : 1;       /* handshake_ns is what it took (of end 0) */
	uint16_t run : 2;       /* enum analysis_run of its last segments */
};

struct analysis_flow {
	int64_t next_ns[2];   /* when `next` was reached */
	int64_t sent_ns[2];   /* of the last segment */
	int64_t handshake_ns; /* of the last SYN; with `rtt`, from it to the first segment that has
				 ACK and not SYN; INT64_MIN: no SYN */
	int64_t idle_ns;      /* the longest silence, */
	int64_t idle_from_ns; /* which began with the segment of that time */
	struct analysis_end end[2];
	/* What tshark marks. A segment is one of spurious retransmission, fast retransmission,
	 * out of order and retransmission, in this order; the first two are counted as
	 * retransmissions too, as tcp.analysis.retransmission has them. */
	uint32_t retransmissions[2];
	uint32_t spurious_retransmissions[2];
	uint32_t out_of_order[2];
	uint32_t dup_acks[2];
	uint32_t window_updates[2];
	uint32_t previous_not_captured[2];
	uint32_t acked_unseen[2];
	/* The following are held at 65535. */
	uint16_t fast_retransmissions[2];
	uint16_t zero_windows[2];
	uint16_t zero_window_probes[2];
	uint16_t window_full[2];
	uint16_t keepalives[2];
	uint16_t keepalive_acks[2];
};
static_assert(sizeof(struct analysis_flow) == 3 * ANALYSIS_LINE_BYTES, "a flow is three lines");

/* Analyses one point: `flows` has room for the point's nodes, zeroed; flow i is node
 * point->first_node + i. `marks` are the point's enum journey_mark, by index: what the capture
 * holds twice (JOURNEY_COPY) is passed over. NULL: no record is. Independent of other points:
 * may run in a thread. */
void analysis_point(const struct view *view, uint32_t point, const struct syn_options *options,
		    const uint8_t *marks, struct analysis_flow *flows);

/* Exchanges the directions. */
void analysis_turn(struct analysis_flow *flow);

/* What another capture of the same point saw of the connection, added: counts are sums, and the
 * later capture knows the state better. Both are of the same direction. */
void analysis_merge(struct analysis_flow *into, const struct analysis_flow *from);

static inline bool analysis_midstream(const struct analysis_flow *flow)
{
	return flow->end[0].tcp && !flow->end[0].syn && !flow->end[1].syn;
}

/* Sequence numbers that the other end had not acknowledged when the capture ended (FIN
 * takes one); all that was seen of them where it never acknowledged anything. */
uint32_t analysis_unacked(const struct analysis_flow *flow, unsigned direction);

#endif
