/* Odd packets, and what they are judged by.
 *
 * A record has up to two verdicts: one at the hop to the next stage, one at
 * the hop to the stage before. Most are read off the links. What no link
 * explains is an `odd` packet: seen upstream only, or downstream only; those are
 * gathered, given the evidence that TCP and the captures hold, and judged.
 */
#ifndef CROSSTAP_CORRELATE_ODD_H
#define CROSSTAP_CORRELATE_ODD_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/analysis.h"
#include "correlate/bins.h"
#include "correlate/content.h"
#include "correlate/histogram.h"
#include "correlate/hop.h"
#include "correlate/journey.h"
#include "correlate/leg.h"
#include "correlate/meeting.h"
#include "correlate/path.h"
#include "correlate/session.h"
#include "correlate/survey.h"
#include "correlate/view.h"

/* Stored in 4 bits each: only append, 16 at most. */
enum verdict {
	VERDICT_NONE, /* no hop there */
	VERDICT_MATCHED,
	VERDICT_DROPPED,
	VERDICT_INJECTED,
	VERDICT_DUPLICATED,
	VERDICT_LOCAL,
	VERDICT_UNCAPTURED,
	VERDICT_EDGE,
	VERDICT_AMBIGUOUS,
	VERDICT_EXCLUDED,
	VERDICT_COPIES,
	VERDICTS
};

enum hop_direction { HOP_FORWARD, HOP_REVERSE, HOP_NO_DIRECTION, HOP_DIRECTIONS };

/* Why a packet without a partner got its verdict; each has a sentence. */
enum reason {
	REASON_NONE,
	REASON_EDGE_START, REASON_EDGE_END, REASON_EDGE_HOLE,
	REASON_BOX_ADDRESS, REASON_BOX_ERROR, REASON_BOX_SESSION, REASON_OTHER_WAY,
	REASON_OTHER_LINK,
	REASON_ACKED, REASON_LATER_POINT, REASON_CAPTURE_DROPS, REASON_CAPTURE_DEAF,
	REASON_CAPTURE_MISSES, REASON_SENDER_WENT_ON,
	REASON_RETRANSMISSION_PASSED, REASON_SESSION_ENDS, REASON_ONE_SIDE, REASON_ONE_SIDE_HOST,
	REASON_NO_COPY, REASON_NO_COPY_DOUBT,
	REASON_FOREIGN_RESET, REASON_RESET_ONE_SIDE, REASON_FOREIGN_PACKET, REASON_FOREIGN_MANY,
	REASON_SENDER_REPEATS,
	REASON_LIKE_ITS_FLOW,
	REASON_RECUT, REASON_SWALLOWED, REASON_TWICE,
	REASON_SYN_PROXY, REASON_NAMESAKE, REASON_RESEQUENCED, REASON_MAYBE_RESEQUENCED,
	REASONS
};

/* A packet that no link explains at a hop. */
struct odd {
	int64_t time_ns;     /* reference time */
	uint32_t point, index, way, session;
	uint32_t seq, end;   /* TCP: what it carries, [seq, end); a later fragment: its offset */
	uint32_t length;     /* IP bytes */
	uint32_t ip_id;
	uint16_t header;     /* of those, IP's and the transport's headers */
	uint16_t flags, marks;
	uint8_t hop, direction;
	uint8_t ttl, proto;
	bool upstream;       /* seen at the hop's upstream side, missing downstream; else the reverse */
	bool alone;          /* no packet of its session is matched at this hop */
	bool resequenced;    /* it is at the other side under numbers that a box moved in mid-session */
	bool maybe_resequenced; /* it may be one of those there that nothing tells apart */
	uint8_t marked;      /* enum verdict that its marks give, which holds unless it is re-cut */
	/* what it has in common with packets that were cut otherwise, see recut.h */
	bool recut, partly;  /* all, or some, of its bytes are in odd packets of the other side */
	bool twice;          /* ... but had come once before, in the same packet */
	bool swallowed;      /* an ACK without data that may have gone into a joined segment */
	uint32_t missing;    /* bytes; partly: of it */
	uint32_t gap_from, gap_to; /* the first of them, counted from its beginning */
	int64_t arrived_ns;  /* upstream, re-cut: reference time of its last byte; INT64_MIN: not known */
	uint8_t arrived_at;  /* ... and the point */
	/* evidence */
	bool covered_before; /* its bytes, or later ones, had passed the other side before */
	bool copy_passed;    /* another packet with some of its bytes passed the other side later */
	bool acked;          /* the receiver acknowledged it, and no other copy had passed... */
	bool acked_early;    /* ... but one from before the captures began may have */
	bool went_on;        /* the sender went on behind it without the other side ever showing it */
	/* judgement */
	uint8_t verdict, reason, confidence; /* per cent */
	uint8_t cause;       /* of a drop: enum drop_cause */
};

struct account {
	uint64_t packets;          /* all, with copies */
	uint64_t verdict[VERDICTS];
};

/* What a session did at one hop. */
struct hop_session {
	uint32_t matched[2], upstream[2], downstream[2]; /* by direction: matched, odd at either side */
	uint32_t recut[2];       /* of both sides: cut or joined on the way */
	int64_t last_ns[2];                              /* near side's time of the last matched packet */
	/* of its last matched packet, by direction: see change.c and change_key.c */
	uint32_t change[2], ways[2];
	uint8_t nat[2];
};

struct delays;
struct changes;

struct hop_result {
	struct account account[HOP_DIRECTIONS][VIEW_POINTS_MAX]; /* by point, whichever side */
	struct delays *delays;      /* the same over time */
	struct changes *changes[2]; /* of matched packets, by direction */
	struct histogram *delay[2]; /* absolute when the hop's clock is known, else raw */
	uint64_t reordered[2], modified[2];
	uint64_t evidence[2][DIRECTION_EVIDENCES]; /* packets by how their direction was found */
	uint32_t length_max[2];     /* of matched packets, IP bytes */
	struct bins_lengths lengths[2]; /* by direction, as they were upstream: see verdict_is_sent() */
	uint64_t fragments[2][2];   /* matched fragments: first ones, later ones */
	struct hop_session *session; /* by session */
};

/* All that is known of a run when verdicts are given. */
struct judging {
	const struct view *view;
	const struct path *path;
	const struct meeting *meeting;
	const struct survey_flow *flows;
	const struct sessions *sessions;
	const struct journeys *journeys;
	const struct hops *hops;
	const struct legs *legs;
	const struct analysis_flow *analysis; /* by node */
	const struct contents *contents;
	int64_t tmax_ns;
	int64_t start_ns, end_ns; /* of the whole run, reference time */
};

/* Whether an upstream packet is one of those that loss is measured by: it went into the hop, and
 * whether it came out is known. */
static inline bool verdict_is_sent(enum verdict verdict)
{
	return verdict == VERDICT_MATCHED || verdict == VERDICT_DROPPED ||
	       verdict == VERDICT_UNCAPTURED;
}

/* Stages of an odd packet: where it was seen and where it is missing. */
static inline uint32_t odd_missing_stage(const struct path *path, const struct odd *odd)
{
	return path->stage[odd->point] == odd->hop ? odd->hop + 1u : odd->hop;
}

#endif
