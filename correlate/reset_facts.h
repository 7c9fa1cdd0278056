/* What a session's dossier says of each of its RSTs: which packet it answers, how its
 * socket stood, what came before and behind.
 *
 * "Own" is the end in whose name the RST is, "peer" the other one. Everything is told as it
 * looked at the stage that saw the RST first on its way: there order needs no clock. Lengths of
 * time are in ns, RESET_NEVER where there is none; moments are the path's time.
 */
#ifndef CROSSTAP_CORRELATE_RESET_FACTS_H
#define CROSSTAP_CORRELATE_RESET_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/dossier.h"

struct reset;

#define RESET_NEVER INT64_MIN
#define RESET_ANSWER_NS INT64_C(3000000000) /* an answer comes no later, whatever the round trip */
#define RESET_GIVEN_UP_NS INT64_C(500000000) /* nobody sets a proxy's timer shorter */
#define RESET_WHICHEVER 0xfe                /* repeated packets: lost here and there */
#define RESET_ARRIVED 0xff                  /* ... or not lost on the way */

/* What the packet is that a RST answers (RFC 9293 3.5.2: one without ACK bears SEG.ACK as its
 * sequence number, one with ACK bears 0 and acknowledges all of a segment without ACK). */
enum reset_answer {
	RESET_ANSWERS_NOTHING, RESET_ANSWERS_SYN, RESET_ANSWERS_SYNACK, RESET_ANSWERS_FIN,
	RESET_ANSWERS_DATA, RESET_ANSWERS_ACK
};

/* What had closed the socket that a RST speaks for. */
enum reset_shut { RESET_SHUT_NOT, RESET_SHUT_FIN, RESET_SHUT_OWN_RST, RESET_SHUT_PEER_RST };

struct reset_facts {
	bool known;             /* the dossier has it; the rest means nothing where not */
	bool bare;              /* without ACK */
	bool own_syn, own_synack, own_fin, own_data, own_any; /* own sent these before */
	bool peer_syn, peer_fin, peer_data, peer_any;
	bool at_next;           /* its sequence number is own's next one */
	bool live;              /* timestamps where own has them: the form of a socket that lives */
	bool died;              /* the answered packet died at the hop behind the RST */
	bool crossed;           /* ... or was seen behind it; without an answered packet: own's last */
	bool window_fell;       /* its window is less than own's had been */
	bool scaled_alike;      /* ... and can be compared: not 0 */
	bool df_differs, too_quick;
	bool syn_anywhere;      /* some point saw a SYN of the session */
	bool more_came;         /* peer's data went on coming, within a second */
	bool foreign_ack;       /* the answered packet acknowledges what own never sent */
	uint8_t answers;        /* enum reset_answer */
	uint8_t shut;           /* enum reset_shut */
	uint8_t own_ttl;        /* of own's last packet there; 0: none */
	uint8_t run_hop;        /* where repeated packets or probes died; RESET_ARRIVED, RESET_WHICHEVER */
	uint32_t follows;       /* number + 1 of the RST before it of the same kind, within a second */
	uint32_t ip_id, own_ip_id;
	uint32_t unread;        /* peer's bytes since own's last data */
	uint32_t shift;         /* what the answered packet acknowledges beyond own's next number */
	uint32_t ahead;         /* sequence number beyond what the receiver expected, at its last sight */
	uint32_t syns;          /* own's */
	uint32_t repeats;       /* of own's oldest segment, without an answer, beyond the first */
	uint32_t probes;        /* own's keep-alives without an answer */
	uint16_t window;
	uint32_t answered_tsval;
	int64_t at_ns;          /* moment */
	int64_t answered_ns;    /* from the answered packet to the RST */
	int64_t quiet_ns;       /* longest silence since own's last packet, the answered packet behind it */
	int64_t own_ns, own_data_ns, peer_data_ns, shut_ns; /* since */
	int64_t own_at_ns;      /* moment of own's last packet */
	int64_t syn_ns;         /* since own's first SYN; of a SYN-ACK answered, up to that */
	int64_t run_ns;         /* from the first repeat or probe to the last */
	int64_t step_ns;        /* between probes, the longest */
	int64_t alive_at_ns;    /* moment: the last packet that passed the hop behind the RST, either way */
	int64_t dead_at_ns;     /* moment: peer's first one since that died there */
	int64_t gap_ns;         /* silence before that one */
	int64_t survived_ns;    /* longest silence before a packet that passed */
	int64_t after_ns;       /* to own's next packet but RSTs */
	int64_t challenged_ns;  /* to the empty ACK of the receiver, which went on */
	/* of other sessions: filled in by reset_crowd.h */
	uint8_t prior;          /* enum reset_prior: the connection of the same tuple before this one */
	uint32_t host_sessions; /* of own's host, that died alike between two moments; 0: not so */
	uint32_t parallel;      /* number + 1 of a session that own's host opened together with this one */
	bool recycled;          /* its SYN's TSval is less than the last one that came from there: */
	uint32_t tsval_last;
	int64_t tsval_ns;       /* from that to the RST */
	bool other_side;        /* another RST was injected the other way within a second */
	uint32_t injected;      /* RSTs that were, in this session, both ways */
	int64_t prior_ns;       /* from its last packet to this session's first */
	int64_t host_from_ns, host_to_ns; /* moments */
	int64_t other_ns;       /* from or to that RST */
	/* of the two legs of a proxied session: filled in by reset_legs.h */
	uint8_t ended_by;       /* enum reset_leg: whose FIN or RST came first */
	bool ended_by_reset;
	bool on_back, by_proxy; /* it is on the server's leg; the proxy sent it */
	bool both_legs;         /* the proxy ended both */
	int64_t ended_ns;       /* since that first end */
	int64_t idle_ns;        /* silence before the proxy's end */
};

enum reset_leg { RESET_LEG_NONE, RESET_LEG_CLIENT, RESET_LEG_SERVER, RESET_LEG_PROXY };

enum reset_prior { RESET_PRIOR_NONE, RESET_PRIOR_CLOSED, RESET_PRIOR_OPEN };

static inline void reset_facts_begin(struct reset_facts *facts)
{
	*facts = (struct reset_facts){.after_ns = RESET_NEVER, .challenged_ns = RESET_NEVER};
}

/* Fills facts[list[k]], which are zeroed but for what reset_facts_begin() sets, of the RSTs
 * resets[list[k]], by point and index, all of the dossier's session. */
enum status reset_facts_find(struct reset_facts *facts, const struct reset *resets,
			     const uint32_t *list, uint32_t count, const struct dossier *dossier,
			     const struct dossier_source *source, struct error *err) MUST_CHECK;

/* a - b: times are of captures, hence anything, and differences wrap around. */
static inline int64_t reset_apart(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

#endif
