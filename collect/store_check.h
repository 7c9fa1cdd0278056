/* Is the file what LMDB wrote? For store.c only.
 *
 * LMDB trusts its file: a wrong page number, a node outside its page or a page
 * that is used twice ends in SIGBUS, a failed assertion or a broken heap. So
 * whoever opens a store walks its pages first: both meta pages before LMDB
 * sees the file, then the tree of one snapshot. Values are not read, but each
 * lies inside the file afterwards; what is in them their readers check.
 *
 * The formats are those of LMDB 0.9 (data version 1) with 64-bit page numbers.
 */
#ifndef CROSSTAP_COLLECT_STORE_CHECK_H
#define CROSSTAP_COLLECT_STORE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "collect/store.h"

#define STORE_KEY_BYTES 9                 /* of every key that crosstap writes */
#define STORE_BYTES_MAX ((uint64_t)1 << 40)

/* All pages of snapshot `txnid`, which a reader must hold: those in use and those that are free, so that
 * a page of before that is taken for one in use is used twice. *gone becomes true, and
 * nothing is checked, when the snapshot is no longer one of the last two. With `pages` none may be lost
 * either, and they are counted. */
enum status store_check_tree(int fd, const char *path, uint64_t txnid, uint32_t page_bytes,
			     bool *gone, struct store_pages *pages, struct error *err) MUST_CHECK;

#endif
