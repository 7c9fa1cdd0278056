/* Findings while they are made: what finding.c and finding_*.c share.
 */
#ifndef CROSSTAP_CORRELATE_FINDING_LIST_H
#define CROSSTAP_CORRELATE_FINDING_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "correlate/expect.h"
#include "correlate/reset.h"
#include "correlate/story.h"
#include "correlate/verdict.h"
#include "correlate/words.h"

#define FINDING_TEXT 768
#define FINDING_HOP 560          /* room for a hop's name */

enum severity { SEVERITY_HIGH, SEVERITY_MEDIUM, SEVERITY_LOW, SEVERITY_INFO };

/* What things must share to be one finding. */
struct finding_key {
	uint8_t what;      /* which table of findings it belongs to: that file's own */
	uint8_t hop, direction, cause;
	uint8_t version, proto;
	uint16_t port;
	uint8_t server[16]; /* zero where the finding is not about a service */
};

struct finding {
	uint8_t severity;
	char kind_text[48];
	uint32_t hop;      /* UINT32_MAX: of no hop */
	int direction;     /* -1: of none */
	char subject[96];
	uint64_t count;
	int64_t first_ns, last_ns;
	char text[FINDING_TEXT], evidence[FINDING_TEXT];
	uint32_t order;    /* in which it was made */
	uint32_t others;   /* it stands for so many, with fewer each */
};

struct findings {
	const struct judging *j;
	const struct verdicts *v;
	const struct stories *stories;
	struct finding *list;
	uint32_t count, room;
	uint32_t made;     /* all that ever were */
	bool failed;       /* no memory */
};

/* A new one, of no hop; borrowed until the next. NULL: no memory, and f->failed. */
struct finding *finding_new(struct findings *f, enum severity severity, const char *kind);

/* "1,234,567" */
void finding_number(char *text, size_t room, uint64_t n);
/* "10.0.0.1:80", or with the protocol in front where it is not TCP */
void finding_server(const struct finding_key *key, char *text, size_t room);
/* "fw-in > fw-out", in the direction of travel. */
void finding_hop(const struct judging *j, uint32_t hop, int direction, char *text, size_t room);
const char *finding_plural(uint64_t n);
/* The words, cut to what a finding holds. */
void finding_say(char text[FINDING_TEXT], const struct words *words);

/* Keeps a few of each kind where there are many; to be called between two findings. */
void findings_bound(struct findings *f);

/* What packets say: drops, injections, resets. */
void findings_of_packets(struct findings *f, const struct resets *resets);
/* What the hops' own counts say. */
void findings_of_hops(struct findings *f);
/* What the hops rewrote. */
void findings_of_changes(struct findings *f);
/* Whether those say already what sessions are a finding for (enum session_finding). */
bool finding_said_by_changes(const struct findings *f, uint32_t hop, unsigned find);
/* What the rows of the policy met with. */
void findings_of_expects(struct findings *f, const struct expects *expects);
/* What sessions came to, where packets and hops have not said it. After the others. */
void findings_of_sessions(struct findings *f);

#endif
