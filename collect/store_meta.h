/* LMDB's meta pages, for store_check.c and store_open.c only: two, and the newer one is in force. */
#ifndef CROSSTAP_COLLECT_STORE_META_H
#define CROSSTAP_COLLECT_STORE_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"

#define STORE_META_BYTES 152      /* with the page header */
#define PAGE_HEADER_BYTES 16
#define PAGE_BYTES_MIN 512u
#define PAGE_BYTES_MAX 32768u
#define NODE_HEADER_BYTES 8
#define TREE_EMPTY UINT64_MAX     /* as root */

enum page_kind { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_OVERFLOW = 4, PAGE_META = 8 };
enum tree_number { TREE_FREE, TREE_MAIN, TREES };

struct tree {
	uint16_t flags, depth;
	uint64_t branches, leaves, entries, root;
};

struct meta {
	uint32_t page_bytes;
	uint64_t last_page, txnid;
	struct tree tree[TREES];
};

static inline uint64_t number_le(const uint8_t *p, size_t bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | p[bytes];
	return value;
}

bool store_meta_read(int fd, unsigned which, uint32_t page_bytes, uint8_t p[STORE_META_BYTES]);
/* NULL, or what is wrong with it. */
const char *store_meta_parse(const uint8_t p[STORE_META_BYTES], struct meta *meta);

/* The meta pages: what each says, how they follow one another, and whether the roots that they name
 * lie inside the file. */
enum status store_check_metas(int fd, const char *path, struct error *err) MUST_CHECK;

enum status store_size(int fd, const char *path, uint64_t *bytes, struct error *err) MUST_CHECK;
enum status store_cut(const char *path, uint64_t got, uint64_t need, struct error *err) MUST_CHECK;
enum status store_fault(const char *path, const char *where, uint64_t page, const char *why,
			struct error *err) MUST_CHECK;

#endif
