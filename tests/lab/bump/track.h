/* One side's sequence numbers, as its own end counts them and as the other end sees them. */
#ifndef CROSSTAP_TESTS_BUMP_TRACK_H
#define CROSSTAP_TESTS_BUMP_TRACK_H

#include "tests/lab/bump/rewrite.h"

uint32_t track_there(const struct track *track, uint32_t own);
uint32_t track_back(const struct track *track, uint32_t seen);

/* Notes an edit where a whole request of lab/talk.h, the second of its session or a later one,
 * fills a segment; returns it, or NULL. */
const struct edit *track_edit(struct track *track, const uint8_t *frame, const struct view *view,
			      int growth);

/* Carries edits out in a segment; how many, or -1 where it holds a part of one only. */
int track_apply(const struct track *track, uint8_t *frame, size_t *length, const struct view *view);

/* TCP options: numbers of both sides in them, and those that are taken off or written. */
void options_rewrite(struct rewriter *rewriter, const struct translated *session, int from,
		     uint8_t *frame, const struct view *view);

#endif
