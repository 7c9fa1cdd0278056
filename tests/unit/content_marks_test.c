/* What messages are known again by: against all windows one by one, and messages that a proxy rewrote. */
#include "collect/content_marks.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <strings.h>

#include "tests/unit/check.h"

#define SEED 7

struct marks {
	uint32_t mark[CONTENT_MARKS];
};

static struct marks marks_of(const void *bytes, size_t n, uint64_t seed)
{
	uint8_t *copy = malloc(n + !n); /* so that ASan sees any byte too many */
	struct marks marks;

	memcpy(copy, bytes, n);
	content_marks(copy, (uint32_t)n, seed, marks.mark);
	free(copy);
	return marks;
}

static struct marks marks_of_text(const char *text)
{
	return marks_of(text, strlen(text), SEED);
}

static bool same(struct marks a, struct marks b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static int shared(struct marks a, struct marks b)
{
	int count = 0;

	for (uint32_t i = 0; i < CONTENT_MARKS; i++)
		for (uint32_t k = 0; k < CONTENT_MARKS; k++)
			count += a.mark[i] && a.mark[i] == b.mark[k];
	return count;
}

/* ---- another way ---- */

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Every window by itself, in small letters, then all of them sorted. */
static struct marks marks_by_hand(const uint8_t *bytes, size_t n, uint64_t seed)
{
	static uint32_t all[CONTENT_MARKED_MAX];
	struct marks marks = {{0}};
	uint32_t count = 0, kept = 0;

	for (size_t i = 0; i + 16 <= n && i + 16 <= 4096; i++) {
		uint8_t window[16];

		for (size_t k = 0; k < 16; k++)
			window[k] = (uint8_t)(bytes[i + k] < 0x80 ? tolower(bytes[i + k]) : bytes[i + k]);
		all[count++] = marks_of(window, 16, seed).mark[0];
	}
	qsort(all, count, sizeof *all, by_value);
	for (uint32_t i = 0; i < count && kept < 4; i++)
		if (all[i] && (!i || all[i] != all[i - 1]))
			marks.mark[kept++] = all[i];
	return marks;
}

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void test_by_hand(void)
{
	static uint8_t bytes[5000];
	uint32_t state = 3;

	for (uint32_t round = 0; round < 300; round++) {
		size_t n = round < 100 ? round : random_next(&state) % sizeof bytes;
		uint32_t values = 1 + random_next(&state) % 256; /* few: many windows are equal */

		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)(random_next(&state) % values + (values < 26) * 'A');
		CHECK(same(marks_of(bytes, n, round), marks_by_hand(bytes, n, round)));
	}
	check_case("marks are the four least of all windows' hashes, of 4096 bytes at most");
}

/* What XXH3 makes of "shingle 0" to "shingle 2" with seed 7, the last one made odd; other machines must
 * find the same. */
static const uint64_t secret[3] = {UINT64_C(0xb263555a56a34061), UINT64_C(0x17ff36d872ba1cee),
				   UINT64_C(0xae7ce791cc3df4b1)};

/* The hash of one window, by a multiplication of 32-bit halves. */
static uint32_t hash_by_hand(const uint8_t *window)
{
	uint64_t x = secret[0], y = secret[1], low, high, cross_1, cross_2, middle;

	for (int i = 0; i < 8; i++) {
		x ^= (uint64_t)window[i] << 8 * i;
		y ^= (uint64_t)window[8 + i] << 8 * i;
	}
	low = (x & 0xffffffff) * (y & 0xffffffff);
	cross_1 = (x >> 32) * (y & 0xffffffff);
	cross_2 = (x & 0xffffffff) * (y >> 32);
	middle = (low >> 32) + (cross_1 & 0xffffffff) + (cross_2 & 0xffffffff);
	low = (low & 0xffffffff) | middle << 32;
	high = (x >> 32) * (y >> 32) + (cross_1 >> 32) + (cross_2 >> 32) + (middle >> 32);
	return (uint32_t)((low ^ high) * secret[2] >> 32);
}

static void test_layout(void)
{
	static const char *const texts[] = {"0123456789abcdef", "x-request-id: 77", "\xff@\xc1[\xff`\x80{ \n\r\t\x01 .\xda"};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct marks marks = marks_of(texts[i], 16, SEED);

		CHECK_INT(marks.mark[0], hash_by_hand((const uint8_t *)texts[i]));
		CHECK_INT(marks.mark[1], 0);
	}
	check_case("a window's hash is laid out as ever");
}

