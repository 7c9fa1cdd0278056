/* What sessions are findings for, and how each is told.
 */
#ifndef CROSSTAP_CORRELATE_FINDING_WORDS_H
#define CROSSTAP_CORRELATE_FINDING_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* What a session is a finding for. */
enum session_finding {
	FIND_SYN_DROPPED, FIND_SYNACK_LOST, FIND_ACK_LOST, FIND_SYNACK_UNANSWERED,
	FIND_SERVER_SILENT, FIND_REFUSED, FIND_PORT_REUSE, FIND_SLOW_SYNACK_SERVER,
	FIND_SLOW_SYNACK_PATH, FIND_PATH_DELAY, FIND_SERVER_SLOW, FIND_CLIENT_SLOW,
	FIND_ZERO_WINDOW_SERVER, FIND_ZERO_WINDOW_CLIENT, FIND_CHECKSUM_ERROR,
	FIND_OPTIONS_STRIPPED, FIND_TIMEOUT, FIND_CLOSE_WAIT_SERVER, FIND_CLOSE_WAIT_CLIENT,
	FIND_FIN_UNANSWERED, FIND_LONG_SESSION, FIND_HTTP_DIFFERS, FIND_HTTP_ERROR, FIND_SACK_BROKEN,
	FINDS, FIND_NOTHING = FINDS
};

/* {near} and {far} stand for the first point of the client's way and the last. */
struct session_words {
	const char *kind;
	uint8_t severity;
	bool by_service;       /* one for each service; else one for each hop */
	bool by_drops;         /* said already where the service's drops are a finding of their own */
	const char *what, *lasting, *evidence;
};

extern const struct session_words session_words[FINDS];

#endif
