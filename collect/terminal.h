/* Text for people: what came from a packet or a file name never reaches a
 * terminal raw, where it could move the cursor, rename the window or look like
 * a line of ours.
 *
 * Escaped, byte by byte as \xNN, are: control characters (C0, DEL, C1), line
 * and paragraph separators, the characters that turn the direction of writing,
 * and every byte that is no UTF-8. A backslash stays as it is.
 */
#ifndef CROSSTAP_COLLECT_TERMINAL_H
#define CROSSTAP_COLLECT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TERMINAL_NUMBER_MAX 32
#define TERMINAL_TIME_MAX 48

/* Escapes `bytes` bytes of text into `out` (room for `room`, at least 1; ends
 * in a zero). What does not fit is left out, never cut inside a character.
 * Returns the length of what was written. */
size_t terminal_escape(char *out, size_t room, const char *text, size_t bytes);

/* Writes a whole text escaped. */
void terminal_print(FILE *stream, const char *text);

/* One line: "who: text", both escaped. */
void terminal_say(FILE *stream, const char *who, const char *text);

/* A number with commas between the thousands, in `out`, which is returned. */
const char *terminal_number(char out[TERMINAL_NUMBER_MAX], uint64_t number);

/* A time as ISO 8601 in UTC with nine decimals, in `out`, which is returned. */
const char *terminal_time(char out[TERMINAL_TIME_MAX], int64_t time_ns);

/* Whether to write colours to the stream: a terminal that knows them, and
 * NO_COLOR not set to anything (https://no-color.org). */
bool terminal_colour(FILE *stream);

/* Whether the stream is a terminal whose locale (LC_ALL, LC_CTYPE, LANG: the first that is set)
 * is not UTF-8. Files and pipes are always written in UTF-8. */
bool terminal_ascii(FILE *stream);

/* The width in columns; 80 where it is not known. */
unsigned terminal_columns(FILE *stream);

#endif
