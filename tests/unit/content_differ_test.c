/* What answers tell: errors, and two sides that do not tell the same. Each row by its name. */
#include "correlate/content_differ.h"

#include "tests/unit/check.h"

enum { GET = 0, POST = 2 };

static struct content_story near, far;

static void begin(struct content_story *s)
{
	*s = (struct content_story){.known = true};
}

static void both(void)
{
	begin(&near);
	begin(&far);
}

/* Adds an exchange; status 0: not answered. */
static struct content_exchange *add(struct content_story *s, uint16_t method, const char *target,
				    uint16_t status)
{
	struct content_exchange *x = &s->exchange[s->exchanges++];

	*x = (struct content_exchange){
		.method = method,
		.status = status,
		.request_ns = 1000000,
		.response_ns = status ? 3500000 : INT64_MIN,
		.host = {"web", 3},
		.target = {target, (uint8_t)strlen(target)},
	};
	return x;
}

static void differ(const char *row, uint32_t at_near, uint32_t at_far, const char *sentence)
{
	struct content_verdict v = {.row = "none"};
	bool found = contents_differ(&near, &far, &v);

	CHECK_TEXT(v.row, row);
	if (found) {
		CHECK_INT(v.near, at_near);
		CHECK_INT(v.far, at_far);
		CHECK(v.confidence > 0 && v.confidence < 1);
		CHECK_INT(v.one_sided, strcmp(row, "status_differs") != 0);
	}
	check_case(sentence);
}

static void said(const struct content_story *other, const char *expected)
{
	struct content_verdict v;
	struct words words;

	words_begin(&words);
	CHECK(contents_differ(&near, other, &v));
	contents_differ_say(&v, &near, "client", other, "server", &words);
	CHECK_TEXT(words.text, expected);
}

static void test_differ(void)
{
	both();
	add(&near, GET, "/a", 200);
	add(&near, GET, "/b", 502);
	add(&far, GET, "/a", 200);
	add(&far, GET, "/b", 200);
	said(&far, "GET web/b was answered 502 at client after 2500 us, but 200 at server after 2500 us");
	differ("status_differs", 1, 1, "status_differs: the server said 200, the client got 502");

	both();
	add(&near, GET, "/a", 200);
	add(&far, GET, "/a", 500);
	differ("status_differs", 0, 0, "status_differs: a proxy that hides an error");

	both();
	add(&near, GET, "/a", 200);
	add(&far, GET, "/a", 304);
	differ("none", 0, 0, "a cache that asks whether its copy is good does nothing wrong");

	both();
	add(&near, GET, "/a", 504);
	add(&far, GET, "/a", 0);
	said(&far, "GET web/a was answered 504 at client after 2500 us; it went on to server, where no answer "
		   "was seen: what stands between answered by itself, unless that capture missed it");
	differ("answered_before", 0, 0, "answered_before: 504 while the server is silent");

	far.known = false;
	differ("none", 0, 0, "a capture without contents shows no silence");

	both();
	add(&near, GET, "/a", 0);
	add(&far, GET, "/a", 503);
	differ("none", 0, 0, "an answer that did not come through is a matter of packets");

	both();
	add(&near, GET, "/a", 200);
	add(&near, POST, "/b", 403);
	add(&far, GET, "/a", 200);
	differ("not_passed_on", 1, CONTENT_NO_EXCHANGE,
	       "not_passed_on: 403 to a request that the server never got");

	add(&far, POST, "/rewritten/b", 403);
	differ("none", 0, 0, "a proxy that rewrites requests sends them on in other words");

	both();
	add(&near, GET, "/a", 503);
	differ("none", 0, 0, "a far side of which no request at all was seen shows nothing");

	far.hello[0] = true;
	differ("none", 0, 0, "a far side that is encrypted shows nothing");

	said(NULL, "GET web/a was answered 503 at client after 2500 us; it was not seen at server: what stands "
		   "between answered by itself, unless that capture missed it");
	check_case("where there is no far side, a proxy answered by itself");

	both();
	add(&near, GET, "/a", 200);
	add(&near, GET, "/a", 500);
	add(&far, GET, "/a", 200);
	add(&far, GET, "/a", 500);
	differ("none", 0, 0, "the same request twice is compared in order");

	both();
	add(&near, GET, "/long/targ", 502)->cut = true;
	add(&far, GET, "/long/target", 200);
	differ("status_differs", 0, 0, "a target that was cut is compared as far as it goes");

	both();
	add(&near, CONTENT_NO_METHOD, "", 502);
	add(&far, GET, "/a", 200);
	differ("none", 0, 0, "an answer whose request was not seen is compared with none");
}

static void error(const char *row, uint32_t at, const char *sentence)
{
	struct content_verdict v = {.row = "none"};

	if (contents_error(&near, &v))
		CHECK_INT(v.near, at);
	CHECK_TEXT(v.row, row);
	check_case(sentence);
}

static void test_error(void)
{
	struct content_verdict lone, asked;
	struct words words;

	both();
	add(&near, GET, "/a", 200);
	add(&near, GET, "/b", 404);
	add(&near, GET, "/c", 503);
	add(&near, GET, "/d", 500);
	error("server_error", 2, "server_error: the first 5xx, before any 4xx");
	CHECK_INT(content_status(&near), 503);
	CHECK(contents_error(&near, &asked));
	words_begin(&words);
	contents_error_say(&asked, &near, "fw", &words);
	CHECK_TEXT(words.text, "GET web/c was answered 503 at fw after 2500 us");
	check_case("the sentence names request, status, place and time");

	both();
	add(&near, GET, "/a", 302);
	add(&near, GET, "/b", 404);
	add(&near, GET, "/c", 410);
	CHECK_INT(content_status(&near), 404);
	error("client_error", 1, "client_error: the first 4xx");

	both();
	add(&near, GET, "/a", 401);
	add(&near, GET, "/a", 200);
	CHECK_INT(content_status(&near), 200);
	error("none", 0, "a 401 that was answered with success is no error");

	both();
	add(&near, GET, "/a", 401);
	add(&near, GET, "/a", 401);
	error("client_error", 0, "a 401 that stays is one");

	both();
	add(&near, GET, "/a", 200);
	add(&near, GET, "/b", 0);
	error("none", 0, "what was not answered is no answer");

	both();
	add(&near, CONTENT_NO_METHOD, "", 500)->request_ns = INT64_MIN;
	CHECK(contents_error(&near, &lone));
	CHECK(lone.confidence < asked.confidence);
	words_begin(&words);
	contents_error_say(&lone, &near, "fw", &words);
	CHECK_TEXT(words.text, "a request that was not seen was answered 500 at fw");
	check_case("an answer without its request is less sure");
}

int main(void)
{
	test_differ();
	test_error();
	return check_exit();
}
