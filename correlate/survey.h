/* The survey: what each flow did at each point by itself, in one pass over the
 * point's records. Nothing here compares points.
 *
 * Index [0] and [1] are the flow's directions: from end a to end b, and back.
 * Times are the point's own.
 */
#ifndef CROSSTAP_CORRELATE_SURVEY_H
#define CROSSTAP_CORRELATE_SURVEY_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/view.h"

enum survey_mark {
	SURVEY_SYN = 1 << 0,     /* by direction, shifted by 8 for direction 1 */
	SURVEY_SYNACK = 1 << 1,
	SURVEY_FIN = 1 << 2,
	SURVEY_RST = 1 << 3,
	SURVEY_DATA = 1 << 4,
	SURVEY_PLAIN = 1 << 5,   /* anything but SYN-only, RST and ICMP errors: a sign of life of that end */
	SURVEY_SEQ_KNOWN = 1 << 6,
	SURVEY_FIRST = 1 << 7,   /* the flow's first packet went this way */
};

#define SURVEY_LINE_BYTES 64

struct survey_flow {
	int64_t first_ns, last_ns;
	int64_t syn_ns, synack_ns, ack_ns; /* first SYN, first SYN-ACK, first ACK behind it; INT64_MIN: not seen */
	uint64_t bytes[2];       /* IP bytes */
	uint32_t packets[2];
	uint32_t max_end[2];     /* TCP: highest sequence number behind the data seen so far */
	uint32_t isn;            /* TCP: sequence number of the first SYN without ACK */
	uint32_t retransmissions[2]; /* TCP segments with data (or SYN, FIN) that had been sent before */
	uint16_t syn, synack, fin, rst; /* held at 65535 */
	uint16_t truncated, bad_checksums, zero_windows;
	uint16_t marks;          /* enum survey_mark */
	uint8_t proto;
	uint8_t ttl[2];          /* of the first packet that is no RST, by direction; 0 = none */
	uint32_t link[2];        /* of that packet, or of a RST where there was nothing else: index in the
				    point's links */
	int64_t data_ns[2];      /* first packet with payload; INT64_MIN: none */
};
/* None of a long array lies in three lines of a cache. */
static_assert(sizeof(struct survey_flow) == 2 * SURVEY_LINE_BYTES, "a survey_flow is two lines");

static inline bool survey_has(const struct survey_flow *flow, unsigned direction, uint16_t mark)
{
	return flow->marks & (mark << (8 * direction));
}

/* The direction in which the flow's opener (its client) speaks: by SYN, by
 * SYN-ACK, by the lower port being the server's, by the first packet; *sure is
 * false for the last two. */
unsigned survey_client_direction(const struct survey_flow *flow, const struct capture_flow *key,
				 bool *sure);

/* Surveys one point: `flows` has room for the point's nodes, zeroed; flow i is
 * node point->first_node + i. Independent of other points: may run in a thread. */
void survey_point(const struct view *view, uint32_t point, struct survey_flow *flows);

/* What a later capture of a ring saw of a flow, added to what an earlier one saw. */
void survey_merge(struct survey_flow *into, const struct survey_flow *from);

#endif
