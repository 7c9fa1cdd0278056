#include "collect/store_verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "collect/store_verify_parts.h"
#include "collect/terminal.h"

#define VERIFY_SAID 20 /* faults of one check; the others are counted */

/* ---- words ---- */

void verify_store_fault(struct verify_store *v, const char *format, ...)
{
	const char *path = store_path(v->store);
	char text[ERROR_TEXT_MAX];
	va_list list;
	int at;

	v->all_faults++;
	if (v->faults++ >= VERIFY_SAID)
		return;
	at = snprintf(text, sizeof text, "%s: ", path);
	if (at < 0 || (size_t)at >= sizeof text)
		at = 0;
	va_start(list, format);
	vsnprintf(text + at, sizeof text - (size_t)at, format, list);
	va_end(list);
	v->options->say(v->options->context, text);
}

enum status verify_store_heard(struct verify_store *v, enum status status, struct error *err)
{
	if (status != STATUS_INPUT)
		return status;
	v->all_faults++;
	if (v->faults++ < VERIFY_SAID)
		v->options->say(v->options->context, err->text);
	err->text[0] = 0;
	return STATUS_OK;
}

/* ---- pages and values ---- */

static enum status verify_pages(struct verify_store *v, struct error *err)
{
	struct store_pages pages = {0};
	enum status status = store_check_pages(v->store, &pages, err);

	v->looked = pages.used;
	if (!status && pages.free)
		snprintf(v->note, sizeof v->note, "%" PRIu64 " are free", pages.free);
	return verify_store_heard(v, status, err);
}

/* Whether a value is one that crosstap writes: of a kind, and of numbers that the header gave out. */
static bool verify_value_placed(const struct verify_store *v, const struct store_value *value)
{
	const struct store_header *h = &v->header;

	switch (value->kind) {
	case 'H':
		return value->a == 0 && value->b == 0;
	case 'P':
	case 'K':
		return value->a < h->points && value->b == 0;
	case 'I':
	case 'C':
		return value->a < h->captures && value->b == 0;
	case 'R':
	case 'F':
	case 'D':
		return value->a < h->captures;
	case 'T':
		return value->a >> 8 != 0;
	case 'V':
		return value->a >> 8 != 0 && (value->a & 0xff) < h->points;
	default:
		return false;
	}
}

static enum status verify_values(struct verify_store *v, struct error *err)
{
	struct store_value value = {0};
	char words[STORE_WORDS_MAX];
	enum status status;

	for (;;) {
		status = store_next(v->txn, &value, err);
		if (status || !value.kind)
			break;
		v->looked++;
		if (value.whole && verify_value_placed(v, &value))
			continue;
		store_words(words, value.kind, value.a, value.b);
		verify_store_fault(v, "%s: %s", words,
				   value.whole ? "nothing that crosstap writes" : "its checksum is wrong");
	}
	if (!store_sealed(v->store))
		snprintf(v->note, sizeof v->note, "store version %d has no checksums", STORE_VERSION_PLAIN);
	return verify_store_heard(v, status, err);
}

/* ---- the checks ---- */

/* In their order. What the later ones say of a value that an earlier one found wrong they say again. */
static const struct {
	const char *name, *what; /* "23 pages in use, ..." */
	enum status (*run)(struct verify_store *v, struct error *err);
} checks[] = {
	{"pages", "page%s in use, each once", verify_pages},
	{"values", "value%s as written, by checksums", verify_values},
	{"captures", "packet%s counted again", verify_store_captures},
	{"results", "row%s of tables read", verify_store_results},
};
#define CHECKS (sizeof checks / sizeof checks[0])

static void verify_line(const struct verify_store *v, size_t check)
{
	char number[TERMINAL_NUMBER_MAX];
	const char *what = checks[check].what, *behind = strstr(what, "%s");

	if (v->options->quiet && !v->faults)
		return;
	if (v->faults)
		fprintf(v->options->stream, "not ok - %s: %s fault%s\n", checks[check].name,
			terminal_number(number, v->faults), v->faults == 1 ? "" : "s");
	else
		fprintf(v->options->stream, "ok - %s: %s %.*s%s%s%s%s\n", checks[check].name,
			terminal_number(number, v->looked), (int)(behind - what), what,
			v->looked == 1 ? "" : "s", behind + 2, *v->note ? "; " : "", v->note);
}

static enum status verify_run(struct verify_store *v, struct error *err)
{
	enum status status = store_begin(v->store, false, &v->txn, err);
	size_t i;

	if (!status)
		status = store_header_get(v->txn, &v->header, err);
	for (i = 0; i < CHECKS && !status; i++) {
		v->looked = v->faults = 0;
		v->note[0] = 0;
		status = checks[i].run(v, err);
		if (!status)
			verify_line(v, i);
	}
	store_abort(&v->txn);
	return status;
}

enum status store_verify(const char *path, const struct store_verify_options *options,
			 struct error *err)
{
	struct verify_store v = {.options = options};
	enum status status = store_open(&v.store, path, STORE_READ, false, NULL, err);

	if (!status)
		status = verify_run(&v, err);
	store_close(&v.store);
	if (status || !v.all_faults)
		return status;
	return error_set(err, STATUS_INPUT, "%s: the store is damaged: %" PRIu64 " fault%s", path,
			 v.all_faults, v.all_faults == 1 ? "" : "s");
}
