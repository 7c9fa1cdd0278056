#include "correlate/words.h"

#include <arpa/inet.h>
#include <string.h>

void words_add_cut(struct words *words, const char *text, size_t most)
{
	size_t size = strnlen(text, most), room = sizeof words->text - 1 - words->size;

	if (size > room)
		size = room;
	memcpy(words->text + words->size, text, size);
	words->size += size;
	words->text[words->size] = 0;
}

void words_add(struct words *words, const char *text)
{
	words_add_cut(words, text, sizeof words->text);
}

void words_sentence(struct words *words, const char *text)
{
	if (words->size)
		words_add(words, "; ");
	words_add(words, text);
}

/* Writes up to 20 digits, without a zero behind them; returns how many. Without printf,
 * as every row of a hop that translates has two addresses and two ports at least. */
static size_t words_digits(char *out, uint64_t number)
{
	char digits[20];
	size_t n = 0, k;

	do
		digits[n++] = (char)('0' + number % 10);
	while (number /= 10);
	for (k = 0; k < n; k++)
		out[k] = digits[n - 1 - k];
	return n;
}

void words_add_number(struct words *words, uint64_t number)
{
	char text[21];

	text[words_digits(text, number)] = 0;
	words_add(words, text);
}

static void words_add_ipv4(struct words *words, const uint8_t *address)
{
	char text[INET_ADDRSTRLEN];
	size_t n = 0;
	unsigned i;

	for (i = 0; i < 4; i++) {
		n += words_digits(text + n, address[i]);
		text[n++] = i < 3 ? '.' : 0;
	}
	words_add(words, text);
}

static void words_add_ipv6(struct words *words, const uint8_t *address)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, address, text, sizeof text);
	words_add(words, text);
}

void words_add_end(struct words *words, const uint8_t *address, uint8_t bytes, bool with_port,
		   uint16_t port)
{
	bool brackets = bytes != 4 && with_port;

	words_add(words, brackets ? "[" : "");
	if (bytes == 4)
		words_add_ipv4(words, address);
	else
		words_add_ipv6(words, address);
	if (!with_port)
		return;
	words_add(words, brackets ? "]:" : ":");
	words_add_number(words, port);
}
