/* Words: a sentence put together piece by piece, for a table's row. What does not
 * fit is cut off.
 */
#ifndef CROSSTAP_CORRELATE_WORDS_H
#define CROSSTAP_CORRELATE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_MAX 1024

struct words {
	size_t size;
	char text[WORDS_MAX]; /* ends in a zero from the first piece on */
};

/* Nothing yet. The text is not cleared: most rows never have one. */
static inline void words_begin(struct words *words)
{
	words->size = 0;
}

/* Begins a sentence, behind a semicolon when it is not the first. */
void words_sentence(struct words *words, const char *text);
void words_add(struct words *words, const char *text);
/* Not more than `most` bytes of it. */
void words_add_cut(struct words *words, const char *text, size_t most);
void words_add_number(struct words *words, uint64_t number);
/* "192.0.2.1", "192.0.2.1:80" or "[2001:db8::1]:80"; 4 or 16 bytes, network order. */
void words_add_end(struct words *words, const uint8_t *address, uint8_t bytes, bool with_port,
		   uint16_t port);

#endif
