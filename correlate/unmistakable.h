/* Unmistakable: which of several packets of one fingerprint is which, where IP ID,
 * timestamp and digest tell it without doubt, in whatever order they arrive.
 */
#ifndef CROSSTAP_CORRELATE_UNMISTAKABLE_H
#define CROSSTAP_CORRELATE_UNMISTAKABLE_H

#include "correlate/align.h"

#define UNMISTAKABLE_SHORT 64 /* in lists as short as this no other may bear the three */

/* Fills each item's partner: ALIGN_NONE where there is doubt, or where the hop does not leave IP IDs
 * alone. In long lists IDs come round again; there another packet may bear the three if it is far
 * from when the packet should have come. Both lists are sorted by time. False: no memory. */
bool unmistakable_pair(struct align_item *up, uint32_t up_count, struct align_item *down,
		       uint32_t down_count, const struct align_habits *habits) MUST_CHECK;

#endif
