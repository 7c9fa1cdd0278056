/* Mislinks: a TCP segment linked with a piece of a frame that was sent at another time.
 *
 * A segment is sent in a big frame once, and in a packet of its own at another time. Where
 * the hop cuts frames, the frame's piece is like that packet, and if only one of the two
 * arrives, it is linked with whatever has its looks. Such a link takes far longer than the hop
 * does, or less than no time; a packet without a partner had sent the same bytes at the right time;
 * and other bytes of that one came out without a partner, too. Then the link is taken back, and both
 * packets are told apart byte by byte (recut.h).
 */
#ifndef CROSSTAP_CORRELATE_MISLINK_H
#define CROSSTAP_CORRELATE_MISLINK_H

#include "correlate/hop.h"

/* Takes such links back; *taken says whether there were any: the hops are to be measured anew. */
enum status mislinks_take_back(struct journeys *journeys, struct sessions *sessions,
			       const struct hops *hops, const struct view *view,
			       const struct path *path, const struct meeting *meeting,
			       bool *taken, struct error *err) MUST_CHECK;

#endif
