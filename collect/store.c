#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "collect/store_state.h"

#define STORE_LENT_BYTES 4096  /* less is not worth it */

struct store_key store_key(char kind, uint32_t a, uint32_t b)
{
	struct store_key key = {{(uint8_t)kind, (uint8_t)(a >> 24), (uint8_t)(a >> 16),
				 (uint8_t)(a >> 8), (uint8_t)a, (uint8_t)(b >> 24),
				 (uint8_t)(b >> 16), (uint8_t)(b >> 8), (uint8_t)b}};
	return key;
}

static uint32_t store_key_number(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What LMDB's own words do not say well. */
static const struct {
	int rc;
	enum status status;
	const char *text;
} store_failures[] = {
	{MDB_INVALID, STATUS_INPUT, "the store or its lock file is damaged"},
	{MDB_CORRUPTED, STATUS_INPUT, "the store is damaged"},
	{MDB_PAGE_NOTFOUND, STATUS_INPUT, "the store is damaged"},
	{MDB_VERSION_MISMATCH, STATUS_INPUT, "the store is of another LMDB version"},
	{MDB_MAP_FULL, STATUS_SYSTEM, "the store has outgrown the address space (ulimit -v)"},
	{MDB_MAP_RESIZED, STATUS_SYSTEM, "the store has outgrown the address space (ulimit -v)"},
	{MDB_READERS_FULL, STATUS_SYSTEM, "too many others read the store"},
};

enum status store_fail(const struct store *store, int rc, const char *what, struct error *err)
{
	size_t i;

	if (rc == MDB_MAP_FULL && store->bound_bytes)
		return error_set(err, STATUS_SYSTEM,
				 "%s: %s: the store may have %llu MB and is full (--max-store): what was "
				 "committed before is in it",
				 store->path, what, (unsigned long long)(store->bound_bytes / 1000000));
	for (i = 0; i < sizeof store_failures / sizeof store_failures[0]; i++)
		if (store_failures[i].rc == rc)
			return error_set(err, store_failures[i].status, "%s: %s: %s", store->path,
					 what, store_failures[i].text);
	if (rc == EIO) /* what LMDB calls a write that was cut short, too */
		return error_set(err, STATUS_SYSTEM,
				 "%s: %s: not all could be read or written (disk full, a limit on the file's size, or a "
				 "bad disk)", store->path, what);
	if (rc > 0)
		return error_errno(err, rc, "%s: %s", store->path, what);
	return error_set(err, STATUS_SYSTEM, "%s: %s: %s", store->path, what, mdb_strerror(rc));
}

enum status store_sync(struct store *store, struct error *err)
{
	int rc;

	if (store->temporary)
		return STATUS_OK;
	rc = mdb_env_sync(store->env, 1);
	return rc ? store_fail(store, rc, "sync", err) : STATUS_OK;
}

enum status store_bound(struct store *store, uint64_t bytes, struct error *err)
{
	int rc = mdb_env_set_mapsize(store->env, (size_t)bytes);

	store->bound_bytes = bytes;
	return rc ? store_fail(store, rc, "--max-store", err) : STATUS_OK;
}

enum status store_used(struct store_txn *txn, uint64_t *bytes, struct error *err)
{
	MDB_stat st;
	int rc = mdb_stat(txn->txn, txn->store->dbi, &st);

	*bytes = 0;
	if (rc)
		return store_fail(txn->store, rc, "read", err);
	*bytes = (st.ms_branch_pages + st.ms_leaf_pages + st.ms_overflow_pages) * (uint64_t)st.ms_psize;
	return STATUS_OK;
}

bool store_sealed(const struct store *store)
{
	return store->sealed;
}

const char *store_path(const struct store *store)
{
	return store->path;
}

struct memory *store_memory(const struct store *store)
{
	return store->memory;
}

/* ---- transactions ---- */

enum status store_begin(struct store *store, bool write, struct store_txn **out, struct error *err)
{
	struct store_txn *txn = calloc(1, sizeof *txn);
	int rc;

	*out = NULL;
	if (!txn)
		return error_errno(err, ENOMEM, "%s", store->path);
	txn->store = store;
	txn->write = write;
	rc = mdb_txn_begin(store->env, NULL, write ? 0 : MDB_RDONLY, &txn->txn);
	if (rc) {
		free(txn);
		return store_fail(store, rc, write ? "write" : "read", err);
	}
	*out = txn;
	return STATUS_OK;
}

struct store *store_of(const struct store_txn *txn)
{
	return txn->store;
}

/* The caller is done with the value that was put last. */
static void store_seal(struct store_txn *txn)
{
	if (txn->open)
		store_seal_put(txn->open, txn->open_bytes, &txn->open_key);
	txn->open = NULL;
}

enum status store_commit(struct store_txn **txn, struct error *err)
{
	struct store *store = (*txn)->store;
	enum status status = store_header_stamp(*txn, err);
	int rc;

	if (status) {
		store_abort(txn);
		return status;
	}
	store_seal(*txn);
	rc = mdb_txn_commit((*txn)->txn); /* frees the transaction even when it fails */
	free(*txn);
	*txn = NULL;
	return rc ? store_fail(store, rc, "commit", err) : STATUS_OK;
}

void store_abort(struct store_txn **txn)
{
	if (!*txn)
		return;
	mdb_txn_abort((*txn)->txn);
	free(*txn);
	*txn = NULL;
}

/* ---- values ---- */

enum status store_put(struct store_txn *txn, char kind, uint32_t a, uint32_t b, size_t size,
		      void **value, struct error *err)
{
	struct store_key key = store_key(kind, a, b);
	size_t seal = txn->store->sealed ? STORE_SEAL_BYTES : 0;
	MDB_val k = {sizeof key.bytes, key.bytes}, v = {size + seal, NULL};
	int rc;

	store_seal(txn);
	rc = mdb_put(txn->txn, txn->store->dbi, &k, &v, MDB_RESERVE);
	*value = v.mv_data;
	if (rc)
		return store_fail(txn->store, rc, "write", err);
	txn->changed = true;
	txn->open = seal ? v.mv_data : NULL;
	txn->open_bytes = size;
	txn->open_key = key;
	return STATUS_OK;
}


/* What a value is, by its kind. */
static const struct {
	char kind;
	const char *what;   /* with a number behind it, that of a point, a capture or a table */
	bool block, result; /* results: of a generation, and the number is a byte */
} store_kinds[] = {
	{'H', "header", false, false},
	{'P', "name of point", false, false},
	{'I', "mark of capture", false, false},
	{'C', "row of capture", false, false},
	{'R', "records of capture", true, false},
	{'F', "flows of capture", true, false},
	{'D', "dictionary of capture", true, false},
	{'K', "removed captures of point", false, false},
	{'T', "table", true, true},
	{'V', "packet columns of point", true, true},
};

void store_words(char words[STORE_WORDS_MAX], char kind, uint32_t a, uint32_t b)
{
	size_t i, at;

	snprintf(words, STORE_WORDS_MAX, "value of an unknown kind");
	for (i = 0; i < sizeof store_kinds / sizeof store_kinds[0]; i++) {
		if (store_kinds[i].kind != kind)
			continue;
		at = (size_t)snprintf(words, STORE_WORDS_MAX, "%s %u", store_kinds[i].what,
				      store_kinds[i].result ? a & 0xff : a);
		if (store_kinds[i].block)
			at += (size_t)snprintf(words + at, STORE_WORDS_MAX - at, ", block %u", b);
		if (store_kinds[i].result)
			snprintf(words + at, STORE_WORDS_MAX - at, " (generation %u)", a >> 8);
	}
}

static enum status store_broken_seal(const struct store *store, char kind, uint32_t a, uint32_t b,
				     struct error *err)
{
	char words[STORE_WORDS_MAX];

	store_words(words, kind, a, b);
	return error_set(err, STATUS_INPUT, "%s: the store is damaged: %s: its checksum is wrong",
			 store->path, words);
}


/* A reader's values are bytes of the one mapped file; a writer's may be elsewhere. */
static void store_lend(const struct store_txn *txn, const MDB_val *value)
{
	if (!txn->write && value->mv_size >= STORE_LENT_BYTES)
		memory_lend(txn->store->memory, value->mv_data, value->mv_size);
}

enum status store_get(struct store_txn *txn, char kind, uint32_t a, uint32_t b,
		      const uint8_t **value, size_t *size, struct error *err)
{
	struct store_key key = store_key(kind, a, b);
	MDB_val k = {sizeof key.bytes, key.bytes}, v = {0, NULL};
	int rc;

	*value = NULL;
	*size = 0;
	store_seal(txn);
	rc = mdb_get(txn->txn, txn->store->dbi, &k, &v);
	if (rc == MDB_NOTFOUND)
		return STATUS_OK;
	if (rc)
		return store_fail(txn->store, rc, "read", err);
	store_lend(txn, &v);
	if (txn->store->sealed) {
		if (v.mv_size < STORE_SEAL_BYTES ||
		    !store_seal_holds(v.mv_data, v.mv_size - STORE_SEAL_BYTES, &key))
			return store_broken_seal(txn->store, kind, a, b, err);
		v.mv_size -= STORE_SEAL_BYTES;
	}
	*value = v.mv_data;
	*size = v.mv_size;
	return STATUS_OK;
}

/* Whether a key is one of `kind`; then its numbers. */
static bool store_key_get(const MDB_val *k, char kind, uint32_t *a, uint32_t *b)
{
	const uint8_t *p = k->mv_data;

	if (k->mv_size != STORE_KEY_BYTES || p[0] != (uint8_t)kind)
		return false;
	*a = store_key_number(p + 1);
	*b = store_key_number(p + 5);
	return true;
}

enum status store_seek(struct store_txn *txn, char kind, uint32_t *a, uint32_t *b, bool *found,
		       struct error *err)
{
	struct store_key key = store_key(kind, *a, *b);
	MDB_val k = {sizeof key.bytes, key.bytes}, v = {0, NULL};
	MDB_cursor *cursor;
	int rc;

	*found = false;
	store_seal(txn);
	rc = mdb_cursor_open(txn->txn, txn->store->dbi, &cursor);
	if (!rc) {
		rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
		mdb_cursor_close(cursor);
	}
	if (rc && rc != MDB_NOTFOUND)
		return store_fail(txn->store, rc, "read", err);
	*found = !rc && store_key_get(&k, kind, a, b);
	return STATUS_OK;
}

/* The next key in the order of keys; zeros behind the last. */
static struct store_key store_key_next(struct store_key key)
{
	size_t i = sizeof key.bytes;

	while (i && ++key.bytes[--i] == 0)
		;
	return key;
}

enum status store_next(struct store_txn *txn, struct store_value *value, struct error *err)
{
	struct store_key key = store_key(value->kind, value->a, value->b);
	MDB_val k = {sizeof key.bytes, key.bytes}, v = {0, NULL};
	size_t seal = txn->store->sealed ? STORE_SEAL_BYTES : 0;
	MDB_cursor *cursor;
	int rc;

	if (value->kind)
		key = store_key_next(key);
	value->kind = 0;
	rc = mdb_cursor_open(txn->txn, txn->store->dbi, &cursor);
	if (!rc) {
		rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
		mdb_cursor_close(cursor);
	}
	if (rc)
		return rc == MDB_NOTFOUND ? STATUS_OK : store_fail(txn->store, rc, "read", err);
	store_lend(txn, &v);
	memcpy(key.bytes, k.mv_data, sizeof key.bytes); /* all keys are as long: see store_check.h */
	value->kind = (char)key.bytes[0];
	value->a = store_key_number(key.bytes + 1);
	value->b = store_key_number(key.bytes + 5);
	value->whole = v.mv_size >= seal &&
		       (!seal || store_seal_holds(v.mv_data, v.mv_size - seal, &key));
	value->bytes = v.mv_size >= seal ? v.mv_size - seal : 0;
	return STATUS_OK;
}

enum status store_delete(struct store_txn *txn, char kind, uint32_t a, struct error *err)
{
	struct store_key key = store_key(kind, a, 0);
	MDB_cursor *cursor;
	int rc;

	store_seal(txn);
	txn->changed = true;
	rc = mdb_cursor_open(txn->txn, txn->store->dbi, &cursor);
	if (rc)
		return store_fail(txn->store, rc, "delete", err);
	/* Each time anew: a cursor may stand beside the next one after a deletion. */
	for (;;) {
		MDB_val k = {sizeof key.bytes, key.bytes}, v;
		uint32_t found, b;

		rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
		if (rc || !store_key_get(&k, kind, &found, &b) || found != a)
			break;
		rc = mdb_cursor_del(cursor, 0);
		if (rc)
			break;
	}
	mdb_cursor_close(cursor);
	return rc && rc != MDB_NOTFOUND ? store_fail(txn->store, rc, "delete", err) : STATUS_OK;
}
