/* How the summary says numbers, times and long sentences. */
#ifndef CROSSTAP_REPORT_WORDING_H
#define CROSSTAP_REPORT_WORDING_H

#include <stdint.h>
#include <stdio.h>

#define WORDING_ROOM 64

/* Each writes to `room`, which is returned. */

/* A length of time in a fitting unit: "612 us", "-3.70 s". */
const char *wording_duration(char room[WORDING_ROOM], int64_t value_ns);
/* The same with digits enough to compare clocks by. */
const char *wording_offset(char room[WORDING_ROOM], int64_t value_ns);
/* A ratio in percent, without the sign: "0.84", "<0.01". */
const char *wording_percent(char room[WORDING_ROOM], double ratio);
/* "1 packet", "36 packets", "4,311 packets". */
const char *wording_count(char room[WORDING_ROOM], uint64_t count, const char *thing);

/* A copy, escaped for terminals; with `hop`, each '>' has blanks around it. The
 * caller frees; NULL without memory. */
char *wording_safe(const char *text);
char *wording_hop(const char *hop);

/* Prints a text broken at blanks to `width` columns. The cursor stands in column
 * `column`; further lines begin at `indent`. Ends the line. */
void wording_wrap(FILE *stream, const char *text, unsigned column, unsigned indent, unsigned width);

#endif
