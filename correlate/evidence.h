/* Evidence: what TCP knows about packets that one side of a hop did not show.
 *
 * One pass over both stages of a hop in the order of time, with only the
 * sessions that have odd packets looked at. A segment missing downstream was
 * lost by the capture, not by the hop, when the receiver acknowledged it and no other
 * copy of its bytes had passed (RFC 9293 3.4: an acknowledgment covers what
 * was received); it was dropped when a retransmission passed later.
 */
#ifndef CROSSTAP_CORRELATE_EVIDENCE_H
#define CROSSTAP_CORRELATE_EVIDENCE_H

#include "correlate/odd.h"

/* Fills the evidence of the given odd packets of one hop, which are in order of time. */
enum status evidence_gather(struct odd *odd, uint64_t odds, uint32_t hop,
			    const struct judging *judging, struct error *err) MUST_CHECK;

#endif
