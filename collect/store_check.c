#include "collect/store_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/store_meta.h"

#define PAGE_UNITS (PAGE_BYTES_MAX / 2) /* nodes begin at even places */
#define NODE_BIG 1u             /* the node's data is the number of an overflow page */
#define FREE_PAGES_AT_ONCE 512u

/* The walk over a snapshot's pages. */
struct walk {
	int fd;
	uint64_t file_bytes;
	struct meta meta;
	enum tree_number which;
	struct tree found;              /* of the present tree, to compare */
	uint8_t *seen;                  /* one bit a page */
	uint64_t marked, free;          /* pages seen, and those of them that are free */
	uint8_t *level;                 /* one page for each level of a tree */
	uint8_t used[PAGE_UNITS];       /* of the page under way: 1 where a node lies */
	uint8_t key[STORE_KEY_BYTES];   /* the greatest until now */
	bool key_any, key_open;         /* there is one; an equal one may follow */
	const char *why;                /* what is wrong, and where */
	uint64_t where, need_bytes;
	int errno_value;
};

struct node {
	uint32_t size, flags, key_bytes; /* size: of the data, or of the node of a branch */
	uint64_t page;
	const uint8_t *key, *data;
};

/* ---- pages ---- */

static bool walk_fault(struct walk *w, uint64_t page, const char *why)
{
	w->where = page;
	w->why = why;
	return false;
}

static bool walk_read(struct walk *w, uint64_t page, uint64_t offset, void *bytes, size_t size)
{
	uint64_t at = page * w->meta.page_bytes + offset;
	ssize_t n;

	if (at + size > w->file_bytes) {
		w->need_bytes = at + size;
		return walk_fault(w, page, "cut off");
	}
	do {
		n = pread(w->fd, bytes, size, (off_t)at);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)size)
		return true;
	w->errno_value = n < 0 ? errno : EIO;
	return walk_fault(w, page, "cannot be read");
}

/* Every page is there once in a snapshot: in a tree, behind a value, or free. */
static bool walk_mark(struct walk *w, uint64_t page, uint64_t pages)
{
	uint64_t i;

	if (page < 2 || page > w->meta.last_page || pages > w->meta.last_page - page + 1)
		return walk_fault(w, page, "no such page");
	for (i = page; i < page + pages; i++) {
		if (w->seen[i / 8] & 1u << i % 8)
			return walk_fault(w, i, "used twice");
		w->seen[i / 8] |= (uint8_t)(1u << i % 8);
	}
	w->marked += pages;
	return true;
}

/* The pages of a value too big for a leaf: as many as their header says. */
static bool walk_overflow(struct walk *w, uint64_t page, uint32_t size)
{
	uint64_t pages = ((uint64_t)PAGE_HEADER_BYTES - 1 + size) / w->meta.page_bytes + 1;
	uint64_t end = page * w->meta.page_bytes + PAGE_HEADER_BYTES + size;
	uint8_t header[PAGE_HEADER_BYTES];

	if (page > w->meta.last_page)
		return walk_fault(w, page, "no such page");
	if (end > w->file_bytes) {
		w->need_bytes = end;
		return walk_fault(w, page, "cut off");
	}
	if (!walk_read(w, page, 0, header, sizeof header))
		return false;
	if (number_le(header, 8) != page || number_le(header + 10, 2) != PAGE_OVERFLOW ||
	    number_le(header + 12, 4) < pages)
		return walk_fault(w, page, "no overflow page");
	return walk_mark(w, page, number_le(header + 12, 4));
}

/* A record of the free list: count, then page numbers, falling. */
static bool walk_free_pages(struct walk *w, uint64_t page, const struct node *node)
{
	uint64_t numbers = node->size / 8, count = 0, before = UINT64_MAX, i;
	uint8_t some[FREE_PAGES_AT_ONCE * 8];

	for (i = 0; i <= count; i++) {
		uint64_t slot = i % FREE_PAGES_AT_ONCE, left = numbers - i, value;
		const uint8_t *p = node->data + 8 * i;

		if (i >= numbers)
			return walk_fault(w, page, "a list of free pages is too short");
		if (node->flags & NODE_BIG) {
			left = left < FREE_PAGES_AT_ONCE ? left : FREE_PAGES_AT_ONCE;
			if (slot == 0 && !walk_read(w, node->page, PAGE_HEADER_BYTES + 8 * i, some,
						    8 * left))
				return false;
			p = some + 8 * slot;
		}
		value = number_le(p, 8);
		if (i == 0) {
			count = value;
			continue;
		}
		if (value >= before)
			return walk_fault(w, page, "free pages out of order");
		if (!walk_mark(w, value, 1))
			return false;
		before = value;
	}
	w->free += count;
	return true;
}

/* ---- nodes ---- */

