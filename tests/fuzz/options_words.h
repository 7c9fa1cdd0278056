/* A command line of any words for one of the tools, whose file is a part of the target: the input is the words,
 * each ended by a zero. Nothing is looked up in folders: words that name files elsewhere are passed over.
 */
#ifndef CROSSTAP_TESTS_FUZZ_OPTIONS_WORDS_H
#define CROSSTAP_TESTS_FUZZ_OPTIONS_WORDS_H

#include "collect/options.h"
#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 24

int tool_main(int argc, char **argv); /* the tool's own, which nobody calls */

static int words_take(struct fuzz *in, char *word[WORDS_MAX + 2])
{
	int words = 1;

	word[0] = strdup("fuzz");
	while (in->left && words <= WORDS_MAX) {
		word[words] = fuzz_text(in);
		if (strpbrk(word[words], "/*?[~"))
			free(word[words]);
		else
			words++;
	}
	word[words] = NULL;
	return words;
}

/* Whatever the words are, they are taken, or one sentence says which is not. */
static enum status words_parse(const struct option_tool *of, int words, char **word, void *target)
{
	struct error err = {0};
	enum status status = options_parse(of, words, word, target, &err);

	FUZZ_HOLDS(!status || ((status == STATUS_USAGE || status == STATUS_INPUT) && err.status == status));
	FUZZ_HOLDS(!status || (err.text[0] && memchr(err.text, 0, sizeof err.text)));
	return status;
}

static void words_free(int words, char **word)
{
	while (words)
		free(word[--words]);
}

#endif
