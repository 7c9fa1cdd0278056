/* What sessions say in the clear: names, TLS, HTTP exchanges; read out of the captures' contents
 * (collect/content_keep.h) flow by flow, and told for one session at one point.
 *
 * Nothing is said that was not seen. An answer belongs to the request that had been sent when
 * its bytes came: a request's own ACK tells which bytes of the server's lie behind it, so
 * that an answer which the capture lost does not shift those that follow. Times are the point's own,
 * each of the first byte: between request and answer they make the time to the first byte as it
 * was at that point (a request's upload is part of it).
 */
#ifndef CROSSTAP_CORRELATE_CONTENT_H
#define CROSSTAP_CORRELATE_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/content.h"
#include "collect/content_keep.h"
#include "collect/error.h"
#include "correlate/session.h"
#include "correlate/view.h"

#define CONTENT_NO_METHOD UINT16_MAX
#define CONTENT_WAYS_MAX 64u /* flows of a session at one point that are looked at */

/* A text, borrowed as long as the view's transaction lives. Printable ASCII, no zero behind it. */
struct content_words {
	const char *text;
	uint8_t bytes;
};

/* A request and its answer. */
struct content_exchange {
	uint16_t method;         /* see content_method(); CONTENT_NO_METHOD: the request was not seen */
	uint16_t status;         /* 0: no answer was seen */
	bool cut;                /* the request's head was: host and target may not be all */
	int64_t request_ns, response_ns; /* the point's own; INT64_MIN: not seen */
	uint32_t request_frame, response_frame; /* 0: not seen */
	uint32_t seq, ack;       /* of the request */
	struct content_words host, target;
	struct content_words client; /* whom the request names: "address" or "address port"; empty: nobody */
	/* See collect/content_marks.h: ascending, 0 behind the last. Not seen: 0. */
	uint32_t request_mark[CONTENT_MARKS], response_mark[CONTENT_MARKS];
};

struct content_alert {
	bool seen;
	uint8_t level, description;
	uint32_t frame;
};

struct content_story {
	bool known;              /* every capture of these flows was looked into when it was collected */
	bool hello[2];           /* of the client, of the server, was seen */
	uint32_t hello_mark;     /* of the random in the client's hello; 0: not seen so far */
	struct content_words proxied, proxied_to; /* the client's PROXY header: its two ends, as in
						   * content_exchange; empty: not told */
	struct content_words name; /* SNI, or the first Host; empty: not told */
	uint16_t tls_offered, tls_chosen; /* as on the wire, 0x0303; 0: not known */
	struct content_words alpn; /* the one chosen, or else those offered */
	struct content_alert alert[2]; /* the client's first, the server's first */
	uint32_t exchanges;      /* the first ones */
	struct content_exchange exchange[CONTENT_MESSAGES_MAX];
	uint32_t left_out;       /* requests and answers behind them, at least */
};

struct contents;

/* Reads all captures' contents; borrowed from the view. STATUS_INPUT: the store is damaged. */
enum status contents_open(struct contents **out, const struct view *view, struct error *err)
	MUST_CHECK;
/* NULL is legal; *contents becomes NULL. */
void contents_close(struct contents **contents);

/* How many messages the captures' bounds left out, of flows of which none is kept. */
uint64_t contents_left_out(const struct contents *contents);

/* The story of flows at one point that are one connection: each as node << 1 | the direction
 * of the client's packets in it. */
void contents_tell(const struct contents *contents, const uint32_t *way, uint32_t ways,
		   struct content_story *story);
/* The same of a session at a point. False, and nothing is told, where its flows say nothing. */
bool contents_at(const struct contents *contents, const struct sessions *sessions,
		 uint32_t session, uint32_t point, struct content_story *story);

/* From the request's first byte to the answer's; INT64_MIN: not known. */
int64_t content_first_byte_ns(const struct content_exchange *exchange);
/* Whether two requests are the same: method and target, as far as that was not cut. */
bool content_same_request(const struct content_exchange *a, const struct content_exchange *b);
/* A 401 or 407, and then the same request with success (RFC 9110 sections 11.6 and 11.7). */
bool content_was_challenge(const struct content_story *story, uint32_t exchange);
/* What stands for a session in one cell: the first 5xx, or else the first 4xx, or else the first
 * status, challenges left out; 0: none was seen. */
uint16_t content_status(const struct content_story *story);

const char *content_tls_name(uint16_t version);       /* "TLS 1.2"; NULL: none */
const char *content_alert_name(uint8_t description);  /* "handshake_failure"; NULL: none */

#endif
