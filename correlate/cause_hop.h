/* What is known of a hop's drops: facts that the table of causes (cause.c) asks, gathered
 * once for each hop. Only correlate/cause*.c include this.
 *
 * Index [0] and [1] are the hop's directions. Times called near are the near stage's clock.
 */
#ifndef CROSSTAP_CORRELATE_CAUSE_HOP_H
#define CROSSTAP_CORRELATE_CAUSE_HOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "correlate/cause_gap.h"
#include "correlate/dossier.h"
#include "correlate/loss_period.h"
#include "correlate/verdict.h"
#include "correlate/words.h"

#define CAUSE_SILENCE_MIN_NS 1000000000 /* shorter silences are retransmission timers (RFC 6298: 1 s) */

struct cause_drop {
	struct odd *odd;
	uint32_t session;     /* in cause_hop.session */
	uint32_t answer;      /* number + 1 in cause_hop.answer: the hop's own to it; 0: none */
	uint32_t burst;       /* number + 1 in cause_hop.burst; 0: in none */
	uint8_t distance;     /* RFC 3357, see loss_distance() */
	bool scattered;       /* nothing but loss explains it, as far as is known */
	bool trailing;        /* nothing of its session passed behind it, in either direction */
	bool revived;         /* of drops after a silence that ended when the other end spoke */
	uint8_t rule, confidence;
};

/* A session that lost packets at the hop. */
struct cause_session {
	uint32_t session;     /* in sessions->list */
	uint32_t first, drops; /* its drops are by_session[first ...], in the order of time */
	uint32_t dropped[2];
	uint32_t behind[2];   /* drops behind which nothing of that direction passed */
	uint32_t trailing;    /* drops, see above */
	uint32_t in_burst;    /* drops */
	uint32_t cluster;     /* number + 1 in cause_hop.cluster; 0: none */
	int64_t passed_ns;    /* near: its last packet that passed; INT64_MIN: none did */
	int64_t silence_ns;   /* before the first trailing or revived drop; 0: not known */
	int64_t reset_ns;     /* the first RST that the hop put into it; INT64_MAX: none */
	bool opened;          /* a SYN of it was seen anywhere */
	bool silent;          /* its trailing drops follow a silence and are no chance */
};

/* What of a service passed, and what died. */
struct cause_service {
	uint8_t server[16], client[16]; /* client all zero: of whatever client */
	uint16_t port;
	uint8_t version, proto;         /* version 0: a free place */
	uint64_t passed[2], dropped[2], in_burst[2];
	uint32_t sessions[2];           /* that lost something */
	int64_t renewed_ns;             /* see cause_services_renew(); INT64_MAX: none was */
};

struct cause_services {
	struct memory *memory;
	struct cause_service *slot;
	uint32_t slots, used;
	uint64_t seed;
};

/* A packet that the hop made in answer to what it let die. */
struct cause_answer {
	int64_t time_ns;      /* reference */
	uint64_t quoted;      /* of an ICMP error: the packet that it quotes */
	uint32_t session;     /* of a RST */
	uint32_t way;
	uint32_t mtu;         /* of an ICMP error that tells one */
	uint32_t seq, ack;    /* of a RST */
	uint16_t type_code;   /* ICMP: type << 8 | code; 0: a RST */
	uint8_t version, ttl;
	uint8_t direction;
};

/* Drops close together, more of them than chance makes. */
struct cause_burst {
	int64_t from_ns, to_ns;
	uint64_t drops, packets; /* of that direction, from the first drop to the last, but those
				  * that died for another reason */
	uint64_t longest;        /* loss period */
	uint32_t sessions;
};

/* Behind it nothing passed of the sessions that were there before it, but new ones did. */
struct cause_moment {
	int64_t from_ns, to_ns;  /* near: the last that passed of them, the first that died */
	uint32_t sessions;       /* of which that is sure; 0: there is no such moment */
};

