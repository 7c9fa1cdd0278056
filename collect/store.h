/* The store: one LMDB environment in one file (case.ct, with case.ct-lock).
 *
 * The three tools talk to each other through it and through nothing else.
 * Values are blobs under short keys: a kind (a letter) and two numbers. Who
 * owns which kind:
 *
 *   'H' header          store.c     magic, version, seed, counters
 *   'P' point           capture*.c  (point) name, in the order of first collect
 *   'I' in progress     capture*.c  (capture) being written; no 'C' yet
 *   'C' capture         capture*.c  (capture) what is known of it; written last
 *   'R' records         capture*.c  (capture, block)
 *   'F' flows           capture*.c  (capture, block)
 *   'D' dictionary      capture*.c  (capture, which)
 *   'K' kept no longer  capture*.c  (point) how many of its captures were removed
 *   'T' table           table.c     (generation << 8 | table, block)
 *   'V' packet columns  table.c     (generation << 8 | point, block)
 *
 * Each value has a checksum, which whoever reads the value looks at: what was put is what comes
 * back, or an error.
 *
 * Readers see the last committed state and may go on while somebody writes.
 * A store is not resized: the map is as large as the address space allows,
 * which costs nothing without MDB_WRITEMAP.
 */
#ifndef CROSSTAP_COLLECT_STORE_H
#define CROSSTAP_COLLECT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"

#define STORE_KINDS "HPICRFDKTV" /* that a key may begin with */
#define STORE_VERSION 4
#define STORE_VERSION_PLAIN 3 /* read and written, too: as 4, but values have no checksums */

enum store_mode {
	STORE_READ,   /* it must be there */
	STORE_WRITE,  /* it must be there; results may be written */
	STORE_CREATE, /* made when it is not there */
};

struct memory;
struct store;
struct store_txn;

/* See holding.h. The values are stored: only append. */
enum store_holds {
	STORE_HOLDS_UNDECIDED = 0,  /* no capture yet */
	STORE_HOLDS_ALL,
	STORE_HOLDS_NO_PAYLOAD,     /* nothing of payload but keyed hashes */
	STORE_HOLDS_ALIASES,        /* besides, aliases of addresses and names */
	STORE_HOLDS_KINDS
};

struct store_header {
	uint32_t version;
	uint64_t seed;        /* of the fingerprints */
	uint32_t points;      /* registered so far */
	uint32_t captures;    /* numbers given out so far, unfinished ones too */
	uint32_t generation;  /* of the results; 0 = none yet */
	enum store_holds holds; /* a store of before holds all */
	uint64_t key_check;   /* of the key of its aliases: alias_check(); else 0 */
	uint64_t commit;      /* of the last transaction that wrote: the store's own to fill in */
};

/* Opens a store. With STORE_CREATE and no store there, one is made with *seed,
 * or with a random seed when seed is NULL; a store made with another seed is
 * STATUS_USAGE. With `temporary`, nothing is synced to the disk. STATUS_INPUT:
 * not a store, another version, cut off, damaged: every page is looked at
 * (see store_check.h), so that no value lies outside the file; that the values are
 * those that were put is checked when they are read, what is in them is for their readers to check. One process opens a store once only. */
enum status store_open(struct store **out, const char *path, enum store_mode mode, bool temporary,
		       const uint64_t *seed, struct error *err) MUST_CHECK;

/* Flushes what was committed to the disk (unless temporary). */
enum status store_sync(struct store *store, struct error *err) MUST_CHECK;
void store_close(struct store **store);

const char *store_path(const struct store *store);

#define STORE_MB_MAX 1000000 /* of --max-store */
/* From now on the file grows to so many bytes at most: what does not fit fails with STATUS_SYSTEM, and what was
 * committed before stays. Before there are transactions. */
enum status store_bound(struct store *store, uint64_t bytes, struct error *err) MUST_CHECK;
/* The bytes of the pages that hold values, as this transaction sees them. The file is larger where others
 * became free: they are written again before it grows. */
