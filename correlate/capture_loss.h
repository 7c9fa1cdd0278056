/* Capture loss: when the captures of a hop's stage lost packets themselves, as they say of it (drop counts
 * in pcapng, the kernel's and the interface's in a live capture). What is missing there then proves
 * nothing.
 *
 * A capture says before which packet it lost some: they passed between that one and the one before it.
 * Times are on the near stage's clock.
 */
#ifndef CROSSTAP_CORRELATE_CAPTURE_LOSS_H
#define CROSSTAP_CORRELATE_CAPTURE_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/odd.h"
#include "correlate/span.h"

struct capture_losses {
	struct span *span; /* widened by what clocks and counters may be off; merged */
	uint32_t spans;
};

/* Of the captures on a stage of the hop; ends in capture_losses_free(), also when it fails. */
enum status capture_losses_load(struct capture_losses *losses, const struct judging *judging, uint32_t hop,
				uint32_t stage, struct error *err) MUST_CHECK;
void capture_losses_free(struct capture_losses *losses);

bool capture_losses_at(const struct capture_losses *losses, int64_t time_ns);

#endif
