/* Aliases of addresses. Two addresses that have their first k bits in common, and no more, have
 * aliases of which the same is true: subnets stay subnets, and nobody's address becomes another's
 * (Xu, Fan, Ammar and Moon, "Prefix-Preserving IP Address Anonymization", ICNP 2002). Each bit is
 * flipped or not, as AES with the secret key says of all the bits before it; IPv4 and IPv6 have a key
 * each.
 *
 * Addresses that mean something keep their meaning: those in the tables of alias_address.c. On the
 * way to one, and inside it as far as its row says, no bit is flipped; so nothing leaves it and
 * nothing else gets into it, and the map stays one to one. The price, which no map that keeps both
 * prefixes and meanings can avoid: of another address the bits that it shares with the
 * nearest row, and one more, stay as they are.
 *
 * For alias.c only.
 */
#ifndef CROSSTAP_COLLECT_ALIAS_ADDRESS_H
#define CROSSTAP_COLLECT_ALIAS_ADDRESS_H

#include <stdint.h>

#include <nettle/aes.h>

/* The key of a tree of addresses, and what stands behind the bits of a prefix where AES reads 128. */
struct alias_tree {
	struct aes128_ctx aes;
	uint8_t pad[AES_BLOCK_SIZE];
};

/* `out` may be `in`. */
void alias_address_4(const struct alias_tree *tree, const uint8_t in[4], uint8_t out[4]);
/* What holds an IPv4 address in its last 32 bits needs the other tree, too. */
void alias_address_6(const struct alias_tree *tree, const struct alias_tree *tree_4,
		     const uint8_t in[16], uint8_t out[16]);

#endif