static void test_short(void)
{
	static const char text[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (size_t n = 0; n <= 26; n++) {
		struct marks marks = marks_of(text, n, SEED);
		uint32_t count = 0;

		while (count < 4 && marks.mark[count])
			count++;
		CHECK_INT(count, n < 16 ? 0 : n - 15 < 4 ? n - 15 : 4);
		for (uint32_t i = count; i < 4; i++)
			CHECK_INT(marks.mark[i], 0);
		for (uint32_t i = 1; i < count; i++)
			CHECK(marks.mark[i - 1] < marks.mark[i]);
	}
	check_case("there are as many marks as windows, none below one window");

	CHECK(same(marks_of_text("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), marks_of_text("aaaaaaaaaaaaaaaa")));
	check_case("windows that are equal are one");
}

/* ---- what they are for ---- */

#define BODY "{\"order\": 4711, \"street\": \"Long Road 12\", \"item\": \"kettle, blue, 1.5 l, with lid\"}"

static const char asked[] =
	"POST /orders HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: probe/7.1 (linux)\r\nCookie: "
	"session=9f8e7d6c5b4a39281706; theme=dark\r\nX-Request-ID: 6c2b9a4e-77aa-4f3b-9d59-0b6f7c1e2d3a"
	"\r\nContent-Length: 85\r\n\r\n" BODY;
static const char passed[] =
	"POST /orders HTTP/1.1\r\ncookie: session=9f8e7d6c5b4a39281706; theme=dark\r\nx-request-id: "
	"6c2b9a4e-77aa-4f3b-9d59-0b6f7c1e2d3a\r\nhost: shop.example\r\nuser-agent: probe/7.1 (linux)\r\n"
	"content-length: 85\r\nx-forwarded-for: 192.0.2.7\r\nvia: 1.1 proxy\r\n\r\n" BODY;
static const char other[] =
	"GET /style.css HTTP/1.0\r\nAccept: text/css\r\nConnection: close\r\nReferer: "
	"http://www.example/index.html\r\nIf-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT\r\n\r\n";

/* How many windows two messages share, of all that are in either. No window is twice in one. */
static double resemblance(const char *a, const char *b)
{
	size_t windows_a = strlen(a) - 15, windows_b = strlen(b) - 15, both = 0;

	for (size_t i = 0; i < windows_a; i++)
		for (size_t k = 0; k < windows_b; k++)
			both += strncasecmp(a + i, b + k, 16) == 0;
	return (double)both / (double)(windows_a + windows_b - both);
}

/* Of the four least marks of both messages together, those that both have: their mean share is the
 * resemblance (Broder 1997), whatever the seed. */
static double resemblance_by_marks(const char *a, const char *b, uint64_t seeds)
{
	uint64_t seed, count = 0;

	for (seed = 1; seed <= seeds; seed++) {
		struct marks x = marks_of(a, strlen(a), seed), y = marks_of(b, strlen(b), seed);
		uint32_t i = 0, k = 0, seen;

		for (seen = 0; seen < 4; seen++) {
			bool equal = x.mark[i] == y.mark[k], first = x.mark[i] < y.mark[k];

			count += equal;
			i += equal || first;
			k += equal || !first;
		}
	}
	return (double)count / (4.0 * (double)seeds);
}

static void test_proxied(void)
{
	double shared_windows = resemblance(asked, passed);
	uint64_t seed;

	CHECK(shared_windows > 0.5 && shared_windows < 0.9);
	/* 4000 draws of it: sigma is 0.008. */
	CHECK(fabs(resemblance_by_marks(asked, passed, 1000) - shared_windows) < 0.04);
	CHECK(resemblance_by_marks(asked, asked, 10) == 1);
	for (seed = 0; seed < 100; seed++)
		CHECK_INT(shared(marks_of(asked, sizeof asked - 1, seed),
				 marks_of(other, sizeof other - 1, seed)), 0);
	check_case("a request is known again behind a proxy that moves, adds and re-cases header lines");

	CHECK(same(marks_of_text("X-Trace: ABCDEF-0123456789"), marks_of_text("x-trace: abcdef-0123456789")));
	CHECK(!same(marks_of_text("[@]^_`{|}~0123456789"), marks_of_text("{@}^_`{|}~0123456789")));
	check_case("letters alone have no case");

	CHECK_INT(shared(marks_of("0123456789abcdef0123456789xyz", 29, 1),
			 marks_of("0123456789abcdef0123456789xyz", 29, 2)), 0);
	check_case("another seed gives other marks");
}

/* 200,000 windows that count upwards: as even over 256 bands as chance (chi-square of 255 degrees: mean 255,
 * sigma 22.6), and as many equal ones as chance: 200000^2 / 2^33 = 4.7. */
static void test_even(void)
{
	enum { WINDOWS = 200000 };
	static uint32_t all[WINDOWS], band[256];
	double chi = 0, expected = WINDOWS / 256.0;
	char text[40];
	int equal = 0;

	for (uint32_t i = 0; i < WINDOWS; i++) {
		snprintf(text, sizeof text, "req-id: %08u", i);
		all[i] = marks_of(text, 16, SEED).mark[0];
		band[all[i] >> 24]++;
	}
	for (uint32_t i = 0; i < 256; i++)
		chi += (band[i] - expected) * (band[i] - expected) / expected;
	CHECK(chi > 255 - 5 * 22.6 && chi < 255 + 5 * 22.6);
	qsort(all, WINDOWS, sizeof *all, by_value);
	for (uint32_t i = 1; i < WINDOWS; i++)
		equal += all[i] == all[i - 1];
	CHECK(equal < 20);
	check_case("hashes are even, and seldom equal");
}

static void test_mark_of(void)
{
	static const uint8_t a[32] = {1}, b[32] = {2};

	CHECK_INT(content_mark_of(a, 32, SEED), content_mark_of(a, 32, SEED));
	CHECK(content_mark_of(a, 32, SEED) != content_mark_of(b, 32, SEED));
	CHECK(content_mark_of(a, 32, SEED) != content_mark_of(a, 32, SEED + 1));
	CHECK(content_mark_of(a, 32, SEED) != 0);
	check_case("a hash of bytes as they are depends on the bytes and on the seed");
}

int main(void)
{
	test_by_hand();
	test_layout();
	test_short();
	test_proxied();
	test_even();
	test_mark_of();
	return check_exit();
}
