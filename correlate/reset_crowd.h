/* Crowds: what many sessions together say of a RST that one session cannot: a hop that
 * forgets sessions after one length of silence, or all at one moment; a host whose sessions
 * all died between two moments; a connection opened beside this one; the one before it on the
 * same tuple.
 */
#ifndef CROSSTAP_CORRELATE_RESET_CROWD_H
#define CROSSTAP_CORRELATE_RESET_CROWD_H

#include "collect/error.h"
#include "correlate/odd.h"
#include "correlate/reset.h"
#include "correlate/reset_facts.h"

/* Sessions that passed a hop before, and whose next packet died there and was answered there. */
struct reset_forgotten {
	uint32_t sessions;
	int64_t gap_min_ns, gap_max_ns;      /* silence before the packet that died */
	int64_t survived_ns;                 /* longest silence behind which a packet passed */
	int64_t alive_last_ns, dead_first_ns; /* moments: any of them last passed, first died */
	int64_t dead_last_ns;
};

struct reset_crowd {
	struct reset_forgotten hop[VIEW_POINTS_MAX]; /* by hop */
};

/* Whether the hop answered for a session that it had let pass, and that nothing had closed. */
bool reset_forgotten_by_hop(const struct reset *reset, const struct reset_facts *facts);
/* Whether an end answered as one does that knows nothing of a session that it had. */
bool reset_forgotten_by_end(const struct reset *reset, const struct reset_facts *facts);
/* Whether an end gave up a connection that it opened and never used. */
bool reset_unused(const struct reset *reset, const struct reset_facts *facts);
/* Whether an end's SYN was answered as if its tuple had a connection. */
bool reset_tuple_in_use(const struct reset *reset, const struct reset_facts *facts);

/* Whether an end refused a SYN that bears a timestamp. */
bool reset_refused_stamp(const struct reset *reset, const struct reset_facts *facts);

/* Fills the crowds and the facts that are of other sessions. `list` has the resets by
 * session, then time. */
enum status reset_crowd_gather(struct reset_crowd *crowd, const struct resets *resets,
			       const uint32_t *list, const struct judging *judging,
			       const struct dossier_source *source, struct error *err) MUST_CHECK;

/* A RST that asks something of other sessions, or a session that may answer. */
struct crowd_key {
	uint8_t version, address[16], other[16]; /* the address is that of own's host */
	uint16_t port, other_port;
	uint32_t number, session;                /* of the RST; of the session */
	int64_t time_ns;
};

/* All RSTs that `asks`, by address and session; true: *out may be NULL as there are none. False:
 * no memory. Caller frees *out. */
bool crowd_keys(const struct resets *resets, const struct judging *judging,
		bool (*asks)(const struct reset *, const struct reset_facts *),
		struct crowd_key **out, uint64_t *count);
/* Established sessions of these clients, as seen at each session's first node, by address and
 * time: when the client's handshake was through there, by the reference clock. Caller frees
 * *out. False: no memory. */
bool crowd_openings(const struct judging *judging, const struct crowd_key *client,
		    uint64_t clients, struct crowd_key **out, uint64_t *count);
int crowd_address_compare(const struct crowd_key *a, const struct crowd_key *b);
/* The first of `open` of key's address that is not before time_ns. */
uint64_t crowd_from(const struct crowd_key *open, uint64_t opens, const struct crowd_key *key,
		    int64_t time_ns);

/* Which refused SYNs had a TSval below that of another connection from their address. */
enum status reset_recycle_find(const struct resets *resets, const struct judging *judging,
			       const struct dossier_source *source, struct error *err) MUST_CHECK;

#endif
