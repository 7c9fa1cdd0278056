/* --follow: round after round, on a terminal a screen that is drawn again, else lines. */
#ifndef CROSSTAP_CORRELATE_FOLLOW_RUN_H
#define CROSSTAP_CORRELATE_FOLLOW_RUN_H

#include <signal.h>
#include <stdint.h>
#include <stdio.h>

#include "correlate/follow.h"

struct follow_work {
	struct follow_options options;
	uint64_t rounds;               /* to end after; 0: go on */
	bool csv;
	FILE *out;
	volatile sig_atomic_t *stop;   /* somebody else sets it, in a signal's handler */
};

/* Until `stop`, the key q, the last round, or a failure. */
enum status follow_run(const struct follow_work *work, struct error *err) MUST_CHECK;

#endif
