#include "collect/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/buffer.h"
#include "collect/memory.h"
#include "collect/store_check.h"

#define STORE_MAP_BYTES_MAX ((size_t)STORE_BYTES_MAX) /* address space only; halved until it fits */
#define STORE_MAP_BYTES_MIN ((size_t)1 << 26)
#define STORE_LMDB_MAGIC 0xBEEFC0DEu
#define STORE_LENT_BYTES 4096  /* less is not worth it */
#define STORE_CHECKS_MAX 64 /* of a snapshot that writers leave behind meanwhile */
#define STORE_LOCK_BASE ((off_t)1 << 42) /* beyond any data, where only the locks live */
static const char store_magic[] = "crosstap";

struct store {
	MDB_env *env;
	MDB_dbi dbi;
	bool temporary;
	char *path;
	struct memory *memory;
	uint64_t bound_bytes;            /* by store_bound(); 0: none */
	pthread_mutex_t lock;            /* of the spare ones */
	uint32_t spares, reserved;
	int *spare;                      /* descriptors of the data file, for locks */
};

struct store_txn {
	struct store *store;
	MDB_txn *txn;
	bool write;
};

struct store_key {
	uint8_t bytes[STORE_KEY_BYTES];
};

static struct store_key store_key(char kind, uint32_t a, uint32_t b)
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

static enum status store_fail(const struct store *store, int rc, const char *what,
			      struct error *err)
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
	if (rc > 0)
		return error_errno(err, rc, "%s: %s", store->path, what);
	return error_set(err, STATUS_SYSTEM, "%s: %s: %s", store->path, what, mdb_strerror(rc));
}

/* ---- opening ---- */

static bool store_lock_name(const char *path, char name[PATH_MAX])
{
	return snprintf(name, PATH_MAX, "%s-lock", path) < PATH_MAX;
}

/* Whether somebody has the store open, by the lock that LMDB holds on the
 * first byte of its lock file as long as it lives. */
static bool store_in_use(const char *path)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	char name[PATH_MAX];
	bool used;
	int fd;

	fd = store_lock_name(path, name) ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return false;
	used = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return used;
}

static enum status store_env_open(struct store *store, enum store_mode mode, struct error *err)
{
	unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | MDB_NOSYNC;
	size_t map_bytes = STORE_MAP_BYTES_MAX;
	int rc;

	if (mode == STORE_READ)
		flags |= MDB_RDONLY;
	for (;;) {
		rc = mdb_env_create(&store->env);
		if (rc)
			return store_fail(store, rc, "open", err);
		rc = mdb_env_set_mapsize(store->env, map_bytes);
		if (!rc)
			rc = mdb_env_open(store->env, store->path, flags, 0644);
		if (!rc)
			break;
		mdb_env_close(store->env);
		store->env = NULL;
		if (rc == ENOMEM && map_bytes > STORE_MAP_BYTES_MIN)
			map_bytes /= 2;
		else if (rc == EACCES && mode == STORE_READ && !(flags & MDB_NOLOCK) &&
			 !store_in_use(store->path))
			flags |= MDB_NOLOCK; /* we may not use its lock file; nobody writes it */
		else
			return store_fail(store, rc, "open", err);
	}
	/* What readers that were killed still hold is free again. */
	rc = mode == STORE_READ ? 0 : mdb_reader_check(store->env, NULL);
	return rc ? store_fail(store, rc, "open", err) : STATUS_OK;
}

/* Walks the pages that there are now; those written from now on are LMDB's own. */
static enum status store_check(struct store *store, enum store_mode mode, struct error *err)
{
	enum status status = STATUS_OK;
	bool gone = true;
	MDB_txn *txn;
	MDB_stat st;
	int fd, rc, i;

	rc = mdb_env_get_fd(store->env, &fd);
	if (!rc)
		rc = mdb_env_stat(store->env, &st);
	for (i = 0; i < STORE_CHECKS_MAX && !rc && !status && gone; i++) {
		rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
		if (rc)
			break;
		status = store_check_tree(fd, store->path, mdb_txn_id(txn), st.ms_psize,
					  mode != STORE_READ, &gone, err);
		if (!status && !gone)
			rc = mdb_dbi_open(txn, NULL, 0, &store->dbi);
		mdb_txn_abort(txn);
	}
	if (rc)
		return store_fail(store, rc, "open", err);
	if (!status && gone)
		return error_set(err, STATUS_SYSTEM, "%s: open: it is being written too fast",
				 store->path);
	return status;
}

