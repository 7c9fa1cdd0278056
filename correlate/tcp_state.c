#include "correlate/tcp_state.h"

static const char *const tcp_state_names[TCP_STATES] = {
	[TCP_STATE_NONE] = "",
	[TCP_STATE_LISTEN] = "LISTEN",
	[TCP_STATE_SYN_SENT] = "SYN-SENT",
	[TCP_STATE_SYN_RECEIVED] = "SYN-RECEIVED",
	[TCP_STATE_ESTABLISHED] = "ESTABLISHED",
	[TCP_STATE_FIN_WAIT_1] = "FIN-WAIT-1",
	[TCP_STATE_FIN_WAIT_2] = "FIN-WAIT-2",
	[TCP_STATE_CLOSE_WAIT] = "CLOSE-WAIT",
	[TCP_STATE_CLOSING] = "CLOSING",
	[TCP_STATE_LAST_ACK] = "LAST-ACK",
	[TCP_STATE_TIME_WAIT] = "TIME-WAIT",
	[TCP_STATE_CLOSED] = "CLOSED",
};

/* What an event makes of a state; what is not in the table stays as it is. */
#define FROM(name) [TCP_STATE_##name]
#define TO(name) TCP_STATE_##name
static const uint8_t tcp_state_table[TCP_EVENTS][TCP_STATES] = {
	[TCP_SENDS_SYN] = {
		FROM(NONE) = TO(SYN_SENT), FROM(LISTEN) = TO(SYN_SENT),
		FROM(CLOSED) = TO(SYN_SENT), FROM(TIME_WAIT) = TO(SYN_SENT),
	},
	[TCP_SENDS_SYN_ACK] = {
		FROM(NONE) = TO(SYN_RECEIVED), FROM(LISTEN) = TO(SYN_RECEIVED),
		FROM(SYN_SENT) = TO(SYN_RECEIVED), /* both opened at once */
		FROM(CLOSED) = TO(SYN_RECEIVED), FROM(TIME_WAIT) = TO(SYN_RECEIVED),
	},
	[TCP_SENDS_ACK] = {
		FROM(NONE) = TO(ESTABLISHED), FROM(LISTEN) = TO(ESTABLISHED),
		FROM(SYN_SENT) = TO(ESTABLISHED), FROM(SYN_RECEIVED) = TO(ESTABLISHED),
	},
	/* Alive: the RST that closed it was forged or not believed (RFC 5961 section 3). */
	[TCP_SENDS_NEW] = {
		FROM(CLOSED) = TO(ESTABLISHED),
	},
	[TCP_SENDS_FIN] = {
		FROM(NONE) = TO(FIN_WAIT_1), FROM(LISTEN) = TO(FIN_WAIT_1),
		FROM(SYN_SENT) = TO(FIN_WAIT_1), FROM(SYN_RECEIVED) = TO(FIN_WAIT_1),
		FROM(ESTABLISHED) = TO(FIN_WAIT_1), FROM(CLOSE_WAIT) = TO(LAST_ACK),
	},
	/* It did not know of that one when it closed, and hears of it after. */
	[TCP_SENDS_FIN_ACROSS] = {
		FROM(CLOSE_WAIT) = TO(CLOSING),
	},
	[TCP_SENDS_RST] = {
		FROM(NONE) = TO(CLOSED), FROM(LISTEN) = TO(CLOSED), FROM(SYN_SENT) = TO(CLOSED),
		FROM(SYN_RECEIVED) = TO(CLOSED), FROM(ESTABLISHED) = TO(CLOSED),
		FROM(FIN_WAIT_1) = TO(CLOSED), FROM(FIN_WAIT_2) = TO(CLOSED),
		FROM(CLOSE_WAIT) = TO(CLOSED), FROM(CLOSING) = TO(CLOSED),
		FROM(LAST_ACK) = TO(CLOSED), FROM(TIME_WAIT) = TO(CLOSED),
	},
	[TCP_HEARS_SYN] = {
		FROM(NONE) = TO(LISTEN), FROM(CLOSED) = TO(LISTEN), FROM(TIME_WAIT) = TO(LISTEN),
		FROM(SYN_SENT) = TO(SYN_RECEIVED), /* both opened at once */
	},
	[TCP_HEARS_ACK_OF_SYN] = {
		FROM(SYN_RECEIVED) = TO(ESTABLISHED),
	},
	[TCP_HEARS_ACK_OF_FIN] = {
		FROM(FIN_WAIT_1) = TO(FIN_WAIT_2), FROM(CLOSING) = TO(TIME_WAIT),
		FROM(LAST_ACK) = TO(CLOSED),
	},
	[TCP_HEARS_FIN] = {
		FROM(SYN_RECEIVED) = TO(CLOSE_WAIT), FROM(ESTABLISHED) = TO(CLOSE_WAIT),
		FROM(FIN_WAIT_1) = TO(CLOSING), FROM(FIN_WAIT_2) = TO(TIME_WAIT),
	},
	/* Who listens goes on listening (RFC 9293 section 3.10.7.2). */
	[TCP_HEARS_RST] = {
		FROM(SYN_SENT) = TO(CLOSED), FROM(SYN_RECEIVED) = TO(CLOSED),
		FROM(ESTABLISHED) = TO(CLOSED), FROM(FIN_WAIT_1) = TO(CLOSED),
		FROM(FIN_WAIT_2) = TO(CLOSED), FROM(CLOSE_WAIT) = TO(CLOSED),
		FROM(CLOSING) = TO(CLOSED), FROM(LAST_ACK) = TO(CLOSED),
		FROM(TIME_WAIT) = TO(CLOSED),
	},
};

enum tcp_state tcp_state_after(enum tcp_state state, enum tcp_event event)
{
	uint8_t next = tcp_state_table[event][state];

	return next ? (enum tcp_state)next : state;
}

const char *tcp_state_name(enum tcp_state state)
{
	return tcp_state_names[state];
}
