/* The states of a TCP connection's two ends (RFC 9293 section 3.3.2), as somebody sees them
 * who watches the segments pass.
 *
 * An end's state follows from what it sends, and from what is sent to it, which is taken to
 * arrive. One exception: a SYN-ACK does not make its receiver ESTABLISHED, only what that end
 * sends then does, or else whoever is flooded in a stranger's name would be.
 */
#ifndef CROSSTAP_CORRELATE_TCP_STATE_H
#define CROSSTAP_CORRELATE_TCP_STATE_H

#include <stdint.h>

enum tcp_state {
	TCP_STATE_NONE,         /* that end was not heard of */
	TCP_STATE_LISTEN,       /* was sent a SYN, and said nothing */
	TCP_STATE_SYN_SENT,
	TCP_STATE_SYN_RECEIVED,
	TCP_STATE_ESTABLISHED,  /* or its start was not seen */
	TCP_STATE_FIN_WAIT_1,
	TCP_STATE_FIN_WAIT_2,
	TCP_STATE_CLOSE_WAIT,
	TCP_STATE_CLOSING,
	TCP_STATE_LAST_ACK,
	TCP_STATE_TIME_WAIT,
	TCP_STATE_CLOSED,       /* in good order, or by RST */
	TCP_STATES
};

enum tcp_event {
	TCP_SENDS_SYN,        /* without ACK */
	TCP_SENDS_SYN_ACK,
	TCP_SENDS_ACK,        /* any other segment with ACK, but for FIN and RST */
	TCP_SENDS_NEW,        /* ... that carries what this end had not sent before */
	TCP_SENDS_FIN,
	TCP_SENDS_FIN_ACROSS, /* one that does not acknowledge the other end's */
	TCP_SENDS_RST,
	TCP_HEARS_SYN,        /* without ACK */
	TCP_HEARS_ACK_OF_SYN,
	TCP_HEARS_ACK_OF_FIN, /* of its own FIN */
	TCP_HEARS_FIN,
	TCP_HEARS_RST,        /* one that it has to believe */
	TCP_EVENTS
};

enum tcp_state tcp_state_after(enum tcp_state state, enum tcp_event event);

/* RFC 9293's name ("SYN-SENT"); "" of TCP_STATE_NONE. Static. */
const char *tcp_state_name(enum tcp_state state);

#endif