static enum status store_header_make(struct store *store, const uint64_t *seed, struct error *err)
{
	struct store_header header = {.version = STORE_VERSION};
	struct store_txn *txn = NULL;
	enum status status;
	const uint8_t *value;
	size_t size;

	status = store_begin(store, true, &txn, err);
	if (status)
		return status;
	status = store_get(txn, 'H', 0, 0, &value, &size, err);
	if (status || value) /* another process was first */
		goto out;
	if (seed) {
		header.seed = *seed;
	} else if (getrandom(&header.seed, sizeof header.seed, 0) != sizeof header.seed) {
		status = error_errno(err, errno, "%s: no random seed", store->path);
		goto out;
	}
	status = store_header_put(txn, &header, err);
	if (!status)
		status = store_commit(&txn, err);
out:
	store_abort(&txn);
	return status;
}

/* LMDB's first page begins with a header of 16 bytes and this number. */
static enum status store_probe_pages(int fd, const char *path, struct error *err)
{
	uint8_t head[20];
	uint32_t magic = 0;

	if (pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head)
		memcpy(&magic, head + 16, sizeof magic);
	if (magic != STORE_LMDB_MAGIC)
		return error_set(err, STATUS_INPUT,
				 "%s: not a store (its first bytes are no LMDB file's)", path);
	return store_check_metas(fd, path, err);
}

/* What is no LMDB file, or would make LMDB fall over, is refused before LMDB
 * touches it: it would also leave a lock file beside whatever it is given. */
static enum status store_probe(const char *path, enum store_mode mode, struct error *err)
{
	enum status status;
	struct stat st;
	int fd;

	if (stat(path, &st) < 0) {
		if (errno == ENOENT && mode == STORE_CREATE)
			return STATUS_OK;
		if (errno == ENOENT)
			return error_set(err, STATUS_INPUT,
					 "%s: no such store (crosstap-collect makes one)", path);
		return error_errno(err, errno, "%s", path);
	}
	if (!S_ISREG(st.st_mode))
		return error_set(err, STATUS_INPUT, "%s: not a store (not a regular file)", path);
	if (st.st_size == 0 && mode == STORE_CREATE)
		return STATUS_OK;
	if (st.st_size == 0)
		return error_set(err, STATUS_INPUT, "%s: not a store (empty file)", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, errno, "%s", path);
	status = store_probe_pages(fd, path, err);
	close(fd);
	return status;
}

/* A store that its maker did not live to give a header is empty. */
static enum status store_is_empty(struct store_txn *txn, bool *empty, struct error *err)
{
	MDB_stat st;
	int rc = mdb_stat(txn->txn, txn->store->dbi, &st);

	*empty = rc == 0 && st.ms_entries == 0;
	return rc ? store_fail(txn->store, rc, "open", err) : STATUS_OK;
}

static enum status store_open_header(struct store *store, enum store_mode mode,
				     const uint64_t *seed, struct error *err)
{
	struct store_txn *txn = NULL;
	struct store_header header;
	enum status status;
	bool empty = false;

	status = store_begin(store, false, &txn, err);
	if (!status)
		status = store_is_empty(txn, &empty, err);
	if (!status && empty && mode == STORE_CREATE) {
		store_abort(&txn);
		status = store_header_make(store, seed, err);
		if (!status)
			status = store_begin(store, false, &txn, err);
	}
	if (!status)
		status = store_header_get(txn, &header, err);
	store_abort(&txn);
	if (!status && seed && header.seed != *seed)
		status = error_set(err, STATUS_USAGE, "%s: the store was made with another seed",
				   store->path);
	return status;
}

enum status store_open(struct store **out, const char *path, enum store_mode mode, bool temporary,
		       const uint64_t *seed, struct error *err)
{
	char lock[PATH_MAX];
	struct store *store;
	enum status status;
	bool tidy;

	*out = NULL;
	tidy = store_lock_name(path, lock) && access(lock, F_OK) < 0;
	status = store_probe(path, mode, err);
	if (status)
		return status;
	store = calloc(1, sizeof *store);
	if (!store || !(store->path = strdup(path)) || !(store->memory = memory_open(path))) {
		store_close(&store);
		return error_errno(err, ENOMEM, "%s", path);
	}
	pthread_mutex_init(&store->lock, NULL);
	store->temporary = temporary;
	status = store_env_open(store, mode, err);
	if (!status)
		status = store_check(store, mode, err);
	tidy = tidy && status == STATUS_INPUT; /* nobody can use what is damaged */
	if (!status)
		status = store_open_header(store, mode, seed, err);
	if (status)
		store_close(&store);
	if (tidy)
		unlink(lock);
	*out = store;
	return status;
}

