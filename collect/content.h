/* What a TCP segment says in the clear: the heads of HTTP/1.x messages, TLS hellos and alerts,
 * headers of the PROXY protocol.
 *
 * They are known by their bytes, whatever the port, where they begin a segment or stand
 * behind another message whose end is known. Only what names a session and tells how it
 * went is taken: no cookie, no authorization, no query (the target ends in front of '?', '#'
 * and ';', where session ids are put, and loses its user information). Where a head
 * goes on behind what is there, what is there is taken and the content marked CONTENT_CUT.
 *
 * RFC 9112 (HTTP/1.1), RFC 7239 (Forwarded), RFC 8446 and RFC 5246 (TLS), RFC 6066 section 3
 * (SNI), RFC 7301 (ALPN), HAProxy's proxy-protocol.txt.
 */
#ifndef CROSSTAP_COLLECT_CONTENT_H
#define CROSSTAP_COLLECT_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/content_client.h"
#include "collect/cursor.h"

#define CONTENT_NAME_BYTES 192 /* of a name and of the rest, at most; longer ones are clipped */
#define CONTENT_HEAD_MAX 8192u /* bytes of a message in which its head is looked for */

/* Stored: only append. */
enum content_kind {
	CONTENT_REQUEST = 0,      /* code: its method, see content_method(); name: Host; more: target;
				   * client: whom X-Forwarded-For names, or else Forwarded, or else X-Real-IP */
	CONTENT_RESPONSE = 1,     /* code: its status; interim ones (1xx but 101) are passed over */
	CONTENT_CLIENT_HELLO = 2, /* code: the highest version offered, 0: cut; name: SNI; more: ALPN */
	CONTENT_SERVER_HELLO = 3, /* code: the version chosen, 0: cut; more: ALPN, where in the clear */
	CONTENT_ALERT = 4,        /* code: level << 8 | description */
	CONTENT_LEFT_OUT = 5,     /* of the flow's requests and responses more came than are kept */
	CONTENT_PROXY = 6,        /* a PROXY header; client: whom it names; more: to where, like client */
	CONTENT_KINDS
};

enum content_mark {
	CONTENT_CUT = 1 << 0,     /* its head did not end: what is missing may have been there */
	CONTENT_CLIPPED = 1 << 1, /* name or rest was longer than is kept */
};

/* Of a client's hello: where its random is (RFC 8446 section 4.1.2, behind two headers and a version). */
#define CONTENT_RANDOM_AT 11u
#define CONTENT_RANDOM_BYTES 32u

/* Text is printable ASCII without space, quotes and backslash: any other byte is "\xNN".
 * Names of hosts are in lower case. Only a PROXY header's two ends have a space in them. */
struct content_text {
	uint8_t bytes; /* no zero behind them */
	char text[CONTENT_NAME_BYTES];
};

struct content {
	uint8_t kind, marks;  /* enum content_kind, enum content_mark */
	uint16_t code;
	uint32_t at;          /* where in the payload it begins */
	uint32_t head_bytes;  /* 0: not known where the head ends */
	uint32_t body_bytes;  /* by Content-Length; 0: none, or not known */
	struct content_text name, more;
	struct content_client client;
};

enum content_finding {
	CONTENT_NONE,    /* nothing, or nothing that is known */
	CONTENT_SKIPPED, /* a message of no interest; the cursor stands behind it */
	CONTENT_FOUND,   /* one; the cursor stands behind it, or at the end */
	CONTENT_PARTIAL, /* one whose head is not all there: more may come in the next segment */
};

/* Nothing begins with fewer bytes, or with another first byte. */
#define CONTENT_LEAST_BYTES 7u
extern const uint8_t content_first[256];

/* The message at the cursor, whose offset 0 is the payload's; *content is filled for
 * CONTENT_FOUND and CONTENT_PARTIAL. Never reads outside what was captured. */
enum content_finding content_next(struct cursor *cursor, struct content *content);

/* Whether n bytes look like a content, without reading it: what is nothing rarely does. */
bool content_looks(const uint8_t *bytes, uint32_t n);

/* "GET"; NULL: there is no such method. */
const char *content_method(uint16_t code);

/* For content*.c: the same, of HTTP, of TLS and of the PROXY protocol. */
enum content_finding content_http(struct cursor *cursor, struct content *content);
enum content_finding content_tls(struct cursor *cursor, struct content *content);
enum content_finding content_proxy(struct cursor *cursor, struct content *content);
/* Whether CONTENT_LEAST_BYTES may begin a PROXY header. */
bool content_proxy_begins(const uint8_t *bytes);
/* Adds bytes to a text; `lower` makes letters small. False: it was clipped. */
bool content_text_add(struct content_text *text, const uint8_t *bytes, uint32_t n, bool lower);

#endif