static uint32_t node_place(const uint8_t *bytes, uint32_t i)
{
	return (uint32_t)number_le(bytes + PAGE_HEADER_BYTES + 2 * (size_t)i, 2);
}

/* Its header; `key` and `data` may point anywhere until node_check() was content. */
static struct node node_get(const uint8_t *bytes, uint32_t i, bool leaf)
{
	const uint8_t *p = bytes + node_place(bytes, i);
	struct node node = {.key_bytes = (uint32_t)number_le(p + 6, 2)};

	node.key = p + NODE_HEADER_BYTES;
	node.data = node.key + node.key_bytes;
	if (leaf) {
		node.flags = (uint32_t)number_le(p + 4, 2);
		node.size = (uint32_t)number_le(p, 4);
	} else {
		node.page = number_le(p, 6);
	}
	return node;
}

/* The node that slot `i` of a page points to: inside the page, on no other. */
static bool node_check(struct walk *w, const uint8_t *bytes, uint64_t page, uint32_t i, bool leaf)
{
	uint32_t at = node_place(bytes, i), inside, units, page_bytes = w->meta.page_bytes;
	struct node node;

	if (at < number_le(bytes + 14, 2) || at % 2 || at > page_bytes - NODE_HEADER_BYTES)
		return walk_fault(w, page, "a node outside of the page");
	node = node_get(bytes, i, leaf);
	if (node.flags & ~NODE_BIG)
		return walk_fault(w, page, "a node of another kind");
	inside = node.flags & NODE_BIG ? 8 : node.size;
	if (inside > page_bytes || NODE_HEADER_BYTES + node.key_bytes + inside > page_bytes - at)
		return walk_fault(w, page, "a node outside of the page");
	units = (NODE_HEADER_BYTES + node.key_bytes + inside + 1) / 2;
	if (memchr(w->used + at / 2, 1, units))
		return walk_fault(w, page, "two nodes at one place");
	memset(w->used + at / 2, 1, units);
	return true;
}

static int key_compare(const struct walk *w, const uint8_t *a, const uint8_t *b)
{
	uint64_t x, y;

	if (w->which == TREE_MAIN)
		return memcmp(a, b, STORE_KEY_BYTES);
	x = number_le(a, 8);
	y = number_le(b, 8);
	return (x > y) - (x < y);
}

/* Keys rise through the whole tree. A branch's key may come again, as the
 * first one below it. */
static bool walk_key(struct walk *w, uint64_t page, const struct node *node, bool leaf)
{
	uint32_t want = w->which == TREE_MAIN ? STORE_KEY_BYTES : 8;
	int order;

	/* Of another kind nobody would look for the value. */
	if (node->key_bytes != want ||
	    (w->which == TREE_MAIN && (!node->key[0] || !strchr(STORE_KINDS, node->key[0]))))
		return walk_fault(w, page, "a key that crosstap does not write");
	order = w->key_any ? key_compare(w, node->key, w->key) : 1;
	if (order < 0 || (order == 0 && !(leaf && w->key_open)))
		return walk_fault(w, page, "keys out of order");
	if (w->which == TREE_FREE && (number_le(node->key, 8) < 1 ||
				      number_le(node->key, 8) > w->meta.txnid))
		return walk_fault(w, page, "free pages of no transaction");
	memcpy(w->key, node->key, want);
	w->key_any = true;
	w->key_open = !leaf;
	return true;
}

static bool walk_leaf(struct walk *w, const uint8_t *bytes, uint64_t page, uint32_t count)
{
	/* What is greater goes to overflow pages: two nodes fit on any page. */
	uint32_t most = ((w->meta.page_bytes - PAGE_HEADER_BYTES) / 2 & ~1u) - 2, i;

	for (i = 0; i < count; i++) {
		struct node node = node_get(bytes, i, true);

		if (!walk_key(w, page, &node, true))
			return false;
		if (node.flags & NODE_BIG) {
			node.page = number_le(node.data, 8);
			if (!walk_overflow(w, node.page, node.size))
				return false;
		} else if (NODE_HEADER_BYTES + node.key_bytes + node.size > most) {
			return walk_fault(w, page, "a value too big for its page");
		}
		if (w->which == TREE_FREE && !walk_free_pages(w, page, &node))
			return false;
	}
	w->found.entries += count;
	w->found.leaves++;
	return true;
}

/* ---- the tree ---- */

static bool walk_page(struct walk *w, uint64_t page, uint32_t level);

static bool walk_branch(struct walk *w, const uint8_t *bytes, uint64_t page, uint32_t count,
			uint32_t level)
{
	uint32_t i;

	if (count < 2)
		return walk_fault(w, page, "a branch with too few pages");
	for (i = 0; i < count; i++) {
		struct node node = node_get(bytes, i, false);

		/* The first node's key means nothing. */
		if ((i > 0 && !walk_key(w, page, &node, false)) ||
		    !walk_page(w, node.page, level + 1))
			return false;
	}
	w->found.branches++;
	return true;
}

