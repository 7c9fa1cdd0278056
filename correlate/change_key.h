/* A key: how one packet differs on a hop's two sides. Packets that were changed alike have
 * equal keys, so that what was changed is worked out once for all of them.
 *
 * What is the same on both sides is 0 in the key, and of what is another number in every packet
 * (IP ID, window, timestamps) the key only says that it differs.
 */
#ifndef CROSSTAP_CORRELATE_CHANGE_KEY_H
#define CROSSTAP_CORRELATE_CHANGE_KEY_H

#include "correlate/change_book.h"
#include "correlate/odd.h"

enum change_bit {
	CHANGE_IP_ID = 1 << 0,
	CHANGE_IP_ID_CLEARED = 1 << 1,
	CHANGE_LABEL = 1 << 2,        /* IPv6 flow label */
	CHANGE_LABEL_CLEARED = 1 << 3,
	CHANGE_WINDOW = 1 << 4,
	CHANGE_URGENT = 1 << 5,
	CHANGE_TSVAL = 1 << 6,
	CHANGE_SACK = 1 << 7,         /* other SACK edges, relative to the acknowledgment */
	CHANGE_SACK_LEFT = 1 << 8,    /* the same edges, to another acknowledgment number */
	/* The digest differs: of a payload; of a TCP packet without one by the echoed timestamp or
	 * by SACK edges that are not in the record, whichever of these it has. */
	CHANGE_PAYLOAD = 1 << 9,
	CHANGE_DIGEST_ECHO = 1 << 10,
	CHANGE_DIGEST_SACK = 1 << 11,
	CHANGE_IP_SUM_BROKEN = 1 << 12,
	CHANGE_IP_SUM_REPAIRED = 1 << 13,
	CHANGE_SUM_BROKEN = 1 << 14,
	CHANGE_SUM_REPAIRED = 1 << 15,
	CHANGE_MACS = 1 << 16,
	CHANGE_SRC = 1 << 17,
	CHANGE_DST = 1 << 18,
	CHANGE_SPORT = 1 << 19,
	CHANGE_DPORT = 1 << 20,
	CHANGE_ICMP_ID = 1 << 21,
	CHANGE_VERSION = 1 << 22,     /* NAT64 */
	CHANGE_CUT_FROM = 1 << 23,    /* not all options were captured there */
	CHANGE_CUT_TO = 1 << 24,
	CHANGE_SEQ = 1 << 25,         /* sequence numbers shifted by a constant of the session's */
	CHANGE_ACK = 1 << 26,
	CHANGE_REPEATED = 1 << 27,    /* which copy this was is a guess: see JOURNEY_REPEATED */
};
#define CHANGE_NAT \
	(CHANGE_SRC | CHANGE_DST | CHANGE_SPORT | CHANGE_DPORT | CHANGE_ICMP_ID | CHANGE_VERSION)

/* Values as the packet had them in front of the hop [0] and behind it [1]. */
struct change_key {
	uint32_t road[2], options[2];
	uint8_t ttl[2], tos[2];
	uint16_t flags[2]; /* the flags that differ */
	uint32_t bits;     /* enum change_bit */
	uint32_t zero;     /* so that keys compare as bytes */
};
_Static_assert(sizeof(struct change_key) == 32, "keys have no holes");

/* Matched packets of one direction, at most VIEW_BATCH: by side of the hop (0: the stage nearer
 * to the path's beginning), each with what is read of it anyway. */
struct change_side {
	const uint8_t *point;
	const uint32_t *index;
	const uint32_t *digest, *ip_id;
	const uint16_t *flags, *window;
	const uint8_t *tos;
};

struct change_batch {
	uint32_t rows;
	const uint32_t *way;     /* on the near side */
	const int64_t *near_ns;  /* reference time on the near side */
	struct change_side side[2];
};

struct change_reader;

/* Keys of the packets of one direction. Borrows all it is given. NULL: no memory. */
struct change_reader *change_reader_new(const struct change_book *book,
					const struct judging *judging, unsigned direction,
					struct hop_session *session);
void change_reader_free(struct change_reader **reader);

/* The batch's keys, borrowed until the next call. */
const struct change_key *change_read(struct change_reader *reader,
				     const struct change_batch *batch);

#endif
