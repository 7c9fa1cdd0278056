/* What one store's tables say, cut down to what can be held beside another's: each session in some
 * fifty bytes, each hop in stretches of time. Read once; whoever compares asks for one service,
 * hop or field after the other (compare_measure.h).
 *
 * Two runs have no packet in common, and hardly an address of a client: what is the same in both is
 * the service that a client asked for, so that is what sessions are gathered by.
 */
#ifndef CROSSTAP_REPORT_COMPARE_PROFILE_H
#define CROSSTAP_REPORT_COMPARE_PROFILE_H

#include "collect/dictionary.h"
#include "report/compare_stats.h"
#include "report/held.h"

#define PROFILE_TIMES 4u      /* of a session: handshake, client's, path's and server's, in this order */
#define PROFILE_TEXT_MAX 254u /* bytes of a service, a cause with its hop, a backend */
#define PROFILE_UNKNOWN INT64_MIN

struct profile_session {
	int64_t start_ns;
	int64_t time_ns[PROFILE_TIMES]; /* PROFILE_UNKNOWN */
	uint32_t service;  /* number in `services` */
	uint32_t end;      /* what it came to, in `words`: "outcome\tcause\thop"; see profile_word_hop() */
	uint32_t name;     /* that it asked for (TLS, HTTP), in `names`; "": none */
	uint32_t backend;  /* where it arrived, in `backends`; "": where the client sent it to */
	uint64_t packets;
	uint32_t retransmissions; /* no more than packets */
	uint16_t status;   /* of HTTP; 0: none */
	uint8_t block;     /* of its start: below STATS_BLOCKS */
	bool established;  /* it did not fail */
};

/* What befell a session, once for each kind: RSTs by cause and origin, drops by cause and hop. */
struct profile_mark {
	uint32_t session;  /* from 0 on */
	uint32_t kind;     /* in `words`: "reset\tcause\torigin", "dropped\tcause\thop" */
};

/* Drops or injections of one cause at a hop. */
struct profile_cause {
	uint32_t kind;     /* in `words`: "\tcause\t" */
	double part[STATS_BLOCKS];
};

/* A direction of a hop. */
struct profile_hop {
	char *hop, *direction;
	bool clock_known;
	int64_t clock_error_ns;
	double packets[STATS_BLOCKS];     /* that came to the hop */
	double dropped[STATS_BLOCKS];
	/* the typical quantile of a stretch's buckets: p50, p90, p99; PROFILE_UNKNOWN */
	int64_t delay_ns[3][STATS_BLOCKS];
	int64_t sparse_ns[3][STATS_BLOCKS]; /* of stretches with few packets: see profile_stretch() */
	uint64_t bucket_packets;          /* a bucket's, the median */
	struct profile_cause *cause[2];   /* drops, injections */
	uint32_t causes[2];
};

struct profile {
	struct held manifest, run, hops, changes, offers, distributions; /* as the tables have them */
	int64_t first_ns, last_ns;        /* of all captures */
	int64_t block_ns;                 /* a stretch, by sessions' starts */
	uint64_t packets;                 /* of all captures */
	struct dictionary *services, *words;
	struct dictionary *names, *backends; /* which are the clients' words, and may be many */
	struct profile_session *session;
	uint32_t sessions;
	uint32_t *by_service;             /* sessions' places, service by service */
	uint32_t *service_first;          /* where one's begin; one more than there are services */
	struct profile_mark *mark;        /* by session */
	uint32_t marks;
	uint32_t *balance;                /* in `words`: "balance\taddress:port\thop" */
	uint32_t balances;
	struct profile_hop *hop;          /* in the order of hops.csv */
	uint32_t hops_count;
};

/* Opens the store, reads, and closes it. */
enum status profile_read(struct profile **out, const char *path, struct error *err) MUST_CHECK;
/* NULL is legal; *profile becomes NULL. */
void profile_free(struct profile **profile);

/* A text by its number; valid until profile_free(). */
const char *profile_service(const struct profile *profile, uint32_t number);
const char *profile_word(const struct profile *profile, uint32_t number);
const char *profile_name(const struct profile *profile, uint32_t number);
const char *profile_backend(const struct profile *profile, uint32_t number);
/* A hop as a word names it: by its place in hops.csv, or else itself. Borrowed, as `text` is. */
const char *profile_word_hop(const struct profile *profile, const char *text);
/* Whether there were more services, or rows of a table, than can be held. */
bool profile_services_cut(const struct profile *profile);
static inline bool profile_cut_table(const struct held *held)
{
	return held->count < held->total;
}
/* A service's number, or DICTIONARY_NONE. */
uint32_t profile_find_service(const struct profile *profile, const char *service);

/* A direction of a hop; NULL: it is not there. */
struct profile_hop *profile_find_hop(const struct profile *profile, const char *hop, const char *direction);

/* A value of run.csv; "" where there is none. */
const char *profile_run(const struct profile *profile, const char *key);
/* How long the captures last, at least 1 ns. */
double profile_duration_s(const struct profile *profile);

#endif
