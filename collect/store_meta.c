#include "collect/store_meta.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/store_check.h"

#define META_MAGIC 0xBEEFC0DEu
#define META_VERSION 1
#define TREE_DEPTH_MAX 32
#define TREE_FLAGS_WRONG 0x76u  /* REVERSEKEY, DUPSORT, DUPFIXED, INTEGERDUP, REVERSEDUP */
#define TREE_INTEGER_KEYS 0x08u
#define TXNID_MAX ((uint64_t)1 << 62)
#define METAS_TRIES 64          /* while a writer replaces them */

static void tree_get(const uint8_t *p, struct tree *tree)
{
	tree->flags = (uint16_t)number_le(p + 4, 2);
	tree->depth = (uint16_t)number_le(p + 6, 2);
	tree->branches = number_le(p + 8, 8);
	tree->leaves = number_le(p + 16, 8);
	tree->entries = number_le(p + 32, 8);
	tree->root = number_le(p + 40, 8);
	if (tree->root == TREE_EMPTY)
		tree->depth = 0;
}

static const char *tree_fault(const struct meta *meta, enum tree_number which)
{
	const struct tree *tree = &meta->tree[which];

	if (tree->flags & TREE_FLAGS_WRONG ||
	    (tree->flags & TREE_INTEGER_KEYS) != (which == TREE_FREE ? TREE_INTEGER_KEYS : 0))
		return "a tree of another kind";
	if (tree->root == TREE_EMPTY)
		return tree->entries ? "a tree without pages" : NULL;
	if (tree->root < 2 || tree->root > meta->last_page)
		return "a root that is no page";
	return tree->depth < 1 || tree->depth > TREE_DEPTH_MAX ? "a tree too deep" : NULL;
}

bool store_meta_read(int fd, unsigned which, uint32_t page_bytes, uint8_t p[STORE_META_BYTES])
{
	return pread(fd, p, STORE_META_BYTES, (off_t)which * page_bytes) == STORE_META_BYTES;
}

const char *store_meta_parse(const uint8_t p[STORE_META_BYTES], struct meta *meta)
{
	const char *fault;

	if (number_le(p + 10, 2) != PAGE_META || number_le(p + 16, 4) != META_MAGIC)
		return "no meta page";
	if (number_le(p + 20, 4) != META_VERSION)
		return "written by another LMDB version";
	meta->page_bytes = (uint32_t)number_le(p + 40, 4);
	tree_get(p + 40, &meta->tree[TREE_FREE]);
	tree_get(p + 88, &meta->tree[TREE_MAIN]);
	meta->last_page = number_le(p + 136, 8);
	meta->txnid = number_le(p + 144, 8);
	if (meta->page_bytes < PAGE_BYTES_MIN || meta->page_bytes > PAGE_BYTES_MAX ||
	    meta->page_bytes & (meta->page_bytes - 1))
		return "an impossible page size";
	if (meta->last_page < 1 || meta->last_page >= STORE_BYTES_MAX / meta->page_bytes)
		return "an impossible number of pages";
	if (meta->txnid > TXNID_MAX)
		return "an impossible transaction";
	fault = tree_fault(meta, TREE_FREE);
	return fault ? fault : tree_fault(meta, TREE_MAIN);
}

enum status store_cut(const char *path, uint64_t got, uint64_t need, struct error *err)
{
	return error_set(err, STATUS_INPUT,
			 "%s: the store is cut off (got %llu bytes, expected at least %llu)", path,
			 (unsigned long long)got, (unsigned long long)need);
}

enum status store_size(int fd, const char *path, uint64_t *bytes, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(err, errno, "%s", path);
	*bytes = (uint64_t)st.st_size;
	return STATUS_OK;
}

enum status store_fault(const char *path, const char *where, uint64_t page, const char *why,
			struct error *err)
{
	return error_set(err, STATUS_INPUT, "%s: the store is damaged: %s %llu: %s", path, where,
			 (unsigned long long)page, why);
}

/* Both roots of a snapshot. What else is cut off the tree's check finds. */
static enum status check_roots(const struct meta *meta, const char *path, uint64_t bytes,
			       struct error *err)
{
	unsigned t;

	for (t = 0; t < TREES; t++) {
		uint64_t need = (meta->tree[t].root + 1) * meta->page_bytes;

		if (meta->tree[t].root != TREE_EMPTY && need > bytes)
			return store_cut(path, bytes, need, err);
	}
	return STATUS_OK;
}

