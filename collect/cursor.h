/* A cursor over a packet's bytes: the only way the parsers read them.
 *
 * It knows two ends: what was captured, and what was on the wire. A header
 * that does not fit the wire contradicts itself, one that only does not fit
 * the capture was cut by the snaplen; cursor_short() tells the two apart.
 * Always at <= captured_end <= wire_end. The bytes are borrowed.
 *
 * Numbers in packets are big-endian. cursor_be16() and its like read inside a
 * block that cursor_take() or cursor_peek() has already checked.
 */
#ifndef CROSSTAP_COLLECT_CURSOR_H
#define CROSSTAP_COLLECT_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "collect/packet.h"

struct cursor {
	const uint8_t *bytes;  /* offset 0 */
	uint32_t captured_end; /* offsets */
	uint32_t at;           /* the next byte */
	uint32_t wire_end;
};

/* Bytes from the cursor on: captured, and in the packet as it was sent. */
static inline uint32_t cursor_captured(const struct cursor *cursor)
{
	return cursor->captured_end - cursor->at;
}

static inline uint32_t cursor_wire(const struct cursor *cursor)
{
	return cursor->wire_end - cursor->at;
}

/* The next n bytes, or NULL when fewer were captured. */
static inline const uint8_t *cursor_peek(const struct cursor *cursor, uint32_t n)
{
	return n <= cursor_captured(cursor) ? cursor->bytes + cursor->at : NULL;
}

/* The same, and moves behind them. When it returns NULL the cursor stays. */
static inline const uint8_t *cursor_take(struct cursor *cursor, uint32_t n)
{
	const uint8_t *at = cursor_peek(cursor, n);

	if (at)
		cursor->at += n;
	return at;
}

/* Why n bytes could not be had. */
static inline enum packet_kind cursor_short(const struct cursor *cursor, uint32_t n)
{
	return n > cursor_wire(cursor) ? PACKET_MALFORMED : PACKET_CUT;
}

/* What a length field allows: the packet ends after n bytes, the rest is padding. */
static inline void cursor_limit(struct cursor *cursor, uint32_t n)
{
	if (n < cursor_captured(cursor))
		cursor->captured_end = cursor->at + n;
	if (n < cursor_wire(cursor))
		cursor->wire_end = cursor->at + n;
}

static inline uint16_t cursor_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t cursor_be24(const uint8_t *at)
{
	return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static inline uint32_t cursor_be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

#endif
