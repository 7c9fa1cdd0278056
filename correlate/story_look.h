/* A look at sessions: which of them are worth reading packet by packet, and the notes taken.
 *
 * Packets are read in chunks of bounded memory, and no more of them than a share of the run's:
 * then the sessions that were idle longest for each of their packets come first. The choice depends on the
 * packets alone.
 */
#ifndef CROSSTAP_CORRELATE_STORY_LOOK_H
#define CROSSTAP_CORRELATE_STORY_LOOK_H

#include "correlate/story.h"
#include "correlate/story_note.h"

/* What of a session only its packets can tell. */
enum story_suspect {
	SUSPECT_WINDOW = 1 << 0,   /* a window was closed */
	SUSPECT_FIN = 1 << 1,      /* a FIN without the other, or sent more than once */
	SUSPECT_VAIN = 1 << 2,     /* something was sent again, and then all is silence */
	SUSPECT_CHECKSUM = 1 << 3, /* some checksums are wrong */
	SUSPECT_REUSE = 1 << 4,    /* the tuple had a connection before */
	SUSPECT_SLOW = 1 << 5,     /* lasts long enough for a gap that hurts */
	SUSPECT_DELAY = 1 << 6,    /* lived while a hop was slow */
};

struct story_looks {
	uint32_t count;
	uint32_t *session;        /* ascending */
	struct story_note *note;  /* of each */
	uint64_t passed_over;     /* sessions that the bound left out */
};

enum status story_looks_take(struct story_looks *looks, const struct stories *stories,
			     const struct judging *judging, const struct verdicts *verdicts,
			     const struct dossier_source *source, struct error *err) MUST_CHECK;
void story_looks_free(struct story_looks *looks);

/* The times in which a hop's delay was far above its own median. */
struct story_slow_times {
	int64_t (*span)[2];       /* from, to; reference time */
	uint32_t count;
	uint64_t room;
};
enum status story_slow_times_find(struct story_slow_times *times, const struct verdicts *verdicts,
				  const struct judging *judging, struct error *err) MUST_CHECK;
bool story_slow_times_hold(const struct story_slow_times *times, int64_t from_ns, int64_t to_ns);

#endif
