#include "collect/alias.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nettle/hmac.h>

#include "collect/alias_address.h"

struct alias {
	struct alias_tree tree_4, tree_6;
	struct hmac_sha256_ctx macs, names, bytes; /* keyed; to be copied before use */
	uint64_t check, seed;
};

/* ---- the key ---- */

static void alias_digest(const struct hmac_sha256_ctx *keyed, const void *head, size_t head_bytes,
			 const void *bytes, size_t n, uint8_t digest[SHA256_DIGEST_SIZE])
{
	struct hmac_sha256_ctx ctx = *keyed;

	hmac_sha256_update(&ctx, head_bytes, head);
	hmac_sha256_update(&ctx, n, bytes);
	hmac_sha256_digest(&ctx, SHA256_DIGEST_SIZE, digest);
}

static void key_for(const struct hmac_sha256_ctx *key, const char *use,
		    uint8_t derived[SHA256_DIGEST_SIZE])
{
	static const char prefix[] = "crosstap aliases 1: ";

	alias_digest(key, prefix, sizeof prefix - 1, use, strlen(use), derived);
}

static void key_for_tree(const struct hmac_sha256_ctx *key, const char *use, struct alias_tree *tree)
{
	uint8_t derived[SHA256_DIGEST_SIZE];

	key_for(key, use, derived);
	aes128_set_encrypt_key(&tree->aes, derived);
	memcpy(tree->pad, derived + AES128_KEY_SIZE, sizeof tree->pad);
	aes128_encrypt(&tree->aes, sizeof tree->pad, tree->pad, tree->pad);
}

static void key_for_hash(const struct hmac_sha256_ctx *key, const char *use,
			 struct hmac_sha256_ctx *hash)
{
	uint8_t derived[SHA256_DIGEST_SIZE];

	key_for(key, use, derived);
	hmac_sha256_set_key(hash, sizeof derived, derived);
}

static uint64_t key_for_number(const struct hmac_sha256_ctx *key, const char *use)
{
	uint8_t derived[SHA256_DIGEST_SIZE];
	uint64_t number = 0;
	int i;

	key_for(key, use, derived);
	for (i = 0; i < 8; i++)
		number = number << 8 | derived[i];
	return number ? number : 1;
}

struct alias *alias_of_key(const void *bytes, size_t n)
{
	struct alias *alias = calloc(1, sizeof *alias);
	struct hmac_sha256_ctx key;

	if (!alias)
		return NULL;
	hmac_sha256_set_key(&key, n, bytes);
	key_for_tree(&key, "IPv4", &alias->tree_4);
	key_for_tree(&key, "IPv6", &alias->tree_6);
	key_for_hash(&key, "MAC", &alias->macs);
	key_for_hash(&key, "names", &alias->names);
	key_for_hash(&key, "bytes", &alias->bytes);
	alias->check = key_for_number(&key, "check");
	alias->seed = key_for_number(&key, "seed");
	explicit_bzero(&key, sizeof key);
	return alias;
}

static enum status key_read(int fd, const char *path, uint8_t *bytes, size_t room, size_t *size,
			    struct error *err)
{
	ssize_t n = 1;

	for (*size = 0; *size < room && n != 0;) {
		n = read(fd, bytes + *size, room - *size);
		if (n < 0 && errno != EINTR)
			return error_set(err, STATUS_INPUT, "%s: the key cannot be read: %s", path,
					 strerror(errno));
		*size += n > 0 ? (size_t)n : 0;
	}
	if (*size < ALIAS_KEY_LEAST)
		return error_set(err, STATUS_INPUT,
				 "%s: a key has at least %d bytes, this file has %zu "
				 "(head -c 32 /dev/urandom > FILE makes one)",
				 path, ALIAS_KEY_LEAST, *size);
	if (*size == room)
		return error_set(err, STATUS_INPUT, "%s: more than %u bytes: this is no key", path,
				 ALIAS_KEY_MOST);
	return STATUS_OK;
}

