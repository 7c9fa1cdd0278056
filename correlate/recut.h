/* Re-cut packets: bytes that crossed a hop in other packets than they came in. Such
 * packets have no twin, but their bytes lie in packets of the other side that have none either.
 *
 *   TCP        by sequence numbers: segmentation offload, GRO, LRO, a smaller MSS
 *   fragments  by the datagram's offsets, see refragment.h
 *
 * An acknowledgment without data that stood between two segments which came out as one
 * may have gone into that one: it is `swallowed`.
 */
#ifndef CROSSTAP_CORRELATE_RECUT_H
#define CROSSTAP_CORRELATE_RECUT_H

#include "correlate/odd.h"

/* Says of the odd packets of a hop, which are in order of time, what cut.h says. */
enum status recut_find(struct odd *odd, uint64_t odds, uint32_t hop, const struct judging *judging,
		       const struct hop_result *result, struct error *err) MUST_CHECK;

/* Measures what passed re-cut: delays, of a packet from its sending until its last byte was
 * there, and what the hop's sessions count. */
bool recut_measure(const struct odd *odd, uint64_t odds, uint32_t hop,
		   const struct judging *judging, struct hop_result *result);

#endif