enum status store_sync(struct store *store, struct error *err)
{
	int rc;

	if (store->temporary)
		return STATUS_OK;
	rc = mdb_env_sync(store->env, 1);
	return rc ? store_fail(store, rc, "sync", err) : STATUS_OK;
}

void store_close(struct store **store)
{
	if (!*store)
		return;
	memory_close(&(*store)->memory);
	if ((*store)->env)
		mdb_env_close((*store)->env);
	while ((*store)->spares)
		close((*store)->spare[--(*store)->spares]);
	free((*store)->spare);
	pthread_mutex_destroy(&(*store)->lock);
	free((*store)->path);
	free(*store);
	*store = NULL;
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

enum status store_commit(struct store_txn **txn, struct error *err)
{
	struct store *store = (*txn)->store;
	int rc = mdb_txn_commit((*txn)->txn); /* frees the transaction even when it fails */

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

/* ---- the header ---- */

enum status store_header_get(struct store_txn *txn, struct store_header *header, struct error *err)
{
	const char *path = txn->store->path;
	struct buffer_reader in;
	const uint8_t *value;
	enum status status;
	char magic[16];
	size_t size;

	status = store_get(txn, 'H', 0, 0, &value, &size, err);
	if (status)
		return status;
	if (!value)
		return error_set(err, STATUS_INPUT, "%s: not a crosstap store (no header)", path);
	in = buffer_reader(value, size);
	buffer_get_text(&in, magic, sizeof magic);
	header->version = buffer_get_number_32(&in);
	if (in.broken || strcmp(magic, store_magic) != 0)
		return error_set(err, STATUS_INPUT, "%s: not a crosstap store (foreign header)",
				 path);
	if (header->version != STORE_VERSION)
		return error_set(err, STATUS_INPUT,
				 "%s: store version %u, this crosstap reads version %d: "
				 "collect again",
				 path, header->version, STORE_VERSION);
	header->seed = buffer_get_number(&in);
	header->points = buffer_get_number_32(&in);
	header->captures = buffer_get_number_32(&in);
	header->generation = buffer_get_number_32(&in);
	header->holds = STORE_HOLDS_UNDECIDED;
	header->key_check = 0;
	if (in.left) { /* a store of before ends here */
		header->holds = (enum store_holds)buffer_get_limited(&in, STORE_HOLDS_KINDS - 1);
		header->key_check = buffer_get_number(&in);
	}
	if (header->holds == STORE_HOLDS_UNDECIDED && header->captures)
		header->holds = STORE_HOLDS_ALL;
	if (in.broken)
		return error_set(err, STATUS_INPUT, "%s: the store's header is damaged", path);
	return STATUS_OK;
}

enum status store_header_put(struct store_txn *txn, const struct store_header *header,
			     struct error *err)
{
	uint8_t bytes[96];
	struct buffer out = buffer_fixed(bytes, sizeof bytes);
	enum status status;
	void *value;

	buffer_put_text(&out, store_magic);
	buffer_put_number(&out, header->version);
	buffer_put_number(&out, header->seed);
	buffer_put_number(&out, header->points);
	buffer_put_number(&out, header->captures);
	buffer_put_number(&out, header->generation);
	buffer_put_number(&out, header->holds);
	buffer_put_number(&out, header->key_check);
	status = store_put(txn, 'H', 0, 0, out.size, &value, err);
	if (!status)
		memcpy(value, bytes, out.size);
	return status;
}

/* ---- values ---- */

enum status store_put(struct store_txn *txn, char kind, uint32_t a, uint32_t b, size_t size,
		      void **value, struct error *err)
{
	struct store_key key = store_key(kind, a, b);
	MDB_val k = {sizeof key.bytes, key.bytes}, v = {size, NULL};
	int rc = mdb_put(txn->txn, txn->store->dbi, &k, &v, MDB_RESERVE);

	*value = v.mv_data;
	return rc ? store_fail(txn->store, rc, "write", err) : STATUS_OK;
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
	int rc = mdb_get(txn->txn, txn->store->dbi, &k, &v);

	*value = NULL;
	*size = 0;
	if (rc == MDB_NOTFOUND)
		return STATUS_OK;
	if (rc)
		return store_fail(txn->store, rc, "read", err);
	store_lend(txn, &v);
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

enum status store_seek(struct store_txn *txn, char kind, uint32_t *a, uint32_t *b,
		       const uint8_t **value, size_t *size, struct error *err)
{
	struct store_key key = store_key(kind, *a, *b);
	MDB_val k = {sizeof key.bytes, key.bytes}, v = {0, NULL};
	MDB_cursor *cursor;
	int rc;

	*value = NULL;
	*size = 0;
	rc = mdb_cursor_open(txn->txn, txn->store->dbi, &cursor);
	if (!rc) {
		rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
		mdb_cursor_close(cursor);
	}
	if (rc && rc != MDB_NOTFOUND)
		return store_fail(txn->store, rc, "read", err);
	if (!rc && store_key_get(&k, kind, a, b)) {
		*value = v.mv_data;
		*size = v.mv_size;
	}
	return STATUS_OK;
}

enum status store_delete(struct store_txn *txn, char kind, uint32_t a, struct error *err)
{
	struct store_key key = store_key(kind, a, 0);
	MDB_cursor *cursor;
	int rc;

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

/* ---- locks ---- */

/* The data file once more, which may have lost its name: one of a report has none. -1 and errno. */
static int store_open_again(const struct store *store)
{
	char name[32];
	int fd, again = -1;

	if (mdb_env_get_fd(store->env, &fd) == 0 &&
	    snprintf(name, sizeof name, "/proc/self/fd/%d", fd) > 0)
		again = open(name, O_RDWR | O_CLOEXEC);
	return again >= 0 ? again : open(store->path, O_RDWR | O_CLOEXEC);
}

enum status store_reserve_locks(struct store *store, uint32_t count, struct error *err)
{
	int *spare;

	count = count < STORE_RESERVE_MAX ? count : STORE_RESERVE_MAX;
	spare = realloc(store->spare, (count + (size_t)1) * sizeof *spare);
	if (!spare)
		return error_errno(err, ENOMEM, "%s", store->path);
	store->spare = spare;
	for (; store->reserved < count; store->reserved++) {
		int fd = store_open_again(store);

		if (fd < 0)
			return error_errno(err, errno, "%s", store->path);
		spare[store->spares++] = fd;
	}
	return STATUS_OK;
}

/* A spare descriptor; -1: there is none. */
static int store_take_spare(struct store *store)
{
	int fd = -1;

	pthread_mutex_lock(&store->lock);
	if (store->spares)
		fd = store->spare[--store->spares];
	pthread_mutex_unlock(&store->lock);
	return fd;
}

/* Whether the descriptor was taken back; its lock ends. */
static bool store_give_spare(struct store *store, int fd)
{
	struct flock all = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
	bool room;

	pthread_mutex_lock(&store->lock);
	room = store->spares < store->reserved && fcntl(fd, F_OFD_SETLK, &all) == 0;
	if (room)
		store->spare[store->spares++] = fd;
	pthread_mutex_unlock(&store->lock);
	return room;
}

/* Open-file-description locks on the data file, where LMDB itself takes none:
 * the kernel drops them with the process, even with kill -9. A descriptor for
 * each, since locks of one descriptor never conflict with each other. */
enum status store_lock(struct store *store, uint32_t capture, int *lock, struct error *err)
{
	struct flock range = {.l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = STORE_LOCK_BASE + (off_t)capture,
			      .l_len = 1};
	int saved;

	*lock = store_take_spare(store);
	if (*lock < 0)
		*lock = store_open_again(store);
	if (*lock < 0)
		return error_errno(err, errno, "%s", store->path);
	if (fcntl(*lock, F_OFD_SETLK, &range) == 0)
		return STATUS_OK;
	saved = errno;
	store_unlock(store, lock);
	if (saved == EAGAIN || saved == EACCES)
		return STATUS_OK;
	return error_errno(err, saved, "%s: lock", store->path);
}

void store_unlock(struct store *store, int *lock)
{
	if (*lock >= 0 && !store_give_spare(store, *lock))
		close(*lock);
	*lock = -1;
}
