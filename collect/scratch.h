/* A store for one run: in a directory of its own below $TMPDIR, readable by its
 * owner only, removed at the end. */
#ifndef CROSSTAP_COLLECT_SCRATCH_H
#define CROSSTAP_COLLECT_SCRATCH_H

#include "collect/error.h"

struct scratch {
	char *directory, *store; /* paths; owned */
};

/* Makes the directory; the store is not there yet. */
enum status scratch_make(struct scratch *scratch, struct error *err) MUST_CHECK;
/* Takes their names from the store and its lock: whoever has it open keeps it, and nothing of it is left when he ends,
 * however he ends. */
void scratch_hide(const struct scratch *scratch);
/* Removes the store and the directory. Legal for {0}. */
void scratch_remove(struct scratch *scratch);

#endif