/* ---- the two together ---- */

/* The greatest key of the tree of free pages: the last transaction that freed some. 0: there is none, or
 * it cannot be told. */
static uint64_t meta_freed(int fd, const struct meta *meta)
{
	const struct tree *tree = &meta->tree[TREE_FREE];
	uint64_t page = tree->root, at;
	uint8_t p[PAGE_HEADER_BYTES];
	uint32_t level, lower;

	if (page == TREE_EMPTY)
		return 0;
	for (level = 0; page <= meta->last_page; level++) {
		at = page * meta->page_bytes;
		if (pread(fd, p, PAGE_HEADER_BYTES, (off_t)at) != PAGE_HEADER_BYTES)
			return 0;
		lower = (uint32_t)number_le(p + 12, 2);
		if (lower <= PAGE_HEADER_BYTES || lower > meta->page_bytes ||
		    pread(fd, p, 2, (off_t)(at + lower - 2)) != 2)
			return 0;
		at += number_le(p, 2);
		if (pread(fd, p, NODE_HEADER_BYTES + 8, (off_t)at) != NODE_HEADER_BYTES + 8)
			return 0;
		if (level + 1 >= tree->depth)
			return number_le(p + NODE_HEADER_BYTES, 8);
		page = number_le(p, 6);
	}
	return 0;
}

/* Each transaction writes the meta page that the one before it did not, and what it freed stands in
 * the tree under its number. Else the state of before would be taken for the present one. */
static enum status metas_follow(int fd, const char *path, const struct meta meta[2],
				struct error *err)
{
	unsigned newer = meta[1].txnid > meta[0].txnid, m;

	for (m = 0; m < 2; m++) {
		if (meta[m].txnid && (meta[m].txnid & 1) != m)
			return store_fault(path, "meta page", m, "an impossible transaction", err);
		if (meta_freed(fd, &meta[m]) > meta[m].txnid)
			return store_fault(path, "meta page", m, "later transactions have freed its pages",
					   err);
	}
	if (meta[newer].txnid > meta[!newer].txnid + 1)
		return store_fault(path, "meta page", newer, "transactions are missing", err);
	return STATUS_OK;
}

static enum status metas_parse(const char *path, uint8_t raw[2][STORE_META_BYTES],
			       struct meta meta[2], struct error *err)
{
	const char *fault;
	unsigned m;

	for (m = 0; m < 2; m++) {
		fault = store_meta_parse(raw[m], &meta[m]);
		if (!fault && m && meta[1].page_bytes != meta[0].page_bytes)
			fault = "another page size";
		if (fault)
			return store_fault(path, "meta page", m, fault, err);
	}
	return STATUS_OK;
}

static enum status metas_read(int fd, const char *path, uint64_t bytes,
			      uint8_t raw[2][STORE_META_BYTES], struct error *err)
{
	struct meta first;
	const char *fault;

	if (!store_meta_read(fd, 0, 0, raw[0]))
		return store_cut(path, bytes, STORE_META_BYTES, err);
	fault = store_meta_parse(raw[0], &first);
	if (fault)
		return store_fault(path, "meta page", 0, fault, err);
	if (!store_meta_read(fd, 1, first.page_bytes, raw[1]))
		return store_cut(path, bytes, STORE_META_BYTES + (uint64_t)first.page_bytes, err);
	return STATUS_OK;
}

enum status store_check_metas(int fd, const char *path, struct error *err)
{
	uint8_t raw[2][STORE_META_BYTES], again[2][STORE_META_BYTES];
	struct meta meta[2] = {{.page_bytes = 0}};
	uint64_t bytes = 0;
	enum status status;
	int i;

	status = store_size(fd, path, &bytes, err);
	for (i = 0; i < METAS_TRIES && !status; i++) {
		status = metas_read(fd, path, bytes, raw, err);
		if (!status)
			status = metas_parse(path, raw, meta, err);
		if (!status)
			status = metas_follow(fd, path, meta, err);
		if (metas_read(fd, path, bytes, again, NULL) == STATUS_OK &&
		    memcmp(raw, again, sizeof raw) != 0) {
			status = STATUS_OK; /* a writer was at work: what was read is of no one state */
			continue;
		}
		break;
	}
	if (!status) /* which may have grown meanwhile */
		status = store_size(fd, path, &bytes, err);
	return status ? status : check_roots(&meta[meta[1].txnid > meta[0].txnid], path, bytes, err);
}
