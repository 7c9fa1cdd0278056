#include "collect/alias_address.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define ADDRESS_BITS_MAX 128u

/* Addresses that mean something. */
struct class_row {
	uint8_t prefix[16];
	uint8_t bits;   /* of the prefix */
	uint8_t kept;   /* so many bits of an address in it stay as they are */
	bool holds_4;   /* the last 32 bits are an IPv4 address, and aliased as such */
};

#define V4(a, b, c, d, bits, kept) {{a, b, c, d}, bits, kept, false}

static const struct class_row classes_4[] = {
	V4(0, 0, 0, 0, 8, 32),         /* this network: no address yet */
	V4(10, 0, 0, 0, 8, 8),         /* private, RFC 1918: private still, but other ones */
	V4(127, 0, 0, 0, 8, 32),       /* loopback */
	V4(169, 254, 0, 0, 16, 16),    /* link-local */
	V4(172, 16, 0, 0, 12, 12),
	V4(192, 168, 0, 0, 16, 16),
	V4(224, 0, 0, 0, 4, 32),       /* multicast */
	V4(255, 255, 255, 255, 32, 32),/* broadcast */
};

static const struct class_row classes_6[] = {
	{{0}, 128, 128, false},                          /* unspecified */
	{{[15] = 1}, 128, 128, false},                   /* loopback */
	{{[10] = 0xff, 0xff}, 96, 96, true},             /* IPv4-mapped, RFC 4291 section 2.5.5.2 */
	{{0, 0x64, 0xff, 0x9b}, 96, 96, true},           /* NAT64, RFC 6052 */
	{{0, 0x64, 0xff, 0x9b, 0, 1}, 96, 96, true},     /* its local use, RFC 8215, subnet 0 */
	{{0xfc}, 7, 8, false},                           /* unique local, RFC 4193, and whose: the L bit */
	{{0xfe, 0x80}, 64, 64, false},                   /* link-local: EUI-64 holds a MAC */
	{{0xff}, 8, 16, false},                          /* groups: flags and scope; some hold a prefix */
	{{0xff, 0x00}, 12, 128, false},                  /* ... permanent ones */
	{{0xff, 2, [11] = 1, 0xff}, 104, 104, false},    /* ... but those of a neighbour's last 24 bits */
};

static uint32_t bit_at(const uint8_t *bytes, uint32_t i)
{
	return bytes[i / 8] >> (7 - i % 8) & 1;
}

/* How many of their first bits two addresses share, `most` at the most. */
static uint32_t bits_shared(const uint8_t *a, const uint8_t *b, uint32_t most)
{
	uint32_t i = 0;

	while (i < most && bit_at(a, i) == bit_at(b, i))
		i++;
	return i;
}

/* How many bits of an address stay: those that lead towards a row, as far as they do; in a row
 * those of the longest one around it. */
static uint32_t bits_kept(const struct class_row *rows, size_t count, const uint8_t *address,
			  bool *holds_4)
{
	uint32_t towards = 0, longest = 0, kept = 0;
	size_t r;

	*holds_4 = false;
	for (r = 0; r < count; r++) {
		uint32_t shared = bits_shared(address, rows[r].prefix, rows[r].bits);

		if (shared == rows[r].bits && shared > longest) {
			longest = shared;
			kept = rows[r].kept;
			*holds_4 = rows[r].holds_4;
		} else if (shared < rows[r].bits && shared >= towards) {
			towards = shared + 1; /* the bit where they part, too */
		}
	}
	return towards > kept ? towards : kept;
}

/* The first `i` bits of the address, and the pad's behind them. */
static void block_fill(uint8_t block[AES_BLOCK_SIZE], const uint8_t *address, uint32_t i,
		       const uint8_t *pad)
{
	uint8_t mask = (uint8_t)(0xff << (8 - i % 8));

	memcpy(block, pad, AES_BLOCK_SIZE);
	memcpy(block, address, i / 8);
	if (i % 8)
		block[i / 8] = (uint8_t)((address[i / 8] & mask) | (pad[i / 8] & ~mask));
}

/* Flips the bits from `from` on: all at once, since processors are quick at many blocks. */
static void bits_flip(const struct alias_tree *tree, const uint8_t *in, uint32_t from, uint32_t bits,
		      uint8_t *out)
{
	uint8_t block[ADDRESS_BITS_MAX][AES_BLOCK_SIZE], flipped[16];
	uint32_t i, n = bits - from;

	memcpy(flipped, in, bits / 8);
	if (n)
		block_fill(block[0], in, from, tree->pad);
	for (i = 1; i < n; i++) { /* one bit of the address more than the one before */
		uint32_t bit = from + i - 1;
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		memcpy(block[i], block[i - 1], AES_BLOCK_SIZE);
		block[i][bit / 8] = (uint8_t)((block[i][bit / 8] & ~mask) | (in[bit / 8] & mask));
	}
	if (n)
		aes128_encrypt(&tree->aes, (size_t)n * AES_BLOCK_SIZE, *block, *block);
	for (i = 0; i < n; i++)
		flipped[(from + i) / 8] ^= (uint8_t)(block[i][0] >> 7 << (7 - (from + i) % 8));
	memcpy(out, flipped, bits / 8);
}

void alias_address_4(const struct alias_tree *tree, const uint8_t in[4], uint8_t out[4])
{
	bool holds_4;
	uint32_t kept = bits_kept(classes_4, sizeof classes_4 / sizeof *classes_4, in, &holds_4);

	bits_flip(tree, in, kept, 32, out);
}

void alias_address_6(const struct alias_tree *tree, const struct alias_tree *tree_4,
		     const uint8_t in[16], uint8_t out[16])
{
	bool holds_4;
	uint32_t kept = bits_kept(classes_6, sizeof classes_6 / sizeof *classes_6, in, &holds_4);

	if (!holds_4) {
		bits_flip(tree, in, kept, 128, out);
		return;
	}
	memmove(out, in, 12);
	alias_address_4(tree_4, in + 12, out + 12);
}