static bool walk_page(struct walk *w, uint64_t page, uint32_t level)
{
	uint8_t *bytes = w->level + (size_t)level * w->meta.page_bytes;
	bool leaf = level + 1 == w->meta.tree[w->which].depth;
	uint32_t lower, upper, count, i;

	if (!walk_mark(w, page, 1) || !walk_read(w, page, 0, bytes, w->meta.page_bytes))
		return false;
	lower = (uint32_t)number_le(bytes + 12, 2);
	upper = (uint32_t)number_le(bytes + 14, 2);
	if (number_le(bytes, 8) != page ||
	    number_le(bytes + 10, 2) != (leaf ? PAGE_LEAF : PAGE_BRANCH))
		return walk_fault(w, page, "another kind of page was expected");
	if (lower <= PAGE_HEADER_BYTES || lower % 2 || lower > upper || upper > w->meta.page_bytes)
		return walk_fault(w, page, "an impossible number of nodes");
	count = (lower - PAGE_HEADER_BYTES) / 2;
	memset(w->used, 0, w->meta.page_bytes / 2);
	for (i = 0; i < count; i++)
		if (!node_check(w, bytes, page, i, leaf))
			return false;
	return leaf ? walk_leaf(w, bytes, page, count) : walk_branch(w, bytes, page, count, level);
}

static bool walk_tree(struct walk *w, enum tree_number which)
{
	const struct tree *tree = &w->meta.tree[which];

	w->which = which;
	w->key_any = false;
	w->found = (struct tree){0};
	if (tree->root != TREE_EMPTY && !walk_page(w, tree->root, 0))
		return false;
	if (w->found.entries != tree->entries || w->found.leaves != tree->leaves ||
	    w->found.branches != tree->branches)
		return walk_fault(w, which, "not as many entries as its meta page says");
	return true;
}

static enum status walk_status(const struct walk *w, const char *path, struct error *err)
{
	if (w->need_bytes)
		return store_cut(path, w->file_bytes, w->need_bytes, err);
	if (w->errno_value)
		return error_errno(err, w->errno_value, "%s: page %llu", path,
				   (unsigned long long)w->where);
	return store_fault(path, "page", w->where, w->why, err);
}

static enum status walk_snapshot(struct walk *w, const char *path, struct error *err)
{
	uint32_t levels = w->meta.tree[TREE_MAIN].depth;
	enum status status;

	status = store_size(w->fd, path, &w->file_bytes, err);
	if (status)
		return status;
	if (w->meta.tree[TREE_FREE].depth > levels)
		levels = w->meta.tree[TREE_FREE].depth;
	w->seen = calloc(w->meta.last_page / 8 + 1, 1);
	w->level = malloc((size_t)(levels + 1) * w->meta.page_bytes);
	if (!w->seen || !w->level)
		status = error_errno(err, ENOMEM, "%s", path);
	else if (!walk_tree(w, TREE_MAIN) || !walk_tree(w, TREE_FREE))
		status = walk_status(w, path, err);
	free(w->seen);
	free(w->level);
	return status;
}

/* Of all pages but the two meta pages. */
static enum status walk_account(const struct walk *w, const char *path, struct store_pages *pages,
				struct error *err)
{
	uint64_t lost = w->meta.last_page - 1 - w->marked;

	*pages = (struct store_pages){w->marked - w->free, w->free, w->meta.page_bytes};
	if (!lost)
		return STATUS_OK;
	return error_set(err, STATUS_INPUT,
			 "%s: the store is damaged: %llu of its pages are neither in use nor free", path,
			 (unsigned long long)lost);
}

/* Reads the meta page of a snapshot, twice, since a writer may be about to
 * replace it. */
static bool walk_begin(struct walk *w, uint64_t txnid, uint32_t page_bytes)
{
	uint8_t raw[STORE_META_BYTES], again[STORE_META_BYTES];

	return store_meta_read(w->fd, txnid & 1, page_bytes, raw) &&
	       store_meta_read(w->fd, txnid & 1, page_bytes, again) &&
	       memcmp(raw, again, sizeof raw) == 0 && store_meta_parse(raw, &w->meta) == NULL &&
	       w->meta.page_bytes == page_bytes && w->meta.txnid == txnid;
}

enum status store_check_tree(int fd, const char *path, uint64_t txnid, uint32_t page_bytes,
			     bool *gone, struct store_pages *pages, struct error *err)
{
	struct walk *w = calloc(1, sizeof *w);
	enum status status = STATUS_OK;

	if (!w)
		return error_errno(err, ENOMEM, "%s", path);
	w->fd = fd;
	*gone = !walk_begin(w, txnid, page_bytes);
	if (!*gone)
		status = walk_snapshot(w, path, err);
	if (!*gone && !status && pages)
		status = walk_account(w, path, pages, err);
	free(w);
	return status;
}
