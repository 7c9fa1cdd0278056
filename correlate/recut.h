/* Re-cut segments: TCP bytes that crossed a hop in other packets than they
 * came in (segmentation offload, GRO, a smaller MSS). Such packets have no twin,
 * but every byte of theirs lies in odd packets of the other side.
 *
 * Found among the odd packets of one hop: a packet all of whose bytes the
 * other side's odd packets of the same session and direction carry, within the time
 * that a packet may take, has passed: its verdict is matched. One of which
 * only some bytes are there has lost the others.
 */
#ifndef CROSSTAP_CORRELATE_RECUT_H
#define CROSSTAP_CORRELATE_RECUT_H

#include "correlate/odd.h"

/* Sets `recut` (all bytes are there) or `partly` (some are) of the odd packets of a hop. */
enum status recut_find(struct odd *odd, uint64_t odds, int64_t tmax_ns, struct error *err)
	MUST_CHECK;

#endif
