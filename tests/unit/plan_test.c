/* The plan: which file is of which point and under which filter. */
#include <stdlib.h>
#include <unistd.h>

#include "collect/plan.h"
#include "tests/unit/check.h"

/* Words in pairs: "p", "f" or "o" and the word. */
static enum status make(struct plan *plan, const char *const *words, struct error *err)
{
	enum status status = STATUS_OK;

	memset(plan, 0, sizeof *plan);
	for (; *words && !status; words += 2)
		status = **words == 'p'	  ? plan_point(plan, words[1], err)
			 : **words == 'f' ? plan_filter(plan, words[1], err)
					  : plan_operand(plan, words[1], err);
	return status ? status : plan_check(plan, err);
}

/* "point:file:filter ..." */
static void describe(const struct plan *plan, char *out, size_t room)
{
	size_t n = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < plan->file_count; i++) {
		const struct plan_file *file = &plan->files[i];
		const struct plan_group *group = &plan->groups[file->group];

		n += (size_t)snprintf(out + n, room - n, "%s%s:%s:%s", i ? " " : "", group->point,
				      file->file.path, group->filter);
	}
}

static void groups(void)
{
	static const struct {
		const char *words[20];
		const char *plan;
	} rows[] = {
		{{"p", "a", "o", "1", "o", "2", "p", "b", "o", "3"}, "a:1: a:2: b:3:"},
		{{"f", "tcp", "p", "a", "o", "1", "p", "b", "o", "2"}, "a:1:tcp b:2:tcp"},
		{{"p", "a", "f", "tcp", "o", "1", "p", "b", "o", "2"}, "a:1:tcp b:2:"},
		{{"p", "a", "o", "1", "f", "tcp", "o", "2", "p", "b", "o", "3"},
		 "a:1:tcp a:2:tcp b:3:"},
		{{"f", "udp", "p", "a", "o", "1", "f", "tcp", "p", "b", "o", "2"},
		 "a:1:tcp b:2:udp"},
		{{"f", "udp", "p", "a", "f", "", "o", "1", "p", "a", "o", "2"}, "a:1: a:2:udp"},
	};
	char text[256];
	struct plan plan;
	struct error err;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_INT(make(&plan, rows[i].words, &err), STATUS_OK);
		describe(&plan, text, sizeof text);
		CHECK_TEXT(text, rows[i].plan);
		plan_free(&plan);
	}
	check_case("a point holds for the files behind it, a filter for its group or for all");
}

static void mistakes(void)
{
	static const struct {
		const char *words[12];
		const char *text;
	} rows[] = {
		{{NULL}, "no point and no file given"},
		{{"o", "1"}, "1: which point is it of? (-p POINT before it)"},
		{{"p", "a"}, "point a: no file given"},
		{{"p", "a", "p", "b", "o", "1"}, "point a: no file given"},
		{{"p", "a", "f", "tcp", "f", "udp", "o", "1"},
		 "point a: two filters; join them by \"and\""},
		{{"f", "tcp", "f", "udp", "p", "a", "o", "1"}, "two filters; join them by \"and\""},
		{{"p", "a", "o", "-", "o", "-"}, "standard input (-) can be read once only"},
		{{"p", "", "o", "1"}, "a point needs a name"},
		{{"p", "a/b", "o", "1"},
		 "point \"a/b\": a name may not hold any of ,/>= or control characters"},
		{{"p", "a\n", "o", "1"},
		 "point \"a\n\": a name may not hold any of ,/>= or control characters"},
	};
	struct plan plan;
	struct error err;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_INT(make(&plan, rows[i].words, &err), STATUS_USAGE);
		CHECK_TEXT(err.text, rows[i].text);
		plan_free(&plan);
	}
	check_case("what is wrong with a plan is said");
}

static void missing(void)
{
	static const char *const words[] = {"p", "a", "o", "/nonexistent/x.pcap", "o", "/tmp",
					    "o", "/dev/null", NULL};
	struct plan plan;
	struct error err;

	CHECK_INT(make(&plan, words, &err), STATUS_OK);
	CHECK_INT(plan.files[0].status, STATUS_INPUT);
	CHECK_TEXT(plan.files[0].error.text, "/nonexistent/x.pcap: no such file");
	CHECK_INT(plan.files[1].status, STATUS_INPUT);
	CHECK_TEXT(plan.files[1].error.text, "/tmp: it is a directory");
	CHECK_INT(plan.files[2].status, STATUS_OK);
	plan_free(&plan);
	check_case("a file that is not there, or a directory, fails in its own row");
}

int main(void)
{
	groups();
	mistakes();
	missing();
	return check_exit();
}
