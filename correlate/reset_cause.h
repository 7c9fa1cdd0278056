/* Why a RST was sent: a table of predicates over what the dossier of its session and the
 * crowd of all sessions say; the first that holds names the cause, with a confidence and a
 * sentence that holds the numbers.
 *
 */
#ifndef CROSSTAP_CORRELATE_RESET_CAUSE_H
#define CROSSTAP_CORRELATE_RESET_CAUSE_H

#include "correlate/reset.h"
#include "correlate/reset_crowd.h"
#include "correlate/reset_facts.h"
#include "correlate/verdict.h"
#include "correlate/words.h"

/* What a row looks at; all borrowed. */
struct reset_case {
	const struct reset *reset;
	const struct reset_facts *facts;
	const struct reset_crowd *crowd;
	const struct resets *resets;
	const struct judging *judging;
	bool foreign;           /* TTL unlike the flow's, where it was seen first */
};

/* Sets cause, rule and confidence of all resets, by their numbers. */
void reset_causes_find(struct resets *resets, const struct judging *judging,
		       const struct verdicts *verdicts);

/* Adds the sentence of the reset's rule. */
void reset_say(struct words *words, const struct resets *resets, const struct judging *judging,
	       uint64_t number);

/* A hop's crowd: one length of silence fits all of its sessions; one moment does. */
bool reset_one_timer(const struct reset_forgotten *forgotten);
bool reset_one_moment(const struct reset_forgotten *forgotten);

/* The sentences, one for each way to say it; see reset_say.c. */
typedef void reset_sentence(struct words *words, const struct reset_case *of);
reset_sentence say_challenged, say_recycled, say_closed_port, say_firewall_reject, say_rejected, say_both_sides,
	say_idle_timeout, say_state_lost, say_after_content, say_forged, say_time_wait,
	say_held_open, say_parallel, say_late_synack, say_unknown_synack, say_bad_sequence,
	say_keepalive, say_retransmission, say_to_closed, say_restarted, say_half_open,
	say_unknown_session, say_unread, say_linger, say_unexplained, say_proxy_side,
	say_proxy_timeout;

#endif
