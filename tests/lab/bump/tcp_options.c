#include <string.h>
#include "tests/lab/bump/track.h"

enum {
	KIND_END = 0,
	KIND_NOP = 1,
	KIND_MSS = 2,
	KIND_WINDOW_SCALE = 3,
	KIND_SACK = 5,
	KIND_TIMESTAMPS = 8,
};

/* What a packet of this side says of the other side's bytes. */
static void sack_rewrite(const struct track *other, uint8_t *option, int option_bytes)
{
	for (int at = 2; at + 4 <= option_bytes; at += 4)
		write32(option + at, track_back(other, read32(option + at)));
}

static void timestamps_rewrite(const struct translated *session, int from, uint8_t *option)
{
	uint32_t echoed = read32(option + 6);

	write32(option + 2, read32(option + 2) + session->track[from].ts_shift);
	if (echoed) /* 0 in a first SYN: there is nothing to echo yet */
		write32(option + 6, echoed - session->track[!from].ts_shift);
}

static void option_rewrite(struct rewriter *rewriter, const struct translated *session, int from,
			   uint8_t *option, int option_bytes)
{
	const struct rewrite_options *options = &rewriter->options;

	if (rewriter->strip[option[0]])
		memset(option, KIND_NOP, option_bytes);
	else if (option[0] == KIND_MSS && option_bytes == 4 && options->mss >= 0 &&
		 read16(option + 2) > options->mss)
		write16(option + 2, options->mss);
	else if (option[0] == KIND_WINDOW_SCALE && option_bytes == 3 && options->window_scale >= 0)
		option[2] = options->window_scale;
	else if (option[0] == KIND_SACK && session && options->sack_kept)
		rewriter->sacks_kept += session->track[!from].shift != 0;
	else if (option[0] == KIND_SACK && session)
		sack_rewrite(&session->track[!from], option, option_bytes);
	else if (option[0] == KIND_TIMESTAMPS && option_bytes == 10 && session)
		timestamps_rewrite(session, from, option);
}

void options_rewrite(struct rewriter *rewriter, const struct translated *session, int from,
		     uint8_t *frame, const struct view *view)
{
	size_t at = view->l4_offset + 20, end = view->payload_offset;

	while (at + 1 < end && frame[at] != KIND_END) {
		if (frame[at] == KIND_NOP) {
			at++;
			continue;
		}
		int option_bytes = frame[at + 1];
		if (option_bytes < 2 || at + option_bytes > end)
			return;
		option_rewrite(rewriter, session, from, frame + at, option_bytes);
		at += option_bytes;
	}
}
