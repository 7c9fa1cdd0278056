/* Contents as they come back out of the store; see content_keep.h for the layout.
 */
#ifndef CROSSTAP_COLLECT_CONTENT_READ_H
#define CROSSTAP_COLLECT_CONTENT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/content_marks.h"

struct content_row {
	uint32_t way, record, seq;
	uint16_t code;             /* CONTENT_LEFT_OUT: nothing; their number is in seq */
	uint8_t kind, marks, name_bytes, more_bytes, client_bytes;
	uint32_t mark[CONTENT_MARKS]; /* see content_marks.h; 0 behind the last */
	const char *name, *more, *client; /* borrowed from the packed bytes; no zero behind them */
};

struct content_reader {
	const uint8_t *bytes;
	size_t size, at;
	uint32_t left;             /* contents */
	uint64_t left_out;
};

/* False: it is damaged. */
bool content_reader_open(struct content_reader *reader, const uint8_t *bytes, size_t size);
/* The next row; *more is false behind the last. False: it is damaged. Texts are as content.h says. */
bool content_reader_next(struct content_reader *reader, struct content_row *row, bool *more);

#endif
