/* The contents of a capture that are kept, and how they lie in the store.
 *
 * A message that is sent again is no new content, but its copy may complete what was cut; what
 * stands in the body of another, whose length is known, is none.
 *
 * Memory is bounded: of a flow's direction the first CONTENT_MESSAGES_MAX requests and as
 * many responses, one hello and one alert of a kind; CONTENT_KEPT_MAX contents and
 * CONTENT_BYTES_MAX packed bytes in a capture. What came beyond that is counted.
 *
 * Packed (little-endian): version, how many contents (32 bits each), about how many were left
 * out of a full capture (64 bits); then each content, those of a flow in the order in which they
 * ended: flow << 1 | direction, record, seq (32 bits each), code (16), kind, marks, bytes of
 * name, of the rest and of the client, how many of `mark` (8 each), those (32 each), the three
 * texts. See content_read.h.
 */
#ifndef CROSSTAP_COLLECT_CONTENT_KEEP_H
#define CROSSTAP_COLLECT_CONTENT_KEEP_H

#include "collect/buffer.h"
#include "collect/content.h"
#include "collect/content_marks.h"
#include "collect/error.h"

#define CONTENT_MESSAGES_MAX 32u
#define CONTENT_KEPT_MAX (1u << 18)
#define CONTENT_BYTES_MAX (32u << 20)

#define CONTENT_PACKED_VERSION 2u
#define CONTENT_PACKED_HEAD 16u
#define CONTENT_PACKED_ROW 20u
#define CONTENT_PACKED_MOST \
	(CONTENT_PACKED_ROW + 4 * CONTENT_MARKS + 2 * CONTENT_NAME_BYTES + CONTENT_CLIENT_BYTES)

/* Begins as {0}. */
struct content_keep {
	struct buffer packed;    /* rows */
	uint32_t count;
	struct content_flow *flow;
	uint32_t flows;          /* room of flow */
	uint64_t left_out;       /* when it was full: about so many, repeats among them */
};

/* A content where it was seen. */
struct content_seen {
	uint32_t way;            /* flow << 1 | direction */
	uint32_t record, seq;    /* of its first byte */
	uint32_t mark[CONTENT_MARKS]; /* of a message by content_marks(); of a client's hello the
				       * first is of its random; else 0 */
	struct content content;
};

static inline bool content_keep_is_full(const struct content_keep *keep)
{
	return keep->count >= CONTENT_KEPT_MAX ||
	       keep->packed.size > CONTENT_BYTES_MAX - CONTENT_PACKED_MOST;
}

/* Brings what content_keep_add() will look at into the cache. */
void content_keep_fetch(const struct content_keep *keep, const struct content_seen *seen);
/* Adds one. Those of a flow come in the order of their ends. */
enum status content_keep_add(struct content_keep *keep, const struct content_seen *seen,
			     struct error *err) MUST_CHECK;
/* Packs all; nothing can be added from then on. *out is the caller's to free. */
enum status content_keep_pack(struct content_keep *keep, struct buffer *out,
			      struct error *err) MUST_CHECK;
void content_keep_free(struct content_keep *keep);

#endif
