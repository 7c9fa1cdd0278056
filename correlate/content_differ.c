#include "correlate/content_differ.h"

/* ---- the same request on both sides ---- */

/* One exchange of the near side and its like on the far side. */
struct pair {
	const struct content_story *near, *far; /* far: may be NULL */
	const struct content_exchange *asked;
	const struct content_exchange *passed;  /* NULL: the far side has no such request */
	bool far_is_whole; /* every request of the far side is one of the near side's, and none was left out */
};

/* Where in `far`, from `from` on, the request is; far->exchanges: nowhere. */
static uint32_t pair_find(const struct content_story *far, uint32_t from,
			  const struct content_exchange *asked)
{
	while (from < far->exchanges && !content_same_request(asked, &far->exchange[from]))
		from++;
	return from;
}

/* A proxy that rewrites requests sends them on in words that are not found again. */
static bool pair_far_is_whole(const struct content_story *near, const struct content_story *far)
{
	uint32_t i, from = 0, found = 0;

	if (!far)
		return true;
	if (!far->known || far->left_out || far->hello[0] || far->hello[1])
		return false;
	for (i = 0; i < near->exchanges; i++) {
		uint32_t at = pair_find(far, from, &near->exchange[i]);

		if (at < far->exchanges) {
			found++;
			from = at + 1;
		}
	}
	return far->exchanges > 0 && found == far->exchanges;
}

/* ---- rows ---- */

static bool is_error(uint16_t status)
{
	return status >= 400;
}

static bool row_status_differs(const struct pair *p)
{
	return p->passed && p->passed->status && p->asked->status &&
	       p->passed->status != p->asked->status &&
	       (is_error(p->asked->status) || is_error(p->passed->status));
}

static bool row_answered_before(const struct pair *p)
{
	return p->passed && !p->passed->status && is_error(p->asked->status) && p->far->known &&
	       !p->far->left_out;
}

static bool row_not_passed_on(const struct pair *p)
{
	return !p->passed && is_error(p->asked->status) && p->far_is_whole;
}

static const struct differ_row {
	const char *name;
	bool (*matches)(const struct pair *pair);
	double confidence;
	bool one_sided;
} differ_rows[] = {
	{"status_differs", row_status_differs, 0.95, false},
	{"answered_before", row_answered_before, 0.6, true},
	{"not_passed_on", row_not_passed_on, 0.6, true},
};

bool contents_differ(const struct content_story *near, const struct content_story *far,
		     struct content_verdict *verdict)
{
	bool whole = pair_far_is_whole(near, far);
	size_t r;

	for (r = 0; r < sizeof differ_rows / sizeof differ_rows[0]; r++) {
		const struct differ_row *row = &differ_rows[r];
		uint32_t i, from = 0;

		for (i = 0; i < near->exchanges; i++) {
			uint32_t at = far ? pair_find(far, from, &near->exchange[i]) : 0;
			bool passed = far && at < far->exchanges;
			struct pair pair = {near, far, &near->exchange[i],
					    passed ? &far->exchange[at] : NULL, whole};

			if (near->exchange[i].method == CONTENT_NO_METHOD)
				continue;
			if (row->matches(&pair)) {
				*verdict = (struct content_verdict){
					row->name, i, passed ? at : CONTENT_NO_EXCHANGE,
					row->confidence, row->one_sided};
				return true;
			}
			from = passed ? at + 1 : from;
		}
	}
	return false;
}

/* ---- errors ---- */

static bool row_server_error(const struct content_story *s, uint32_t i)
{
	return s->exchange[i].status >= 500;
}

static bool row_client_error(const struct content_story *s, uint32_t i)
{
	return is_error(s->exchange[i].status) && !content_was_challenge(s, i);
}

/* Without its request an answer may be text that looks like one. */
static const struct {
	const char *name;
	bool (*matches)(const struct content_story *story, uint32_t exchange);
	double confidence, lone;
} error_rows[] = {
	{"server_error", row_server_error, 0.95, 0.7},
	{"client_error", row_client_error, 0.95, 0.7},
};

bool contents_error(const struct content_story *s, struct content_verdict *verdict)
{
	size_t r;
	uint32_t i;

	for (r = 0; r < sizeof error_rows / sizeof error_rows[0]; r++)
		for (i = 0; i < s->exchanges; i++) {
			bool lone = s->exchange[i].method == CONTENT_NO_METHOD;

			if (!error_rows[r].matches(s, i))
				continue;
			*verdict = (struct content_verdict){
				error_rows[r].name, i, CONTENT_NO_EXCHANGE,
				lone ? error_rows[r].lone : error_rows[r].confidence, false};
			return true;
		}
	return false;
}

/* ---- sentences ---- */

/* "GET web1.example/a" */
static void say_request(const struct content_exchange *x, struct words *words)
{
	const char *method = content_method(x->method);

	words_sentence(words, method ? method : "a request that was not seen");
	if (!method)
		return;
	words_add(words, " ");
	if (x->host.bytes)
		words_add_cut(words, x->host.text, x->host.bytes);
	words_add_cut(words, x->target.text, x->target.bytes);
	words_add(words, x->cut ? "..." : "");
}

static void say_answer(const struct content_exchange *x, const char *point, struct words *words)
{
	int64_t ns = content_first_byte_ns(x);

	words_add_number(words, x->status);
	words_add(words, " at ");
	words_add(words, point);
	if (ns < 0)
		return;
	words_add(words, " after ");
	words_add_number(words, (uint64_t)ns / 1000);
	words_add(words, " us");
}

void contents_differ_say(const struct content_verdict *v, const struct content_story *near,
			 const char *near_point, const struct content_story *far,
			 const char *far_point, struct words *words)
{
	const struct content_exchange *asked = &near->exchange[v->near];
	const struct content_exchange *passed =
		far && v->far != CONTENT_NO_EXCHANGE ? &far->exchange[v->far] : NULL;

	say_request(asked, words);
	words_add(words, " was answered ");
	say_answer(asked, near_point, words);
	if (passed && passed->status) {
		words_add(words, ", but ");
		say_answer(passed, far_point, words);
		return;
	}
	words_add(words, passed ? "; it went on to " : "; it was not seen at ");
	words_add(words, far_point);
	words_add(words, passed ? ", where no answer was seen" : "");
	words_add(words, ": what stands between answered by itself, unless that capture missed it");
}

void contents_error_say(const struct content_verdict *v, const struct content_story *story,
			const char *point, struct words *words)
{
	const struct content_exchange *x = &story->exchange[v->near];

	say_request(x, words);
	words_add(words, " was answered ");
	say_answer(x, point, words);
}
