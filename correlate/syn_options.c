#include "correlate/syn_options.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/dictionary.h"

enum { OPTION_END = 0, OPTION_NOP = 1 };

struct syn_options {
	uint32_t *first;           /* of each capture's entries, captures + 1 of them */
	struct syn_option *option; /* of all captures */
};

/* ---- parsing ---- */

static void option_mss(struct syn_option *option, const uint8_t *value)
{
	option->mss = (uint16_t)(value[0] << 8 | value[1]);
}

static void option_shift(struct syn_option *option, const uint8_t *value)
{
	option->shift = (int8_t)(value[0] < SYN_SHIFT_MAX ? value[0] : SYN_SHIFT_MAX);
}

static void option_sack(struct syn_option *option, const uint8_t *value)
{
	option->sack = true;
}

static void option_timestamps(struct syn_option *option, const uint8_t *value)
{
	option->timestamps = true;
}

/* Options of another length than theirs say nothing. */
static const struct {
	uint8_t kind, bytes;
	void (*take)(struct syn_option *option, const uint8_t *value);
} option_rows[] = {
	{2, 4, option_mss},
	{3, 3, option_shift},
	{4, 2, option_sack},
	{8, 10, option_timestamps},
};
#define OPTION_ROWS (sizeof option_rows / sizeof option_rows[0])

struct syn_option syn_option_parse(const uint8_t *bytes, uint32_t size)
{
	struct syn_option option = {.shift = SYN_SHIFT_NONE};
	uint32_t at = 0, row;

	while (at < size && bytes[at] != OPTION_END) {
		if (bytes[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (size - at < 2 || bytes[at + 1] < 2 || bytes[at + 1] > size - at)
			break;
		for (row = 0; row < OPTION_ROWS; row++)
			if (option_rows[row].kind == bytes[at] &&
			    option_rows[row].bytes == bytes[at + 1])
				option_rows[row].take(&option, bytes + at + 2);
		at += bytes[at + 1];
	}
	return option;
}

/* ---- the dictionaries ---- */

static enum status syn_options_load(struct syn_options *options, const struct view *view,
				    uint32_t capture, struct error *err)
{
	uint32_t first = options->first[capture], size, i;
	struct capture_entries entries;
	struct syn_option *grown;
	enum status status;

	status = capture_entries_open(view->txn, &view->capture[capture], CAPTURE_OPTIONS, &entries,
				      err);
	if (status)
		return status;
	/* The one for all that did not find room in the dictionary says nothing of any. */
	if (entries.count > DICTIONARY_OTHER)
		entries.count = DICTIONARY_OTHER;
	grown = realloc(options->option, ((size_t)first + entries.count + 1) * sizeof *grown);
	if (grown) {
		options->option = grown;
		for (i = 0; i < entries.count; i++) {
			const uint8_t *bytes = capture_entry(&entries, i, &size);

			grown[first + i] = syn_option_parse(bytes, size);
		}
		options->first[capture + 1] = first + entries.count;
	} else {
		status = error_errno(err, ENOMEM, "TCP options of %s", view->capture[capture].file);
	}
	capture_entries_close(&entries);
	return status;
}

enum status syn_options_open(struct syn_options **out, const struct view *view, struct error *err)
{
	struct syn_options *options = calloc(1, sizeof *options);
	enum status status = STATUS_OK;
	uint32_t c;

	*out = NULL;
	if (options)
		options->first = calloc((size_t)view->captures + 1, sizeof *options->first);
	if (!options || !options->first)
		status = error_errno(err, ENOMEM, "TCP options");
	for (c = 0; c < view->captures && !status; c++)
		status = syn_options_load(options, view, c, err);
	if (status)
		syn_options_close(&options);
	*out = options;
	return status;
}

void syn_options_close(struct syn_options **options)
{
	if (!*options)
		return;
	free((*options)->first);
	free((*options)->option);
	free(*options);
	*options = NULL;
}

const struct syn_option *syn_options_of(const struct syn_options *options, uint32_t capture,
					uint32_t *count)
{
	*count = options->first[capture + 1] - options->first[capture];
	return options->option + options->first[capture];
}