struct cause_hop {
	const struct judging *j;
	const struct hop_result *result;
	const struct hop *measured;
	uint8_t *const *code;
	struct odd *odd;         /* all odd packets of the hop */
	uint64_t odds;
	uint32_t hop;
	struct cause_drop *drop; /* in the order of time */
	uint32_t drops;
	uint32_t *by_session;    /* drops, by session, then time */
	struct cause_session *session; /* ascending */
	uint32_t sessions;
	struct cause_services services;
	struct cause_answer *answer; /* by time */
	uint32_t answers;
	struct cause_burst *burst;
	uint32_t bursts;
	uint64_t burst_room;
	struct gap_cluster cluster[GAP_CLUSTERS_MAX];
	uint32_t clusters;
	struct cause_moment moment;
	uint32_t silent_sessions; /* whose drops follow a silence, and no burst explains them */
	uint32_t unknown_sessions; /* of which nothing passed and no SYN was seen */
	uint64_t passed[2], dropped[2];
	uint64_t fragments_dropped[2];
	uint32_t longest[2];     /* IP bytes, of what passed, whole or cut into segments on the way */
	uint64_t bigger_dropped[2]; /* longer than that */
	uint64_t scattered[2];   /* drops that nothing but loss explains, so far */
	uint32_t scattered_sessions[2];
	struct loss_periods periods[2];
	double rate[2];          /* at which packets die that nothing systematic befell */
	uint8_t hops_taken[2];   /* what the hop takes off the TTL */
	bool hops_known[2];
	double certain[2];       /* share of what is missing downstream that died, rather than was not captured */
};

static inline bool cause_is_tcp(const struct odd *odd)
{
	return odd->proto == 6 && !(odd->marks & PACKET_FRAGMENT_LATER);
}

static inline const struct cause_session *cause_session_of(const struct cause_hop *c,
							   const struct cause_drop *drop)
{
	return &c->session[drop->session];
}

/* NULL: it lost nothing here. */
struct cause_session *cause_session_find(const struct cause_hop *c, uint32_t session);
int64_t cause_near_time(const struct cause_hop *c, const struct odd *odd);

/* cause_hop.c: drops, sessions, totals. False: no memory. */
bool cause_hop_gather(struct cause_hop *c);
void cause_hop_clear(struct cause_hop *c);

/* cause_service.c */
bool cause_services_gather(struct cause_hop *c);
/* The service of a drop, of its client only or of all clients. */
struct cause_service *cause_service_of(const struct cause_hop *c, const struct odd *odd,
				       bool of_client);
/* For each service of one client: when the first session that was opened after this time (near)
 * and passed in both directions had its last packet pass. */
void cause_services_renew(struct cause_hop *c, int64_t after_ns);

/* cause_answer.c: also the session's first RST of the hop's. */
bool cause_answers_gather(struct cause_hop *c);
void cause_answer_say(const struct cause_hop *c, const struct cause_drop *drop,
		      struct words *words);

/* cause_burst.c: from the drops that are scattered; then, when every drop has its cause, all
 * that each burst took. */
bool cause_bursts_find(struct cause_hop *c);
void cause_bursts_recount(struct cause_hop *c);

/* cause_silence.c: which sessions' drops follow a silence; then, when it is known what was
 * a burst, which lengths the silences have in common. */
enum status cause_silences_find(struct cause_hop *c, const struct dossier_source *source,
				struct error *err) MUST_CHECK;
enum status cause_silences_cluster(struct cause_hop *c, const struct dossier_source *source,
				   struct error *err) MUST_CHECK;

/* cause_moment.c: whether the hop forgot all its sessions at one moment. */
void cause_moment_find(struct cause_hop *c);

/* Whether so many drops of one session, in a row, are more than chance makes. */
bool cause_no_chance(const struct cause_hop *c, uint32_t dropped);

typedef void cause_sentence(const struct cause_hop *c, const struct cause_drop *drop,
			    struct words *words);

/* cause_table.c: the rules, first match wins; the last one always holds. */
struct cause_rule {
	uint8_t cause;        /* enum drop_cause */
	uint8_t most;         /* per cent: how sure it is when all speaks for it */
	bool (*holds)(const struct cause_hop *c, const struct cause_drop *drop);
	/* Things that say the same; NULL: one says all. */
	uint64_t (*samples)(const struct cause_hop *c, const struct cause_drop *drop);
	cause_sentence *say;
};
uint8_t cause_rule_find(const struct cause_hop *c, const struct cause_drop *drop);
const struct cause_rule *cause_rule(uint8_t number);

/* cause_say.c: the sentences */
cause_sentence cause_say_answered, cause_say_ttl, cause_say_mtu, cause_say_fragment,
	cause_say_policy, cause_say_policy_client, cause_say_cut, cause_say_moment,
	cause_say_silence, cause_say_no_session, cause_say_burst, cause_say_loss, cause_say_unknown;

/* cause_words.c: a length of time as people say it ("61.2 s"), a count of things. */
void cause_say_time(struct words *words, int64_t ns);
void cause_say_count(struct words *words, uint64_t count, const char *one, const char *several);
void cause_say_percent(struct words *words, double ratio);

#endif
