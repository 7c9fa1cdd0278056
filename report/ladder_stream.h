/* What a session's packets are to each other: numbers relative to the session's beginning,
 * as tshark shows them, and which packet repeats which. */
#ifndef CROSSTAP_REPORT_LADDER_STREAM_H
#define CROSSTAP_REPORT_LADDER_STREAM_H

#include "correlate/dossier.h"

enum ladder_repeat {
	LADDER_NEW,
	LADDER_RETRANSMISSION, /* carries bytes that an earlier packet carried */
	LADDER_OUT_OF_ORDER,   /* carries older bytes that none did */
	LADDER_RECUT,          /* was cut from an earlier packet, or joined from several, on its way */
	LADDER_KEEPALIVE       /* tshark's test: at most a byte, just before what comes next */
};

struct ladder_stream {
	uint32_t seq, ack;     /* relative, at the first point that saw the packet */
	uint8_t repeat;        /* enum ladder_repeat */
	uint32_t connection;   /* a number for each, where the session is of several */
	uint32_t original;     /* RETRANSMISSION, RECUT: the last packet with those bytes */
};

/* Fills one for each packet. TCP only: of others nothing is known. `connection` is each node's, where
 * sessions are of several (behind a proxy); NULL: none is. False: no memory. */
bool ladder_stream_follow(struct ladder_stream *stream, const struct dossier *dossier,
			  const struct view *view, const uint32_t *connection);

#endif
