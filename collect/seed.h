/* The seed of a new store, from what is collected into it first: the same
 * files give the same store and so the same reports to the byte, while nobody
 * who sends packets into a capture knows it beforehand.
 */
#ifndef CROSSTAP_COLLECT_SEED_H
#define CROSSTAP_COLLECT_SEED_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/plan.h"

/* From the sizes and the beginnings of the plan's files, in whatever order they
 * stand. False where that cannot be told (standard input, a pipe): then the
 * seed is a random one. */
bool seed_from_files(const struct plan *plan, uint64_t *seed);

#endif
