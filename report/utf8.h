/* Texts from packets and file names are any bytes; what we write is UTF-8
 * (RFC 3629). A byte that is none of a character becomes \xNN.
 */
#ifndef CROSSTAP_REPORT_UTF8_H
#define CROSSTAP_REPORT_UTF8_H

#include <stddef.h>

/* Bytes of the character at the start of `text`, which ends in a zero; 0 when
 * the first byte begins none. At the end: 0. */
size_t utf8_character(const char *text);

/* Writes `text` with foreign bytes spelled out; `out` has room for 4 bytes for each
 * of the text's, and one. Returns the length. */
size_t utf8_clean(char *out, const char *text);

#endif
