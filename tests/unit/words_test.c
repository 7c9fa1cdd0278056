/* Sentences put together piece by piece. */
#include "correlate/words.h"

#include "tests/unit/check.h"

static struct words words;

static const char *number(uint64_t n)
{
	words_begin(&words);
	words_add_number(&words, n);
	return words.text;
}

static void test_numbers(void)
{
	CHECK_TEXT(number(0), "0");
	CHECK_TEXT(number(9), "9");
	CHECK_TEXT(number(10), "10");
	CHECK_TEXT(number(65535), "65535");
	CHECK_TEXT(number(UINT64_MAX), "18446744073709551615");
	check_case("numbers are written whole");
}

static const char *end(const uint8_t *address, uint8_t bytes, bool with_port, uint16_t port)
{
	words_begin(&words);
	words_add_end(&words, address, bytes, with_port, port);
	return words.text;
}

static void test_ends(void)
{
	static const uint8_t v4[4] = {192, 0, 2, 1}, least[4], most[4] = {255, 255, 255, 255};
	static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

	CHECK_TEXT(end(v4, 4, true, 80), "192.0.2.1:80");
	CHECK_TEXT(end(v4, 4, false, 80), "192.0.2.1");
	CHECK_TEXT(end(least, 4, true, 0), "0.0.0.0:0");
	CHECK_TEXT(end(most, 4, true, 65535), "255.255.255.255:65535");
	CHECK_TEXT(end(v6, 16, true, 443), "[2001:db8::1]:443");
	CHECK_TEXT(end(v6, 16, false, 443), "2001:db8::1");
	check_case("an IPv6 address with a port stands in brackets");
}

static void test_sentences(void)
{
	words_begin(&words);
	CHECK_INT(words.size, 0);
	words_sentence(&words, "not seen at ");
	words_add_cut(&words, "fw-in", 255);
	words_sentence(&words, "");
	words_add_number(&words, 2);
	words_add_cut(&words, " packets", 7);
	CHECK_TEXT(words.text, "not seen at fw-in; 2 packet");
	CHECK_INT(words.size, strlen(words.text));
	words_begin(&words);
	words_sentence(&words, "anew");
	CHECK_TEXT(words.text, "anew");
	check_case("sentences are parted by semicolons");
}

static void test_cut(void)
{
	uint32_t i;

	words_begin(&words);
	for (i = 0; i < 2 * WORDS_MAX; i++)
		words_add(&words, "abc");
	words_sentence(&words, "more");
	CHECK_INT(words.size, WORDS_MAX - 1);
	CHECK_INT(strlen(words.text), WORDS_MAX - 1);
	check_case("what does not fit is cut off");
}

int main(void)
{
	test_numbers();
	test_ends();
	test_sentences();
	test_cut();
	return check_exit();
}
