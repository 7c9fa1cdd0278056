/* pan KEYFILE: copies standard input to standard output with every IP address in its text replaced by
 * its alias. Crypto-PAn as its paper has it, bit by bit, with addresses of a meaning kept apart by
 * the words of crosstap(7): it shares no code with collect/alias*.c, which it is there to
 * check.
 *
 *     pan key <plain/sessions.csv | cmp - anonymous/sessions.csv
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/aes.h>
#include <nettle/hmac.h>

#define TOKEN_MAX 64

struct tree {
	struct aes128_ctx aes;
	uint8_t pad[16];
};

static struct tree tree_4, tree_6;

/* What keeps its meaning: its prefix stays, and so many bits behind that. */
static const struct {
	const char *prefix;
	int bits, stay;
} meaning_4[] = {
	{"0.0.0.0", 8, 32},     {"10.0.0.0", 8, 8},   {"127.0.0.0", 8, 32},
	{"169.254.0.0", 16, 16},{"172.16.0.0", 12, 12},{"192.168.0.0", 16, 16},
	{"224.0.0.0", 4, 32},   {"255.255.255.255", 32, 32},
}, meaning_6[] = {
	{"::", 128, 128},       {"::1", 128, 128},    {"::ffff:0:0", 96, 96},
	{"64:ff9b::", 96, 96},  {"64:ff9b:1::", 96, 96}, {"fc00::", 7, 8},
	{"fe80::", 64, 64},     {"ff00::", 8, 16},    {"ff00::", 12, 128},
	{"ff02::1:ff00:0", 104, 104},
};

static int bit(const uint8_t *a, int i)
{
	return a[i / 8] >> (7 - i % 8) & 1;
}

static bool begins(const uint8_t *a, const uint8_t *prefix, int bits)
{
	for (int i = 0; i < bits; i++)
		if (bit(a, i) != bit(prefix, i))
			return false;
	return true;
}

/* Whether the bit behind the first `i` may change: not where these lead to what has a meaning. */
static bool free_bit(int version, const uint8_t *a, int i)
{
	size_t rows = version == 4 ? sizeof meaning_4 / sizeof *meaning_4
				   : sizeof meaning_6 / sizeof *meaning_6;
	int around = -1, stay = 0;

	for (size_t r = 0; r < rows; r++) {
		const char *text = version == 4 ? meaning_4[r].prefix : meaning_6[r].prefix;
		int bits = version == 4 ? meaning_4[r].bits : meaning_6[r].bits;
		uint8_t prefix[16] = {0};

		inet_pton(version == 4 ? AF_INET : AF_INET6, text, prefix);
		if (i < bits && begins(a, prefix, i))
			return false;
		if (i >= bits && begins(a, prefix, bits) && bits > around) {
			around = bits;
			stay = version == 4 ? meaning_4[r].stay : meaning_6[r].stay;
		}
	}
	return i >= stay;
}

static void alias(int version, const uint8_t *a, uint8_t *out)
{
	const struct tree *tree = version == 4 ? &tree_4 : &tree_6;
	int bits = version == 4 ? 32 : 128;
	uint8_t holders[3][16] = {{0}}, in[16], block[16];

	memcpy(in, a, (size_t)bits / 8);
	memcpy(out, in, (size_t)bits / 8);
	inet_pton(AF_INET6, "::ffff:0:0", holders[0]);
	inet_pton(AF_INET6, "64:ff9b::", holders[1]);
	inet_pton(AF_INET6, "64:ff9b:1::", holders[2]);
	for (int h = 0; version == 6 && h < 3; h++)
		if (begins(in, holders[h], 96)) {
			alias(4, in + 12, out + 12);
			return;
		}
	for (int i = 0; i < bits; i++) {
		for (int k = 0; k < 128; k++) {
			int from = k < i ? bit(in, k) : bit(tree->pad, k);

			block[k / 8] = (uint8_t)(block[k / 8] & ~(0x80 >> k % 8));
			block[k / 8] |= (uint8_t)(from << (7 - k % 8));
		}
		aes128_encrypt(&tree->aes, 16, block, block);
		if (free_bit(version, in, i))
			out[i / 8] ^= (uint8_t)(bit(block, 0) << (7 - i % 8));
	}
}

static void grow(struct tree *tree, const uint8_t *key, size_t n, const char *use)
{
	struct hmac_sha256_ctx ctx;
	uint8_t derived[32];

	hmac_sha256_set_key(&ctx, n, key);
	hmac_sha256_update(&ctx, 20, (const uint8_t *)"crosstap aliases 1: ");
	hmac_sha256_update(&ctx, strlen(use), (const uint8_t *)use);
	hmac_sha256_digest(&ctx, 32, derived);
	aes128_set_encrypt_key(&tree->aes, derived);
	aes128_encrypt(&tree->aes, 16, tree->pad, derived + 16);
}

/* Writes the token: an address, one with ":port" behind it, or what it is. */
static void put_token(char *token)
{
	char text[INET6_ADDRSTRLEN], *colon = strrchr(token, ':'), *dot;
	uint8_t a[16], out[16];
	size_t n = strlen(token);
	char stop = n && strchr(token, '.') && strchr(".:", token[n - 1]) ? token[n - 1] : '\0';

	if (stop) { /* a sentence's */
		token[n - 1] = '\0';
		colon = strrchr(token, ':');
	}
	dot = strchr(token, '.');
	if (inet_pton(AF_INET, token, a) == 1) {
		alias(4, a, out);
		fputs(inet_ntop(AF_INET, out, text, sizeof text), stdout);
	} else if (dot && colon > dot && (*colon = '\0', inet_pton(AF_INET, token, a) == 1)) {
		alias(4, a, out);
		printf("%s:%s", inet_ntop(AF_INET, out, text, sizeof text), colon + 1);
	} else if (inet_pton(AF_INET6, token, a) == 1) {
		alias(6, a, out);
		fputs(inet_ntop(AF_INET6, out, text, sizeof text), stdout);
	} else {
		if (dot && colon > dot)
			*colon = ':';
		fputs(token, stdout);
	}
	if (stop)
		putchar(stop);
}

int main(int argc, char **argv)
{
	uint8_t key[4096];
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	char token[TOKEN_MAX];
	size_t n;
	int c, before = ' ';

	if (!file || !(n = fread(key, 1, sizeof key, file))) {
		fprintf(stderr, "usage: pan KEYFILE\n");
		return 2;
	}
	fclose(file);
	grow(&tree_4, key, n, "IPv4");
	grow(&tree_6, key, n, "IPv6");
	for (n = 0; (c = getchar()) != EOF; before = c) {
		bool in = isxdigit(c) || c == ':' || c == '.';

		if (in && n + 1 < sizeof token && (n || !isalnum(before))) {
			token[n++] = (char)c;
			continue;
		}
		token[n] = '\0';
		if (in || isalpha(c)) /* part of a word */
			fputs(token, stdout);
		else
			put_token(token);
		n = 0;
		putchar(c);
	}
	token[n] = '\0';
	put_token(token);
	return 0;
}
