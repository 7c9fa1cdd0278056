/* Dossiers: sessions packet by packet, each packet with every point that saw it.
 *
 * What asks for the story of a session (why it was reset, where it died, the ladder) reads
 * its dossier and nothing else. A packet is one journey: its copies at later points are
 * sights of it. It stands in the order of time, and bears the fields that the first point
 * on its way saw: what a hop rewrote shows in the sights.
 */
#ifndef CROSSTAP_CORRELATE_DOSSIER_H
#define CROSSTAP_CORRELATE_DOSSIER_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/clock.h"
#include "correlate/journey.h"
#include "correlate/odd.h"
#include "correlate/path.h"
#include "correlate/session.h"
#include "correlate/view.h"

#define DOSSIER_PACKETS_MAX 8192u  /* of one session: its first and its last ones */

struct trace;

/* What dossiers are made from; all borrowed. */
struct dossier_source {
	const struct view *view;
	const struct path *path;
	const struct clock *clock;         /* by point: local time -> the time of the path, hops' fits included */
	const struct sessions *sessions;   /* of_node, client_direction, list, next_node */
	const struct journeys *journeys;
	uint8_t *const *code;              /* by point and index: see struct verdicts */
	struct trace *trace;               /* what has links and verdicts instead of these two, or NULL */
};

struct dossier_sight {
	int64_t time_ns;      /* the path's time */
	uint32_t index;       /* at the point */
	uint8_t point, stage, ttl;
};

struct dossier_packet {
	int64_t time_ns;      /* the path's time of the first sight */
	uint32_t sight;       /* the first of them in dossier->sight, in the order of travel */
	uint8_t sights;
	uint8_t ttl;
	bool from_client, forward; /* forward: along the path */
	uint8_t before;       /* enum verdict at the hop behind the first sight: VERDICT_NONE, it began at this end */
	uint8_t after;        /* ... at the hop ahead of the last sight: VERDICT_NONE, it got to that end */
	uint8_t before_hop, after_hop; /* of those hops; undefined where there is none */
	uint16_t flags, window, marks; /* enum packet_flag, not scaled, enum packet_mark */
	uint32_t seq, ack, payload;
	uint32_t end;         /* TCP: seq behind what it carries, SYN and FIN counted */
	uint32_t tsval, ip_id, options; /* options: number in the capture's dictionary */
};

struct dossier {
	uint32_t session;
	uint8_t proto;
	const struct dossier_packet *packet;
	uint32_t packets, left_out; /* left out of the middle */
	const struct dossier_sight *sight;
};

struct dossiers;

/* Collects the dossiers of `count` sessions, ascending in `session`. Of a session that is of several
 * connections (see struct sessions) it is the client's own, or the one that `connection` names (NULL:
 * the client's; else ascending among those of one session). One pass over all
 * records, whatever the count. Memory is that of the sessions' packets; with a trace, of those that are kept and
 * some more. */
enum status dossiers_open(struct dossiers **out, const struct dossier_source *source,
			  const uint32_t *session, const uint32_t *connection, uint32_t count,
			  struct error *err) MUST_CHECK;
/* Dossier `k` < count; lives as long as the dossiers. */
struct dossier dossiers_get(const struct dossiers *dossiers, uint32_t k);
/* NULL is legal; *dossiers becomes NULL. */
void dossiers_close(struct dossiers **dossiers);

/* Whether stage `stage` saw the packet. */
bool dossier_seen(const struct dossier *dossier, const struct dossier_packet *packet, uint32_t stage);

#endif
