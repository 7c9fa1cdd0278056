/* Story options: which TCP options a hop took off a session's SYN or SYN-ACK.
 *
 * Both ends use an option only if both SYNs had it (RFC 7323, RFC 2018): a hop that removes one
 * slows what would have needed it, and neither end knows.
 */
#ifndef CROSSTAP_CORRELATE_STORY_OPTIONS_H
#define CROSSTAP_CORRELATE_STORY_OPTIONS_H

#include <stdint.h>

#include "collect/error.h"
#include "correlate/verdict.h"

enum story_option {
	STORY_WINDOW_SCALE = 1 << 0,
	STORY_SACK = 1 << 1,     /* SACK permitted */
	STORY_TIMESTAMPS = 1 << 2,
};

struct story_stripped {
	uint8_t options;         /* enum story_option; 0: none */
	uint8_t hop;             /* the first where one was missed */
};

/* By session, caller frees; *out is NULL where no hop took anything off. Reads the SYNs only. */
enum status story_options_find(struct story_stripped **out, const struct judging *judging,
			       struct error *err) MUST_CHECK;

#endif
