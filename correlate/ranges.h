/* Ranges: bytes that go into a hop in packets cut one way and come out in packets
 * cut another. Who brought which bytes?
 *
 * Ranges of one stream of bytes (a TCP direction, a datagram's fragments) are looked at in
 * the order of time. A byte that comes out is of whoever sent it last; where that one's has
 * come out already, of the one whose byte it had replaced before it came out. What comes out
 * once more than it was sent is nobody's.
 *
 * The bytes between two ends of ranges are one place; places that fare alike are one stretch.
 * Each range makes two stretches at most, and what it covers becomes one again, so that the
 * work grows with the ranges, however they overlap.
 */
#ifndef CROSSTAP_CORRELATE_RANGES_H
#define CROSSTAP_CORRELATE_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#define RANGES_NONE UINT32_MAX

struct range {
	int64_t begin, end;  /* bytes, begin < end */
	int64_t time_ns;     /* upstream: when its bytes may come out at the earliest */
	uint32_t packet;     /* by which its owner knows it */
	bool upstream;
	/* out: of one that came out after all of its bytes had, in one packet with the same ends */
	uint32_t copy_of;    /* that packet, or RANGES_NONE */
};

/* Bytes of one packet that another brought. */
struct range_passage {
	int64_t begin, end;
	uint32_t up, down;   /* packets */
	bool again;          /* they were sent more than once: perhaps they are another's */
};

struct ranges;

/* Room for as many ranges at a time; NULL: no memory. NULL is legal to close. */
struct ranges *ranges_open(uint32_t most);
void ranges_close(struct ranges **ranges);

/* Puts `list` in the order of time and finds its passages, none over more than tmax_ns. They
 * are added to those that are there. False: no memory. */
bool ranges_pair(struct ranges *ranges, struct range *list, uint32_t count, int64_t tmax_ns);

/* The passages so far, to be put in order as one likes; valid until the next call. */
struct range_passage *ranges_passages(struct ranges *ranges, uint32_t *count);
void ranges_forget(struct ranges *ranges);

#endif
