/* Names as people and captures give them: POINT=FILE, FILE@IFACE, sides of a router, times, points. What is refused
 * is refused in words; what a thing is called once is the same when it is read again. */
#include "collect/plan.h"
#include "collect/selection.h"
#include "report/operand.h"
#include "tests/fuzz/fuzz.h"

static void said(enum status status, const struct error *err)
{
	FUZZ_HOLDS(!status || (err->status == status && err->text[0] && memchr(err->text, 0, sizeof err->text)));
}

static void read_side(const char *text)
{
	char written[SELECTION_LINK_TEXT_MAX], again[SELECTION_LINK_TEXT_MAX];
	struct selection_link link, same;
	struct error err = {0};
	enum status status = selection_link_read(&link, text, text, &err);

	said(status, &err);
	if (status || link.by == SELECTION_BY_INTERFACE)
		return;
	selection_link_write(&link, written);
	FUZZ_HOLDS(!selection_link_read(&same, written, written, &err));
	selection_link_write(&same, again);
	FUZZ_HOLDS(strcmp(written, again) == 0);
	selection_link_takes(&link, (const uint8_t *)text, strlen(text));
}

static void read_names(const char *text)
{
	struct selection_file *files;
	struct operands operands = {0};
	struct plan plan = {0};
	struct error err = {0};
	enum status status;
	int64_t time_ns;
	uint32_t count;

	said(selection_time(text, &time_ns, &err), &err);
	status = plan_point(&plan, text, &err);
	said(status, &err);
	if (!status)
		FUZZ_HOLDS(!strpbrk(text, ",/>=\n\t\r\033") && strlen(text) < 64);
	plan_free(&plan);
	if (strpbrk(text, "/*?[~")) /* nothing is to be looked up */
		return;
	said(operands_add(&operands, text, &err), &err);
	operands_free(&operands);
	status = selection_files(text, &files, &count, &err);
	said(status, &err);
	if (!status) {
		FUZZ_HOLDS(count == 1);
		selection_files_free(files, count);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	char *text;

	while (in.left) {
		text = fuzz_text(&in);
		read_side(text);
		read_names(text);
		free(text);
	}
	return 0;
}
