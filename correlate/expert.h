/* tshark's expert marks: what a TCP segment looks like to somebody who knows its sequence
 * numbers and those before it. The tests, their order and their constants are those of
 * Wireshark 4.0's tcp_analyze_sequence_number() (epan/dissectors/packet-tcp.c) with its default
 * preferences, so that counts agree.
 *
 * Where they do not, and why:
 *   - tshark keeps a list of 10,000 unacknowledged segments, and when it is full forgets that SYN
 *     and FIN take a sequence number. It marks the segment behind a FIN as one whose
 *     previous segment was not captured then: in captures of one direction only.
 *   - MPTCP: tshark excuses duplicate ACKs where the operations of the connection changed.
 *   - A segment that came in IP fragments is judged when its first fragment comes, by the bytes
 *     of that; tshark waits for the last.
 *   - What an ICMP error quotes is not looked at; tshark takes the time of a quoted SYN for that
 *     of the connection's last SYN.
 */
#ifndef CROSSTAP_CORRELATE_EXPERT_H
#define CROSSTAP_CORRELATE_EXPERT_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/packet.h"
#include "correlate/analysis.h"

#define EXPERT_FAST_NS 20000000u        /* a fast retransmission comes so soon behind the ACK */
#define EXPERT_OUT_OF_ORDER_NS 3000000u /* ... where the handshake's time is not known */

enum expert {
	EXPERT_RETRANSMISSION = 1 << 0,
	EXPERT_FAST = 1 << 1,
	EXPERT_SPURIOUS = 1 << 2,
	EXPERT_OUT_OF_ORDER = 1 << 3,
	EXPERT_DUP_ACK = 1 << 4,
	EXPERT_ZERO_WINDOW = 1 << 5,
	EXPERT_ZERO_WINDOW_PROBE = 1 << 6,
	EXPERT_ZERO_WINDOW_PROBE_ACK = 1 << 7,
	EXPERT_WINDOW_FULL = 1 << 8,
	EXPERT_KEEPALIVE = 1 << 9,
	EXPERT_KEEPALIVE_ACK = 1 << 10,
	EXPERT_ACKED_UNSEEN = 1 << 11,
	EXPERT_PREVIOUS_NOT_CAPTURED = 1 << 12,
	EXPERT_WINDOW_UPDATE = 1 << 13,
};
#define EXPERTS 14

#define SEGMENT_CONTROL (PACKET_TCP_SYN | PACKET_TCP_FIN | PACKET_TCP_RST)

struct segment {
	struct analysis_flow *flow;
	struct analysis_end *own, *peer; /* the sender and the other, in `flow` */
	unsigned direction;
	int64_t time_ns;
	uint32_t seq, ack;
	uint32_t length;      /* payload bytes */
	uint16_t flags, window;
	struct syn_option option;
};

/* RFC 9293 section 3.4: a before b, modulo 2^32. */
static inline bool segment_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* Behind the last sequence number that the segment takes. */
static inline uint32_t segment_end(const struct segment *s)
{
	return s->seq + s->length + !!(s->flags & (PACKET_TCP_SYN | PACKET_TCP_FIN));
}

/* Judges the segment by what its flow knows, and lets the flow know of it. Returns its marks,
 * enum expert. The caller keeps `base`, `spoke` and what options say. */
uint16_t expert_judge(const struct segment *segment);

#endif