enum status alias_open(struct alias **out, const char *path, struct error *err)
{
	uint8_t *bytes = malloc(ALIAS_KEY_MOST + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum status status;
	size_t size = 0;

	*out = NULL;
	if (!bytes)
		status = error_errno(err, ENOMEM, "%s", path);
	else if (fd < 0)
		status = error_set(err, STATUS_INPUT, "%s: the key cannot be read: %s", path,
				   strerror(errno));
	else
		status = key_read(fd, path, bytes, ALIAS_KEY_MOST + 1, &size, err);
	if (!status && !(*out = alias_of_key(bytes, size)))
		status = error_errno(err, ENOMEM, "%s", path);
	if (bytes)
		explicit_bzero(bytes, size);
	free(bytes);
	if (fd >= 0)
		close(fd);
	return status;
}

void alias_close(struct alias **alias)
{
	if (*alias)
		explicit_bzero(*alias, sizeof **alias);
	free(*alias);
	*alias = NULL;
}

uint64_t alias_check(const struct alias *alias)
{
	return alias->check;
}

uint64_t alias_seed(const struct alias *alias)
{
	return alias->seed;
}

/* ---- addresses ---- */

void alias_ipv4(const struct alias *alias, const uint8_t in[4], uint8_t out[4])
{
	alias_address_4(&alias->tree_4, in, out);
}

void alias_ipv6(const struct alias *alias, const uint8_t in[16], uint8_t out[16])
{
	alias_address_6(&alias->tree_6, &alias->tree_4, in, out);
}

void alias_address(const struct alias *alias, uint8_t version, uint8_t address[16])
{
	if (version == 4)
		alias_ipv4(alias, address, address);
	else
		alias_ipv6(alias, address, address);
}

/* Of these MAC addresses so many bytes say what they are, and `kept` name no host. */
static const struct {
	uint8_t bytes, kept, prefix[ALIAS_MAC_BYTES];
} mac_rows[] = {
	{6, 6, {0}},                                 /* none */
	{6, 6, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},/* broadcast */
	{3, 6, {0x01, 0x00, 0x5e}},                  /* IPv4 multicast, whose addresses stay */
	{3, 6, {0x01, 0x80, 0xc2}},                  /* IEEE 802.1: spanning tree, LLDP, ... */
	{3, 6, {0x01, 0x00, 0x0c}},                  /* CDP and the like */
	{4, 6, {0x33, 0x33, 0x00, 0x00}},            /* IPv6 multicast: permanent groups */
	{2, 2, {0x33, 0x33}},                        /* ... and others, some of which hold addresses */
};

void alias_mac(const struct alias *alias, uint8_t mac[ALIAS_MAC_BYTES])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	uint32_t kept = 0;
	size_t r;

	for (r = 0; r < sizeof mac_rows / sizeof *mac_rows; r++)
		if (memcmp(mac, mac_rows[r].prefix, mac_rows[r].bytes) == 0) {
			kept = mac_rows[r].kept;
			break;
		}
	alias_digest(&alias->macs, "", 0, mac, ALIAS_MAC_BYTES, digest);
	digest[0] = (uint8_t)((digest[0] & 0xfc) | (mac[0] & 3));
	memcpy(mac + kept, digest + kept, ALIAS_MAC_BYTES - kept);
}

void alias_link(const struct alias *alias, uint8_t bytes, uint8_t address[8])
{
	if (bytes == ALIAS_MAC_BYTES)
		alias_mac(alias, address);
	else if (bytes == 4)
		alias_ipv4(alias, address, address);
	memset(address + (bytes == 4 || bytes == ALIAS_MAC_BYTES ? bytes : 0), 0,
	       bytes == 4 || bytes == ALIAS_MAC_BYTES ? 8u - bytes : 8u);
}

/* ---- names ---- */

void alias_name(const struct alias *alias, enum alias_kind kind, const void *name, size_t bytes,
		char *digits)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_SIZE], what = (uint8_t)kind;
	int i;

	alias_digest(&alias->names, &what, 1, name, bytes, digest);
	for (i = 0; i < ALIAS_NAME_DIGITS; i++)
		digits[i] = hex[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

void alias_bytes(const struct alias *alias, uint8_t *bytes, size_t n)
{
	uint8_t digest[SHA256_DIGEST_SIZE], block = 0;
	size_t at, part;

	alias_digest(&alias->bytes, &block, 1, bytes, n, digest);
	for (at = 0; at < n; at += part) {
		part = n - at < sizeof digest ? n - at : sizeof digest;
		memcpy(bytes + at, digest, part);
		block++;
		alias_digest(&alias->bytes, &block, 1, digest, sizeof digest, digest);
	}
}
