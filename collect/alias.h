/* Aliases: what stands in the place of addresses and names in what is handed over, made with a
 * secret key. The same key gives the same aliases on every machine; without it nobody can tell
 * what an alias stands for, but by what is known of some of them otherwise.
 *
 * The key is the bytes of a file, whatever they are. Of these HMAC-SHA-256 makes one key for each use,
 * so that one kind of alias says nothing of another. See alias_address.h for addresses.
 *
 * An alias is opaque, never changes after alias_open(), and may be used by many threads.
 */
#ifndef CROSSTAP_COLLECT_ALIAS_H
#define CROSSTAP_COLLECT_ALIAS_H

#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"

#define ALIAS_KEY_LEAST 16          /* bytes of a key file */
#define ALIAS_KEY_MOST (1u << 20)   /* more is no key, but some other file */
#define ALIAS_NAME_DIGITS 12        /* hexadecimal ones of a hashed name */
#define ALIAS_MAC_BYTES 6

struct alias;

/* Reads a key. STATUS_INPUT: it cannot be read, is too short or much too long. */
enum status alias_open(struct alias **out, const char *path, struct error *err) MUST_CHECK;
/* The same of bytes; for tests. NULL: no memory. */
struct alias *alias_of_key(const void *key, size_t bytes);
/* NULL is legal; *alias becomes NULL. */
void alias_close(struct alias **alias);

/* What tells keys apart without giving anything of them away. Never 0. */
uint64_t alias_check(const struct alias *alias);
/* The seed of a store's fingerprints, for all who have the key. */
uint64_t alias_seed(const struct alias *alias);

/* In network byte order; `out` may be `in`. */
void alias_ipv4(const struct alias *alias, const uint8_t in[4], uint8_t out[4]);
void alias_ipv6(const struct alias *alias, const uint8_t in[16], uint8_t out[16]);
/* Of either version, where an IPv4 address has the first 4 bytes. */
void alias_address(const struct alias *alias, uint8_t version, uint8_t address[16]);

/* In place. The group and the local bit stay; so do broadcast, no address at all, and groups that
 * name no host (of IPv4 multicast, of protocols). */
void alias_mac(const struct alias *alias, uint8_t mac[ALIAS_MAC_BYTES]);

/* An address as cooked Linux captures have it, `bytes` of 8: a MAC address, of tunnels an IPv4
 * address; what is neither becomes 0. */
void alias_link(const struct alias *alias, uint8_t bytes, uint8_t address[8]);

/* What a name is: equal names of different kinds have different aliases. */
enum alias_kind { ALIAS_HOST, ALIAS_TARGET, ALIAS_FILE, ALIAS_FILTER, ALIAS_INTERFACE, ALIAS_OTHER };

/* Writes ALIAS_NAME_DIGITS hexadecimal digits and no zero. */
void alias_name(const struct alias *alias, enum alias_kind kind, const void *name, size_t bytes,
		char *digits);

/* Replaces n bytes by others that are equal where these are; for what may hold anything. */
void alias_bytes(const struct alias *alias, uint8_t *bytes, size_t n);

#endif
