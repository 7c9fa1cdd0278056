/* States of sessions: how a session stood at the end of what all points saw of it together,
 * in RFC 9293's words where it has one.
 */
#ifndef CROSSTAP_CORRELATE_STORY_STATE_H
#define CROSSTAP_CORRELATE_STORY_STATE_H

#include <stdint.h>

#include "correlate/story_note.h"
#include "correlate/survey.h"

/* In the order of the rules: the first that holds. */
enum session_state {
	SESSION_ANSWERED,       /* not TCP: both ends spoke */
	SESSION_UNANSWERED,     /* not TCP: one did */
	SESSION_STATE_RESET,
	SESSION_SYN_SENT,       /* SYNs only */
	SESSION_SYN_RECEIVED,   /* SYN-ACK, and nothing behind it */
	SESSION_LAST_ACK,       /* FIN both ways, but the second was sent in vain */
	SESSION_CLOSED,         /* FIN both ways */
	SESSION_ONE_DIRECTION,
	SESSION_FIN_UNANSWERED, /* FIN one way, never acknowledged: FIN-WAIT-1 */
	SESSION_HALF_CLOSED,    /* FIN one way: FIN-WAIT-2 here, CLOSE-WAIT there */
	SESSION_TIMEOUT,        /* what was sent again and again stayed without an answer */
	SESSION_OPEN,           /* established, no end seen */
	SESSION_MID_STREAM,     /* the same, begun before the capture */
	SESSION_STATES
};

/* `whole`: all stations together; `note` says nothing where the session was not looked at. */
enum session_state session_state(const struct survey_flow *whole, const struct story_note *note,
				 uint8_t proto);
const char *session_state_name(enum session_state state);

#endif
