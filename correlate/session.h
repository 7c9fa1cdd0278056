/* Sessions: conversations, joined over all points, through NAT.
 *
 * A session is a set of nodes (a flow at a point). Nodes of the same 5-tuple
 * that live at the same time belong together; nodes of different tuples do
 * when their packets' links say so (NAT, PAT, a load balancer's DNAT): that is
 * how translations are learned, nobody types them.
 *
 * Directions are told relative to the session: `way` 0 is the direction of the
 * packets from the session's client, whatever the tuple at a point.
 */
#ifndef CROSSTAP_CORRELATE_SESSION_H
#define CROSSTAP_CORRELATE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/journey.h"
#include "correlate/meeting.h"
#include "correlate/path.h"
#include "correlate/survey.h"
#include "correlate/view.h"

/* How the direction over the hops was found, best first. */
enum direction_evidence {
	DIRECTION_DELAY,   /* differences of the two ways */
	DIRECTION_TTL,
	DIRECTION_MAC,     /* link addresses that other sessions' packets bear the same way */
	DIRECTION_HOST,    /* the side on which other sessions have this host */
	DIRECTION_SYN,     /* who opened it: clients are at the path's beginning */
	DIRECTION_EVIDENCES
};

struct session {
	int64_t start_ns, end_ns;  /* reference time */
	uint32_t first_node;       /* chain through sessions->next_node */
	uint32_t nodes;
	uint8_t proto;
	bool client_forward;       /* the client's packets travel along the path */
	uint8_t evidence;          /* enum direction_evidence, for client_forward */
	bool client_sure;          /* the client is known by its SYN */
	bool translated;           /* it bears different tuples at different points */
};

struct sessions {
	uint32_t count;
	struct session *list;      /* by start, then tuple */
	uint32_t nodes;
	uint32_t *of_node;         /* session of each node */
	uint32_t *next_node;       /* next node of the same session, or UINT32_MAX; in order of stages */
	uint8_t *client_direction; /* of each node: the flow direction of the client's packets */
	uint8_t *lane;             /* of each node, by sessions_set_lanes(): what of its session is asked for
				      each packet, so that few bytes are enough */
	uint32_t *connection;      /* of each node, where some sessions are of several TCP connections (the
				      legs of a proxy): a number for each; NULL: none is */
	/* while they are being found */
	uint32_t *parent;
	uint8_t *flip;             /* direction 0 here is direction 1 at the parent */
	struct session_lean *lean; /* by node: which way its packets go */
};

/* What the packets of a node say about the direction they travel. */
struct session_lean {
	int64_t difference_ns[2], time_ns[2]; /* last packet of each direction: far time - near time */
	int32_t delay, ttl;        /* > 0: direction 0 goes along the path */
	bool seen[2];
};

/* Joins nodes of the same tuple. */
enum status sessions_new(struct sessions **out, const struct view *view,
			 const struct meeting *meeting, const struct survey_flow *flows,
			 int64_t tmax_ns, struct error *err) MUST_CHECK;
void sessions_free(struct sessions **sessions);

/* Joins nodes whose packets are linked; takes back links (of a minority) that
 * contradict; collects what the links say about directions. */
enum status sessions_learn(struct sessions *sessions, struct journeys *journeys,
			   const struct view *view, const struct path *path,
			   const struct meeting *meeting, int64_t tmax_ns,
			   struct error *err) MUST_CHECK;

/* Frees what is only needed while they are being found. */
void sessions_forget(struct sessions *sessions);
/* The root of a node's session so far, and whether its directions are swapped there. */
uint32_t sessions_root(struct sessions *sessions, uint32_t node, uint8_t *flip);
/* Joins two nodes; `flip`: direction 0 of the one is direction 1 of the other. */
void sessions_join(struct sessions *sessions, uint32_t a, uint32_t b, uint8_t flip);
/* +1: direction 0 of this root goes along the path; -1: against it; 0: not known yet. */
int sessions_lean(const struct sessions *sessions, uint32_t root, uint8_t *evidence);

/* Numbers the sessions and settles client and direction of each; roots and leans are
 * forgotten then. */
enum status sessions_settle(struct sessions *sessions, const struct view *view,
			    const struct path *path, const struct meeting *meeting,
			    const struct survey_flow *flows, struct error *err) MUST_CHECK;

/* Takes over what the list and client_direction say, once they are settled. */
void sessions_set_lanes(struct sessions *sessions);

/* Whether a packet of `way` (node << 1 | direction) travels along the path. */
static inline bool sessions_forward(const struct sessions *s, uint32_t way)
{
	return !((s->lane[way >> 1] ^ way) & 1);
}

/* The evidence for that: enum direction_evidence. */
static inline unsigned sessions_evidence(const struct sessions *s, uint32_t way)
{
	return s->lane[way >> 1] >> 1;
}

/* The connection of a node; 0 where no session has several. */
static inline uint32_t sessions_connection(const struct sessions *s, uint32_t node)
{
	return s->connection ? s->connection[node] : 0;
}

/* The client's own connection of a session. */
static inline uint32_t sessions_front(const struct sessions *s, uint32_t session)
{
	uint32_t n = s->list[session].first_node;

	if (!s->connection)
		return 0;
	while (!s->list[session].client_forward && s->next_node[n] != UINT32_MAX)
		n = s->next_node[n];
	return s->connection[n];
}

/* The records of a session at all points, copies included. `flows` is by node. */
static inline uint64_t sessions_records(const struct sessions *s, const struct survey_flow *flows,
					uint32_t session)
{
	uint64_t records = 0;
	uint32_t n;

	for (n = s->list[session].first_node; n != UINT32_MAX; n = s->next_node[n])
		records += (uint64_t)flows[n].packets[0] + flows[n].packets[1];
	return records;
}

/* The service that a node's session asks for: the server's address (network
 * order) and port as seen there. ICMP has no port: an echo's identifier is none. */
struct session_service {
	const uint8_t *server;
	uint16_t port;
};

static inline struct session_service sessions_service(const struct sessions *s,
						      const struct capture_flow *flow,
						      uint32_t node)
{
	bool client_is_b = s->client_direction[node], icmp = flow->proto == 1 || flow->proto == 58;

	return (struct session_service){client_is_b ? flow->a : flow->b,
					icmp ? 0 : client_is_b ? flow->a_port : flow->b_port};
}

#endif
