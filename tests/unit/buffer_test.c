/* Small rows as bytes: what is put comes back, in bytes that are given here by
 * hand, and a reader never reads past its end. */
#include "collect/buffer.h"

#include <stdlib.h>

#include "tests/unit/check.h"

static void test_numbers(void)
{
	static const struct {
		uint64_t number;
		uint8_t bytes[8];
	} rows[] = {
		{0, {0}},
		{1, {1}},
		{0x0102030405060708, {8, 7, 6, 5, 4, 3, 2, 1}},
		{(uint64_t)INT64_MIN, {0, 0, 0, 0, 0, 0, 0, 0x80}},
		{UINT64_MAX, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
	};
	struct buffer_reader in;
	struct buffer out = {0};
	size_t n = sizeof rows / sizeof rows[0], i;

	for (i = 0; i < n; i++)
		buffer_put_number(&out, rows[i].number);
	CHECK(!out.failed);
	CHECK_INT(out.size, 8 * n);
	in = buffer_reader(out.bytes, out.size);
	for (i = 0; i < n; i++) {
		CHECK(memcmp(out.bytes + 8 * i, rows[i].bytes, 8) == 0);
		CHECK(buffer_get_number(&in) == rows[i].number);
	}
	CHECK(!in.broken);
	CHECK_INT(in.left, 0);
	buffer_free(&out);
	CHECK(!out.bytes);
	check_case("numbers are eight bytes, the least significant first");
}

static void test_limited(void)
{
	static const struct {
		uint64_t number, most;
		int broken;
	} rows[] = {
		{0, 0, 0},
		{1, 0, 1},
		{64, 64, 0},
		{65, 64, 1},
		{UINT32_MAX, UINT32_MAX, 0},
		{(uint64_t)UINT32_MAX + 1, UINT32_MAX, 1},
		{UINT64_MAX, UINT64_MAX, 0},
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t bytes[8];
		struct buffer out = buffer_fixed(bytes, sizeof bytes);
		struct buffer_reader in;

		buffer_put_number(&out, rows[i].number);
		in = buffer_reader(bytes, sizeof bytes);
		CHECK(buffer_get_limited(&in, rows[i].most) ==
		      (rows[i].broken ? 0 : rows[i].number));
		CHECK_INT(in.broken, rows[i].broken);
	}
	check_case("a number greater than it may be is damage");
}

static void test_texts(void)
{
	static const uint8_t bytes[] = {3, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c',
					0, 0, 0, 0, 0, 0, 0, 0};
	struct buffer_reader in;
	struct buffer out = {0};
	char text[4], cut[3];

	buffer_put_text(&out, "abc");
	buffer_put_text(&out, "");
	CHECK_INT(out.size, sizeof bytes);
	CHECK(memcmp(out.bytes, bytes, sizeof bytes) == 0);
	in = buffer_reader(out.bytes, out.size);
	buffer_get_text(&in, text, sizeof text);
	CHECK_TEXT(text, "abc");
	buffer_get_text(&in, text, sizeof text);
	CHECK_TEXT(text, "");
	CHECK(!in.broken);
	in = buffer_reader(out.bytes, out.size);
	buffer_get_text(&in, cut, sizeof cut);
	CHECK_TEXT(cut, "ab");
	buffer_get_text(&in, cut, sizeof cut);
	CHECK_TEXT(cut, "");
	CHECK(!in.broken);
	buffer_free(&out);
	check_case("a text too long for its place is cut, and the next one comes whole");
}

static void test_bytes(void)
{
	uint8_t some[1000];
	struct buffer_reader in;
	struct buffer out = {0};
	const uint8_t *got;
	size_t size, n, i;

	for (i = 0; i < sizeof some; i++)
		some[i] = (uint8_t)(i * 31);
	for (n = 0; n <= sizeof some; n += 125)
		buffer_put_bytes(&out, some, n);
	in = buffer_reader(out.bytes, out.size);
	for (n = 0; n <= sizeof some; n += 125) {
		got = buffer_get_bytes(&in, &size);
		CHECK_INT(size, n);
		CHECK(got && memcmp(got, some, n) == 0);
	}
	CHECK(!in.broken && in.left == 0);
	buffer_free(&out);
	check_case("bytes come back through every growth of the buffer");
}

static void test_fixed(void)
{
	uint8_t bytes[20];
	struct buffer out;
	size_t room;

	for (room = 0; room <= sizeof bytes; room++) {
		memset(bytes, 0xee, sizeof bytes);
		out = buffer_fixed(bytes, room);
		buffer_put_text(&out, "wide");
		CHECK_INT(out.failed, room < 12);
		CHECK(room == sizeof bytes || bytes[room] == 0xee);
		if (out.failed) {
			buffer_put_number(&out, 1);
			CHECK(out.failed && out.size <= room);
		}
		buffer_free(&out);
	}
	check_case("a buffer in the caller's memory fails where that ends, and stays failed");
}

static void test_huge(void)
{
	struct buffer out = {0};

	buffer_put_number(&out, 7);
	CHECK(!buffer_extend(&out, SIZE_MAX - 4));
	CHECK(out.failed);
	CHECK_INT(out.size, 8);
	buffer_free(&out);
	check_case("more than there can be fails without harm");
}

/* Reads a number, a text, bytes and a number. */
static int read_all(const uint8_t *bytes, size_t size, uint64_t *sum)
{
	struct buffer_reader in = buffer_reader(bytes, size);
	const uint8_t *got;
	char text[8];
	size_t n;

	*sum = buffer_get_number(&in);
	buffer_get_text(&in, text, sizeof text);
	got = buffer_get_bytes(&in, &n);
	while (got && n--)
		*sum += *got++;
	*sum += strlen(text) + buffer_get_number(&in);
	if (in.broken)
		CHECK(buffer_get_number(&in) == 0 && !buffer_get_bytes(&in, &n) && n == 0);
	return !in.broken;
}

static void test_damage(void)
{
	static const uint64_t sizes[] = {46, 100, UINT32_MAX, (uint64_t)1 << 63, UINT64_MAX - 7,
					 UINT64_MAX};
	struct buffer out = {0};
	uint8_t *copy;
	uint64_t sum;
	size_t n, i;

	buffer_put_number(&out, 5);
	buffer_put_text(&out, "four");
	buffer_put_bytes(&out, "\1\2\3", 3);
	buffer_put_number(&out, 90);
	CHECK_INT(out.size, 8 + 12 + 11 + 8);
	CHECK(read_all(out.bytes, out.size, &sum));
	CHECK_INT(sum, 5 + 4 + 6 + 90);
	for (n = 0; n < out.size; n++) {
		copy = malloc(n + !n); /* its end is the end of memory */
		if (n)
			memcpy(copy, out.bytes, n);
		CHECK(!read_all(copy, n, &sum));
		free(copy);
	}
	check_case("a row that was cut anywhere is damage");

	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		memcpy(out.bytes + 8, &sizes[i], 8); /* of the text */
		CHECK(!read_all(out.bytes, out.size, &sum));
	}
	buffer_free(&out);
	check_case("a length beyond the end is damage");
}

int main(void)
{
	test_numbers();
	test_limited();
	test_texts();
	test_bytes();
	test_fixed();
	test_huge();
	test_damage();
	return check_exit();
}
