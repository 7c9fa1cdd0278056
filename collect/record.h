/* A record: what is kept of one frame. Records lie in blocks of columns, in
 * the order of the file; row i of every column belongs to the same frame.
 *
 * Frames that are not comparable (kind != PACKET_IP) have a record too, so
 * that every frame of a capture can be accounted for; of theirs only time,
 * frame, kind, length, link and marks mean something, and flow is
 * RECORD_NO_FLOW.
 */
#ifndef CROSSTAP_COLLECT_RECORD_H
#define CROSSTAP_COLLECT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/column.h"

#define RECORD_BLOCK_ROWS 16384u
#define RECORD_NO_FLOW UINT32_MAX

/* The columns in their stored order: only append. */
enum record_column {
	RECORD_TIME,    /* int64 ns since 1970 UTC, by this capture's own clock */
	RECORD_FRAME,   /* 1-based number in the file */
	RECORD_FP,      /* fingerprint, see fingerprint.h; 0: it follows from other columns, or there is
			 * none: record_fingerprints() */
	RECORD_FLOW,    /* flow number in this capture << 1 | direction (0: from the flow's end a to b) */
	RECORD_DIGEST,  /* payload digests, see fingerprint.h */
	RECORD_LINK,    /* number in the capture's dictionary of link descriptions */
	RECORD_OPTIONS, /* number in the capture's dictionary of TCP option bytes */
	RECORD_SEQ,
	RECORD_ACK,
	RECORD_TSVAL,
	RECORD_IP_ID,
	RECORD_LENGTH,  /* IP bytes; of non-IP frames the wire length */
	RECORD_HEADER,  /* IP and transport header bytes: payload = length - header */
	RECORD_FLAGS,   /* TCP flags | PACKET_IP_DF */
	RECORD_WINDOW,
	RECORD_MARKS,   /* enum packet_mark */
	RECORD_TTL,
	RECORD_TOS,
	RECORD_KIND,    /* enum packet_kind */
	RECORD_SACK,    /* the first SACK block's left edge less RECORD_ACK; 0: no block */
	RECORD_FLOW_LABEL, /* of IPv6 */
	RECORD_URGENT,  /* the urgent pointer where URG is set, else 0 */
	RECORD_ECHO,    /* of TCP with payload: see fingerprint_echo() */
	RECORD_COLUMNS
};

/* Elements of a column: some more than rows, 5 lines of the cache. Without them the
 * columns would lie 64 KiB apart, and the places of one row in one set of the cache, where they
 * drive each other out. */
#define RECORD_GAP_BYTES 320
#define RECORD_ROOM(type) (RECORD_BLOCK_ROWS + RECORD_GAP_BYTES / sizeof(type))

/* Of every so many rows, from the first on, it is known where in the file their frames begin, so that
 * single frames are found again without reading all of them. */
#define RECORD_PLACE_ROWS 1024u
#define RECORD_PLACES (RECORD_BLOCK_ROWS / RECORD_PLACE_ROWS)

/* A block being filled. About 1.2 MiB: allocate it, do not put it on a stack. */
struct record_block {
	uint32_t rows;
	int64_t time_ns[RECORD_ROOM(int64_t)];
	uint64_t fp[RECORD_ROOM(uint64_t)];
	uint32_t frame[RECORD_ROOM(uint32_t)];
	uint32_t flow[RECORD_ROOM(uint32_t)];
	uint32_t digest[RECORD_ROOM(uint32_t)];
	uint32_t link[RECORD_ROOM(uint32_t)];
	uint32_t options[RECORD_ROOM(uint32_t)];
	uint32_t seq[RECORD_ROOM(uint32_t)];
	uint32_t ack[RECORD_ROOM(uint32_t)];
	uint32_t tsval[RECORD_ROOM(uint32_t)];
	uint32_t ip_id[RECORD_ROOM(uint32_t)];
	uint32_t length[RECORD_ROOM(uint32_t)];
	uint16_t header[RECORD_ROOM(uint16_t)];
	uint16_t flags[RECORD_ROOM(uint16_t)];
	uint16_t window[RECORD_ROOM(uint16_t)];
	uint16_t marks[RECORD_ROOM(uint16_t)];
	uint8_t ttl[RECORD_ROOM(uint8_t)];
	uint8_t tos[RECORD_ROOM(uint8_t)];
	uint8_t kind[RECORD_ROOM(uint8_t)];
	uint32_t sack[RECORD_ROOM(uint32_t)];
	uint32_t flow_label[RECORD_ROOM(uint32_t)];
	uint16_t urgent[RECORD_ROOM(uint16_t)];
	uint8_t echo[RECORD_ROOM(uint8_t)];
	uint64_t place[RECORD_PLACES]; /* in the expanded bytes; 0: not known */
};

/* Brings the places of RECORD_AHEAD rows from `row` on into the cache, if there
 * are as many: a block is too big to stay there from one filling to the next,
 * and a store that misses holds up all that follow. */
void record_fetch(struct record_block *block, uint32_t row);
#define RECORD_AHEAD 16u /* a line of the 4-byte columns */

/* Packs a block's rows into `out` (room for record_pack_max() bytes) and
 * returns the bytes written. */
size_t record_pack(uint8_t *out, const struct record_block *block);
size_t record_pack_max(void);

/* A packed block as read back; points into the blob. */
struct record_chunk {
	uint32_t rows;
	struct column column[RECORD_COLUMNS];
	struct column place; /* without rows: not known */
};

/* False when the bytes are no packed block. */
bool record_open(struct record_chunk *chunk, const uint8_t *bytes, size_t size);
/* Where in the file the frame of the last row up to this one begins of which that is known: that row is
 * a multiple of RECORD_PLACE_ROWS. 0: it is not known. */
uint64_t record_place(const struct record_chunk *chunk, uint32_t row);
/* Fingerprints of rows `from` on; 0: not comparable. `seed` is the store's. */
void record_fingerprints(const struct record_chunk *chunk, uint32_t from, uint32_t rows, uint64_t seed,
			 uint64_t *out);
/* Appends rows `first` and on of another block, which must find room; where their frames are is not known then. */
void record_append(struct record_block *to, const struct record_block *from, uint32_t first, uint32_t rows);
/* All rows of it, as they were packed. */
void record_unpack(struct record_block *block, const struct record_chunk *chunk);

#endif
