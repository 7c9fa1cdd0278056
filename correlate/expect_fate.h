/* Fates: what became of what a session's client asked for: whether it came to the end of the path, and if
 * not, at which hop it ended, with an answer of that hop's or without. What the captures cannot tell is
 * said to be unknown, and why; nothing is guessed.
 */
#ifndef CROSSTAP_CORRELATE_EXPECT_FATE_H
#define CROSSTAP_CORRELATE_EXPECT_FATE_H

#include "correlate/cause.h"
#include "correlate/verdict.h"

enum expect_fate {
	FATE_ARRIVED,  /* at the last point of its way; whether the server then wanted it is no matter */
	FATE_STOPPED,  /* dropped, without an answer */
	FATE_REJECTED, /* dropped, and the hop answered: RST or ICMP error */
	FATE_UNKNOWN,
	FATE_NONE,     /* nobody asked for anything: ICMP errors only */
	FATES = FATE_NONE
};

/* Why a fate is unknown. */
enum expect_doubt {
	DOUBT_NONE,
	DOUBT_BEGINNING,  /* its SYN, or first request, is in no capture */
	DOUBT_ONE_POINT,  /* the last one: where it came from does not show */
	DOUBT_EDGE, DOUBT_AMBIGUOUS, DOUBT_UNCAPTURED, DOUBT_OTHER_WAY, DOUBT_LOCAL, /* verdicts */
	DOUBT_CHANCE,     /* so few packets die by chance */
	DOUBT_NO_RULE,    /* dropped for its size, its TTL, or in a burst: no rule's doing */
	DOUBT_UNHEARD,    /* what comes back was not captured there: an answer would not show */
	DOUBT_LIMITED,    /* silent, where others were answered: ICMP errors are limited in rate */
	DOUBTS
};

#define EXPECT_NO_HOP UINT8_MAX

struct expect_outcome {
	uint8_t fate, doubt, hop; /* hop: where it ended; EXPECT_NO_HOP */
	uint8_t confidence;       /* per cent */
	bool sure;                /* stopped by what is no chance */
	bool burst;               /* stopped while nothing passed: an outage, if others of its kind came through */
	uint32_t drops;           /* of its client's packets there */
};

struct expect_fates;

/* What the run tells of all sessions, gathered once; borrows all that is given. */
enum status expect_fates_open(struct expect_fates **out, const struct judging *judging,
			      const struct verdicts *verdicts, const struct causes *causes,
			      struct error *err) MUST_CHECK;
void expect_fates_close(struct expect_fates **fates); /* NULL is legal */

struct expect_outcome expect_fate_of(const struct expect_fates *fates, uint32_t session);
/* The rate at which packets of that direction die there in sessions that passed. */
double expect_loss_rate(const struct expect_fates *fates, uint32_t hop, unsigned direction);
/* Whether the captures before the hop show anything that comes back. */
bool expect_hears(const struct expect_fates *fates, uint32_t hop, unsigned direction);

#endif
