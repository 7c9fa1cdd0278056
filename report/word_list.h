/* Words of a list as options have it: "drops,resets". An empty list is one empty word.
 */
#ifndef CROSSTAP_REPORT_WORD_LIST_H
#define CROSSTAP_REPORT_WORD_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct list_word {
	const char *text; /* borrowed from the list */
	size_t length;
};

/* Takes the next word; *rest, the list at first, becomes NULL with the last. False: there is none. */
static inline bool list_next(const char **rest, struct list_word *word)
{
	const char *text = *rest;
	size_t length;

	if (!text)
		return false;
	length = strcspn(text, ",");
	*word = (struct list_word){text, length};
	*rest = text[length] ? text + length + 1 : NULL;
	return true;
}

static inline bool list_word_is(const struct list_word *word, const char *name)
{
	return strlen(name) == word->length && memcmp(name, word->text, word->length) == 0;
}

#endif
