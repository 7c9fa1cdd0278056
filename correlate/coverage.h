/* Coverage: when a point's captures would have shown a packet of a direction.
 *
 * A point may have many: the files of a ring, of which some may be missing, or
 * a file for each direction, which need not begin and end together. Times are
 * on the near stage's clock of a hop.
 */
#ifndef CROSSTAP_CORRELATE_COVERAGE_H
#define CROSSTAP_CORRELATE_COVERAGE_H

#include <stdint.h>

#include "collect/error.h"
#include "correlate/odd.h"
#include "correlate/span.h"

struct coverage {
	struct span *span; /* from first to last record, or longer: see struct capture; merged */
	uint32_t spans;
};

enum coverage_answer { COVERAGE_YES, COVERAGE_BEFORE, COVERAGE_BEHIND, COVERAGE_HOLE };

/* The coverage of a point of the hop, for packets of a direction. */
enum status coverage_find(struct coverage *coverage, const struct judging *judging, uint32_t hop,
			  uint32_t point, enum hop_direction direction,
			  struct error *err) MUST_CHECK;
void coverage_free(struct coverage *coverage);

/* Whether all of from..to is covered; if not, where it lies. */
enum coverage_answer coverage_ask(const struct coverage *coverage, int64_t from_ns, int64_t to_ns);

#endif
