/* Links, counted by flow: how many of a flow's packets were seen at a later stage, too, and at
 * an earlier one. A flow that lives on one side of a hop only is known by it.
 */
#ifndef CROSSTAP_CORRELATE_LINKS_H
#define CROSSTAP_CORRELATE_LINKS_H

#include <stdint.h>

#include "collect/error.h"
#include "correlate/journey.h"
#include "correlate/view.h"

struct link_count {
	uint32_t ahead, behind;
};

/* By node; *out is the caller's to free. */
enum status links_count(struct link_count **out, const struct view *view,
			const struct journeys *journeys, unsigned threads,
			struct error *err) MUST_CHECK;

#endif