enum status store_used(struct store_txn *txn, uint64_t *bytes, struct error *err) MUST_CHECK;

/* Where arrays come from that grow with the captures; scratch files are beside the store, and what
 * readers got of the store is lent to it. Borrowed until the store is closed. */
struct memory *store_memory(const struct store *store);

/* Whether its values have checksums: else it is of STORE_VERSION_PLAIN. */
bool store_sealed(const struct store *store);

/* Begins a transaction. Writers wait for each other (across processes too);
 * a write transaction stays in its thread. */
enum status store_begin(struct store *store, bool write, struct store_txn **out,
			struct error *err) MUST_CHECK;
/* The store that a transaction is of. */
struct store *store_of(const struct store_txn *txn);
/* Commits and frees; on failure nothing of it is there. *txn becomes NULL. */
enum status store_commit(struct store_txn **txn, struct error *err) MUST_CHECK;
/* NULL is legal; *txn becomes NULL. */
void store_abort(struct store_txn **txn);

/* The header as this transaction sees it, and as it will be after its commit. */
enum status store_header_get(struct store_txn *txn, struct store_header *header,
			     struct error *err) MUST_CHECK;
enum status store_header_put(struct store_txn *txn, const struct store_header *header,
			     struct error *err) MUST_CHECK;

/* Makes room for a value, replacing one that is there. *value is the caller's
 * to fill until the next call with this transaction. */
enum status store_put(struct store_txn *txn, char kind, uint32_t a, uint32_t b, size_t size,
		      void **value, struct error *err) MUST_CHECK;

/* Looks a value up; STATUS_INPUT when it is not what was put. *value is NULL when there is none; otherwise valid until
 * the transaction ends (a writer's: until its next put or delete). 8-byte
 * alignment is not promised. */
enum status store_get(struct store_txn *txn, char kind, uint32_t a, uint32_t b,
		      const uint8_t **value, size_t *size, struct error *err) MUST_CHECK;

/* The first value of `kind` whose key is not below (*a, *b). *found is false
 * after the last; otherwise *a and *b become its key. The value is not looked at. */
enum status store_seek(struct store_txn *txn, char kind, uint32_t *a, uint32_t *b, bool *found,
		       struct error *err) MUST_CHECK;

/* One value after the other, of all kinds, for whoever looks at all of them: that behind (*kind, *a, *b), and the
 * first for 0 as *kind; 0 behind the last. *whole: it is what was put. */
struct store_value {
	char kind;
	uint32_t a, b;
	size_t bytes;
	bool whole;
};
enum status store_next(struct store_txn *txn, struct store_value *value, struct error *err)
	MUST_CHECK;

/* All pages as store_open() looks at them, and that none is lost: neither in use nor free. */
struct store_pages {
	uint64_t used, free;
	uint32_t bytes;       /* of each */
};
enum status store_check_pages(struct store *store, struct store_pages *pages, struct error *err)
	MUST_CHECK;

/* What a value is, for messages: "records of capture 0, block 3". */
#define STORE_WORDS_MAX 80
void store_words(char words[STORE_WORDS_MAX], char kind, uint32_t a, uint32_t b);

/* Deletes all values of `kind` with this `a`. */
enum status store_delete(struct store_txn *txn, char kind, uint32_t a, struct error *err)
	MUST_CHECK;

/* A lock on one capture number. *lock is a descriptor that holds it until
 * store_unlock(), or until this process ends, however it ends; it is -1 when
 * somebody else (another thread, too) has the lock. */
enum status store_lock(struct store *store, uint32_t capture, int *lock, struct error *err)
	MUST_CHECK;
/* -1 is legal; *lock becomes -1. */
void store_unlock(struct store *store, int *lock);
/* Makes ready for `count` locks at a time, so that none needs the file to be opened again: for a program that
 * gives up the right to open it. At most STORE_RESERVE_MAX. */
enum status store_reserve_locks(struct store *store, uint32_t count, struct error *err) MUST_CHECK;
#define STORE_RESERVE_MAX 320u

#endif
