#include "correlate/namesake.h"

#include <stdlib.h>

#include "collect/memory.h"
#include "collect/packet.h"

#define NAMESAKE_RECUT 16u /* bytes of it are the same in other packets: no namesake */

/* A bit for each direction and side. */
static uint8_t namesake_side(unsigned direction, bool upstream)
{
	return (uint8_t)(1u << (2 * direction + upstream));
}

bool namesakes_find(struct namesakes *n, const struct odd *odd, uint64_t odds, uint32_t sessions)
{
	uint64_t i;

	n->seen = memory_zeroed((size_t)sessions + 1, 1);
	if (!n->seen)
		return false;
	for (i = 0; i < odds; i++) {
		/* a RST on one side may be the box's */
		if (!(odd[i].proto == 6 && (odd[i].flags & PACKET_TCP_RST)))
			n->seen[odd[i].session] |= namesake_side(odd[i].direction, odd[i].upstream);
		if (odd[i].recut || odd[i].partly)
			n->seen[odd[i].session] |= NAMESAKE_RECUT;
	}
	return true;
}

void namesakes_free(struct namesakes *n)
{
	free(n->seen);
	n->seen = NULL;
}

bool namesakes_has(const struct namesakes *n, const struct odd *odd)
{
	uint8_t both = namesake_side(odd->direction, false) | namesake_side(odd->direction, true);

	return odd->alone && (n->seen[odd->session] & both) == both &&
	       !(n->seen[odd->session] & NAMESAKE_RECUT);
}
