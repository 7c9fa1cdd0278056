#include "report/fail_on.h"

#include <string.h>

#include "correlate/results.h"
#include "report/rows.h"
#include "report/sheet.h"
#include "report/word_list.h"

/* A row is a hit when its column holds a number above 0, or this text. */
struct fail_on_word {
	const char *word;
	const struct table_schema *schema; /* NULL: needs --before and --after */
	unsigned column;
	const char *text;
};

static const struct fail_on_word fail_on_words[] = {
	{"drops", &results_hops, HOPS_DROPPED, NULL},
	{"resets", &results_resets, RESETS_VERDICT, "injected"},
	{"modifications", &results_hops, HOPS_MODIFIED, NULL},
	{"expect", &results_expect, EXPECT_VERDICT, "violated"},
	{"regression", NULL, 0, NULL},
};

static const struct fail_on_word *fail_on_find(const struct list_word *word)
{
	size_t i;

	for (i = 0; i < sizeof fail_on_words / sizeof fail_on_words[0]; i++)
		if (list_word_is(word, fail_on_words[i].word))
			return &fail_on_words[i];
	return NULL;
}

enum status fail_on_check(const char *list, struct error *err)
{
	struct list_word word;

	while (list_next(&list, &word)) {
		const struct fail_on_word *found = fail_on_find(&word);

		if (!found)
			return error_set(err, STATUS_USAGE,
					 "--fail-on: \"%.*s\" is none of drops, resets, "
					 "modifications, expect, regression",
					 (int)word.length, word.text);
		if (!found->schema)
			return error_set(err, STATUS_USAGE,
					 "--fail-on: %s needs --before and --after", found->word);
	}
	return STATUS_OK;
}

bool fail_on_needs_policy(const char *list)
{
	struct list_word word;

	while (list_next(&list, &word)) {
		const struct fail_on_word *found = fail_on_find(&word);

		if (found && found->schema == &results_expect)
			return true;
	}
	return false;
}

/* That nothing was expected is not that all is as expected. */
static enum status fail_on_check_policy(struct store_txn *txn, struct error *err)
{
	char sha256[80];
	enum status status = sheet_run_value(txn, "expect_sha256", sha256, sizeof sha256, err);

	if (!status && !*sha256)
		status = error_set(err, STATUS_USAGE,
				   "--fail-on: expect needs a policy: --expect FILE, here or of crosstap-correlate");
	return status;
}

static enum status fail_on_ask_word(const struct fail_on_word *word, struct store_txn *txn,
				    bool *found, struct error *err)
{
	struct rows *rows;
	enum status status = rows_open_table(&rows, txn, word->schema, err);
	struct cell cell;
	bool more = true;

	while (!status && !*found) {
		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		rows_cell(rows, word->column, &cell);
		if (cell.known)
			*found = word->text ? strcmp(cell.text, word->text) == 0
					    : cell.number > 0;
	}
	rows_close(&rows);
	return status;
}

enum status fail_on_ask(const char *list, struct store_txn *txn, bool *found, struct error *err)
{
	enum status status =
		fail_on_needs_policy(list) ? fail_on_check_policy(txn, err) : STATUS_OK;
	struct list_word word;

	*found = false;
	while (!status && !*found && list_next(&list, &word)) {
		const struct fail_on_word *one = fail_on_find(&word);

		if (one && one->schema)
			status = fail_on_ask_word(one, txn, found, err);
	}
	return status;
}
