/* A station: what one session did at one point, with direction 0 always the
 * client's, whichever way the tuple lies and however many captures of the point
 * hold a part of it.
 */
#ifndef CROSSTAP_CORRELATE_STATION_H
#define CROSSTAP_CORRELATE_STATION_H

#include "correlate/verdict.h"

struct station {
	uint32_t point, node;      /* node: the first of the session's at this point */
	struct survey_flow flow;   /* [0] from the client, [1] from the server; the point's own times */
};

enum station_state {
	STATE_NONE,
	STATE_CLOSED,       /* FIN both ways */
	STATE_HALF_CLOSED,  /* FIN one way */
	STATE_RESET,
	STATE_OPEN,         /* established, neither FIN nor RST */
	STATE_SYN_SENT,     /* SYNs only */
	STATE_SYN_RECEIVED, /* SYN and SYN-ACK, nothing behind */
	STATE_MID_STREAM,   /* begun before the capture */
	STATE_ONE_DIRECTION,
	STATE_ANSWERED,     /* not TCP: both ends spoke */
	STATE_UNANSWERED,
	STATES
};

/* The session's stations in the order of stages; room for VIEW_POINTS_MAX. */
uint32_t stations_of(const struct judging *judging, uint32_t session, struct station *list);

/* Puts *near to the first station of the stage before that of `list[far]`; false: there is none.
 * *near is 0 for the first `far` and then left as it is: it only goes on. */
bool stations_before(const struct judging *judging, const struct station *list, uint32_t far,
		     uint32_t *near);

enum station_state station_state(const struct station *station, uint8_t proto);
const char *station_state_name(enum station_state state);

/* Local times of the station in reference time; TABLE_INT_UNKNOWN stays. */
static inline int64_t station_time(const struct judging *judging, const struct station *station,
				   int64_t local_ns)
{
	return local_ns == INT64_MIN
		       ? local_ns
		       : clock_correct(&judging->meeting->clock[station->point], local_ns);
}

/* The client's and the server's address and port as seen there. */
struct station_ends {
	const uint8_t *client, *server;
	uint16_t client_port, server_port;
	uint8_t bytes; /* of an address */
	bool ports;    /* the protocol has any */
};
struct station_ends station_ends(const struct judging *judging, const struct station *station);
bool station_same_ends(const struct station_ends *a, const struct station_ends *b);

/* From the client's first data to the server's, ns; INT64_MIN: not both were seen, or the
 * server spoke first. */
int64_t station_response(const struct station *station);
/* Of the client's SYN to the handshake's ACK, at this point; INT64_MIN: not seen. */
int64_t station_handshake(const struct station *station);

#endif
