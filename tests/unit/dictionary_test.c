/* The dictionary: numbers by first sight, and what happens when it is full. */
#include <stdlib.h>

#include "collect/dictionary.h"
#include "tests/unit/check.h"

static struct dictionary *dictionary;

static void begin(void)
{
	struct error err;

	dictionary_close(&dictionary);
	CHECK_INT(dictionary_open(&dictionary, 99, &err), STATUS_OK);
}

static uint32_t number(const void *bytes, size_t size)
{
	uint32_t n = UINT32_MAX;
	struct error err;

	CHECK_INT(dictionary_number(dictionary, bytes, size, &n, &err), STATUS_OK);
	return n;
}

static void first_sight(void)
{
	size_t size;

	begin();
	CHECK_INT(dictionary_entries(dictionary), 0);
	CHECK_INT(number("", 0), 0);
	CHECK_INT(number("ab", 2), 1);
	CHECK_INT(number("abc", 3), 2);
	CHECK_INT(number("ab\0", 3), 3);
	CHECK_INT(number("ab", 2), 1);
	CHECK_INT(number("", 0), 0);
	CHECK_INT(dictionary_entries(dictionary), 4);
	CHECK_INT(dictionary_find(dictionary, (const uint8_t *)"abc", 3), 2);
	CHECK_INT(dictionary_find(dictionary, (const uint8_t *)"abd", 3), DICTIONARY_NONE);
	CHECK_INT(dictionary_entries(dictionary), 4);
	CHECK(memcmp(dictionary_entry(dictionary, 3, &size), "ab\0", 3) == 0);
	CHECK_INT(size, 3);
	dictionary_entry(dictionary, 0, &size);
	CHECK_INT(size, 0);
	check_case("entries are numbered in the order of first sight, by length and bytes");
}

/* Strings that share head, tail and length differ in the middle only. */
static void same_ends(void)
{
	uint8_t bytes[40] = {0};
	uint32_t i, wrong = 0;
	int round;

	begin();
	for (round = 0; round < 3; round++)
		for (i = 0; i < 1000; i++) {
			memcpy(bytes + 10, &i, sizeof i);
			wrong += number(bytes, sizeof bytes) != i;
		}
	CHECK_INT(wrong, 0);
	check_case("strings that differ in the middle only are told apart");
}

static void full(void)
{
	uint8_t longer[DICTIONARY_ENTRY_MAX + 2] = {0};
	uint32_t i, wrong = 0;
	size_t size;

	begin();
	for (i = 0; i < 70000; i++)
		wrong += number(&i, sizeof i) != (i < 65535 ? i : 65535);
	for (i = 0; i < 70000; i++)
		wrong += number(&i, sizeof i) != (i < 65535 ? i : 65535);
	CHECK_INT(wrong, 0);
	CHECK_INT(dictionary_entries(dictionary), 65536);
	CHECK(memcmp(dictionary_entry(dictionary, 65535, &size), "other", 5) == 0);
	CHECK_INT(size, 5);
	check_case("after 65535 entries all new ones are one entry called other");

	begin();
	CHECK_INT(number(longer, sizeof longer), 0);
	CHECK_INT(number(longer, DICTIONARY_ENTRY_MAX), 0);
	check_case("what is longer than an entry may be is cut");
}

int main(void)
{
	first_sight();
	same_ends();
	full();
	dictionary_close(&dictionary);
	dictionary_close(&dictionary);
	return check_exit();
}
