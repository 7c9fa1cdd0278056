/* Legs: a full proxy ends a client's connection and opens another one to a server. The two share no
 * packet; they are paired by what they carry, and by time.
 *
 * What is paired is exchanges: a request and its answer where they can be read (HTTP), else a whole
 * connection. Evidence, best first: the PROXY protocol or a Forwarded header names the client's
 * address and port; the random of a TLS hello, or rare pieces of a request; the same request
 * within the time that the client's lasted; time alone (encrypted legs): then the pair is
 * probable, the more so the farther off the next best is.
 *
 * Packets of both legs end or begin at the hop: none is lost there. That a hop is a proxy wants evidence
 * (leg_match.c), and so does what is not paired, but ends there, too (leg_mark.h): other packets
 * may be routed, and dropped, beside it.
 */
#ifndef CROSSTAP_CORRELATE_LEG_H
#define CROSSTAP_CORRELATE_LEG_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/content.h"
#include "correlate/hop.h"
#include "correlate/journey.h"
#include "correlate/links.h"
#include "correlate/meeting.h"
#include "correlate/path.h"
#include "correlate/session.h"
#include "correlate/survey.h"
#include "correlate/view.h"

enum leg_evidence { LEG_NAMED, LEG_RARE, LEG_REQUEST, LEG_TIME, LEG_EVIDENCES };

/* One exchange on both legs. The front is the client's. */
struct leg_pair {
	uint32_t front, back;         /* nodes */
	uint32_t front_number, back_number; /* of the exchange on its connection; LEG_WHOLE */
	int64_t request_ns, response_ns; /* what the proxy took: the request's first byte in to out, the answer's;
					    by the coarse clocks; INT64_MIN: not known */
	uint8_t hop, evidence, confidence; /* enum leg_evidence; per cent */
	bool failed;                  /* the server never took it: another try may have followed */
	uint16_t front_status, back_status; /* HTTP; 0: none was seen */
};
#define LEG_ERROR_STATUS 500  /* HTTP: the server failed, or the proxy says so */
#define LEG_WHOLE UINT32_MAX
#define LEG_SURE 90 /* per cent: what is less sure makes no session one with another */

/* A request that was sent on to nobody. */
struct leg_alone {
	uint32_t front;               /* node */
	uint16_t status;
};

enum leg_end { LEG_ENDS_AHEAD = 1, LEG_ENDS_BEHIND = 2 }; /* at the hop to the next stage, to the one before */

struct legs {
	struct leg_pair *pair;        /* by hop, front, its number, back */
	uint64_t pairs, room;
	struct leg_alone *alone;      /* of proxied hops, by front */
	uint64_t alones, alone_room;
	uint8_t *ends;                /* by node: enum leg_end; NULL: no hop is proxied */
	bool proxied[VIEW_POINTS_MAX]; /* by hop */
};

/* What pairing reads. */
struct leg_source {
	const struct view *view;
	const struct path *path;
	const struct meeting *meeting;
	const struct clock *clock;    /* of each point, to reference time */
	const struct hops *hops;      /* how well these are known; NULL: not at all */
	const struct survey_flow *flows;
	const struct contents *contents;
	const struct journeys *journeys;
	const struct link_count *links; /* by node, of the first matching */
	unsigned threads;
};

/* Pairs the legs at all hops, where flows of both sides are without a link. */
enum status legs_find(struct legs **out, const struct leg_source *source, struct error *err) MUST_CHECK;
/* Makes the legs that no other client's connection uses one session with the client's. */
enum status legs_join(const struct legs *legs, struct sessions *sessions,
		      const struct survey_flow *flows, const struct view *view,
		      struct error *err) MUST_CHECK;
/* NULL is legal; *legs becomes NULL. */
void legs_free(struct legs **legs);

/* The pairs whose front is this node: *count of them, borrowed. */
const struct leg_pair *legs_of_front(const struct legs *legs, uint32_t node, uint64_t *count);

/* Whether the client got an error that no server sent: another status than the server's, or one of
 * the proxy's own. */
bool legs_differ(const struct legs *legs, uint32_t front);

/* Whether a connection ends at the hop to the next stage. */
static inline bool legs_end_ahead(const struct legs *legs, uint32_t node)
{
	return legs->ends && (legs->ends[node] & LEG_ENDS_AHEAD);
}

const char *leg_evidence_name(enum leg_evidence evidence);

#endif
