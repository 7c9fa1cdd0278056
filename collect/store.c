#include "collect/store.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/buffer.h"

#define STORE_MAP_BYTES_MAX ((size_t)1 << 40) /* address space only; halved until it fits */
#define STORE_MAP_BYTES_MIN ((size_t)1 << 26)
#define STORE_LMDB_MAGIC 0xBEEFC0DEu
#define STORE_KEY_BYTES 9
#define STORE_LOCK_BASE ((off_t)1 << 42) /* beyond any data, where only the locks live */
static const char store_magic[] = "crosstap";

struct store {
	MDB_env *env;
	MDB_dbi dbi;
	bool temporary;
	char *path;
};

struct store_txn {
	struct store *store;
	MDB_txn *txn;
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

static enum status store_fail(const struct store *store, int rc, const char *what,
			      struct error *err)
{
	switch (rc) {
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_PANIC:
	case MDB_BAD_TXN:
		return error_set(err, STATUS_INPUT, "%s: %s: the store is damaged (%s)",
				 store->path, what, mdb_strerror(rc));
	case MDB_VERSION_MISMATCH:
		return error_set(err, STATUS_INPUT, "%s: %s: written by another LMDB version",
				 store->path, what);
	default:
		if (rc > 0)
			return error_errno(err, rc, "%s: %s", store->path, what);
		return error_set(err, STATUS_SYSTEM, "%s: %s: %s", store->path, what,
				 mdb_strerror(rc));
	}
}

/* LMDB trusts its page numbers: a file that was cut would end in SIGBUS. */
static enum status store_check_size(struct store *store, struct error *err)
{
	MDB_envinfo info;
	MDB_stat stat_;
	struct stat st;
	int fd, rc;

	rc = mdb_env_get_fd(store->env, &fd);
	if (!rc)
		rc = mdb_env_info(store->env, &info);
	if (!rc)
		rc = mdb_env_stat(store->env, &stat_);
	if (rc)
		return store_fail(store, rc, "open", err);
	if (fstat(fd, &st) < 0)
		return error_errno(err, errno, "%s", store->path);
	if (st.st_size > 0 && info.me_last_pgno > (uint64_t)st.st_size / stat_.ms_psize - 1)
		return error_set(err, STATUS_INPUT,
				 "%s: the store is cut off (got %lld bytes, expected at least %llu)",
				 store->path, (long long)st.st_size,
				 (unsigned long long)(info.me_last_pgno + 1) * stat_.ms_psize);
	return STATUS_OK;
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
			return STATUS_OK;
		mdb_env_close(store->env);
		store->env = NULL;
		if (rc == ENOMEM && map_bytes > STORE_MAP_BYTES_MIN)
			map_bytes /= 2;
		else if ((rc == EACCES || rc == EROFS) && mode == STORE_READ &&
			 !(flags & MDB_NOLOCK))
			flags |= MDB_NOLOCK; /* a store on read-only ground: nobody writes it */
		else
			return store_fail(store, rc, "open", err);
	}
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

/* LMDB's first page: 16 bytes of page header, then this number (lmdb.c). Looked
 * at beforehand, since LMDB would leave a lock file beside whatever it is given. */
static enum status store_probe_magic(const char *path, struct error *err)
{
	uint8_t head[20];
	uint32_t magic = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return error_errno(err, errno, "%s", path);
	n = pread(fd, head, sizeof head, 0);
	close(fd);
	if (n == sizeof head)
		memcpy(&magic, head + 16, sizeof magic);
	if (magic != STORE_LMDB_MAGIC)
		return error_set(err, STATUS_INPUT, "%s: not a store (its first bytes are no LMDB file's)",
				 path);
	return STATUS_OK;
}

/* Whether the file is there and not empty; what is neither that nor an LMDB
 * file is refused before LMDB touches it. */
static enum status store_probe(const char *path, enum store_mode mode, bool *fresh,
			       struct error *err)
{
	struct stat st;

	*fresh = false;
	if (stat(path, &st) < 0) {
		if (errno == ENOENT && mode == STORE_CREATE) {
			*fresh = true;
			return STATUS_OK;
		}
		if (errno == ENOENT)
			return error_set(err, STATUS_INPUT,
					 "%s: no such store (crosstap-collect makes one)", path);
		return error_errno(err, errno, "%s", path);
	}
	if (!S_ISREG(st.st_mode))
		return error_set(err, STATUS_INPUT, "%s: not a store (not a regular file)", path);
	if (st.st_size == 0 && mode != STORE_CREATE)
		return error_set(err, STATUS_INPUT, "%s: not a store (empty file)", path);
	*fresh = st.st_size == 0;
	return *fresh ? STATUS_OK : store_probe_magic(path, err);
}

enum status store_open(struct store **out, const char *path, enum store_mode mode, bool temporary,
		       const uint64_t *seed, struct error *err)
{
	struct store_txn *txn = NULL;
	struct store_header header;
	struct store *store;
	enum status status;
	bool fresh;
	int rc;

	*out = NULL;
	status = store_probe(path, mode, &fresh, err);
	if (status)
		return status;
	store = calloc(1, sizeof *store);
	if (!store || !(store->path = strdup(path))) {
		free(store);
		return error_errno(err, ENOMEM, "%s", path);
	}
	store->temporary = temporary;
	status = store_env_open(store, mode, err);
	if (!status && !fresh)
		status = store_check_size(store, err);
	if (status)
		goto fail;
	status = store_begin(store, mode != STORE_READ, &txn, err);
	if (status)
		goto fail;
	rc = mdb_dbi_open(txn->txn, NULL, 0, &store->dbi);
	if (rc) {
		status = store_fail(store, rc, "open", err);
		goto fail;
	}
	status = store_commit(&txn, err);
	if (!status && fresh)
		status = store_header_make(store, seed, err);
	if (!status)
		status = store_begin(store, false, &txn, err);
	if (!status)
		status = store_header_get(txn, &header, err);
	if (!status && !fresh && seed && header.seed != *seed)
		status = error_set(err, STATUS_USAGE,
				   "%s: the store was made with another seed", path);
	if (status)
		goto fail;
	store_abort(&txn);
	*out = store;
	return STATUS_OK;
fail:
	store_abort(&txn);
	store_close(&store);
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
	if ((*store)->env)
		mdb_env_close((*store)->env);
	free((*store)->path);
	free(*store);
	*store = NULL;
}

const char *store_path(const struct store *store)
{
	return store->path;
}

enum status store_begin(struct store *store, bool write, struct store_txn **out, struct error *err)
{
	struct store_txn *txn = calloc(1, sizeof *txn);
	int rc;

	*out = NULL;
	if (!txn)
		return error_errno(err, ENOMEM, "%s", store->path);
	txn->store = store;
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
	header->version = (uint32_t)buffer_get_number(&in);
	if (in.broken || strcmp(magic, store_magic) != 0)
		return error_set(err, STATUS_INPUT, "%s: not a crosstap store (foreign header)",
				 path);
	if (header->version != STORE_VERSION)
		return error_set(err, STATUS_INPUT,
				 "%s: store version %u, this crosstap reads version %d: collect again",
				 path, header->version, STORE_VERSION);
	header->seed = buffer_get_number(&in);
	header->points = (uint32_t)buffer_get_number(&in);
	header->captures = (uint32_t)buffer_get_number(&in);
	header->generation = (uint32_t)buffer_get_number(&in);
	if (in.broken)
		return error_set(err, STATUS_INPUT, "%s: the store's header is damaged", path);
	return STATUS_OK;
}

enum status store_header_put(struct store_txn *txn, const struct store_header *header,
			     struct error *err)
{
	uint8_t bytes[64];
	struct buffer out = buffer_fixed(bytes, sizeof bytes);
	enum status status;
	void *value;

	buffer_put_text(&out, store_magic);
	buffer_put_number(&out, header->version);
	buffer_put_number(&out, header->seed);
	buffer_put_number(&out, header->points);
	buffer_put_number(&out, header->captures);
	buffer_put_number(&out, header->generation);
	status = store_put(txn, 'H', 0, 0, out.size, &value, err);
	if (!status)
		memcpy(value, bytes, out.size);
	return status;
}

enum status store_put(struct store_txn *txn, char kind, uint32_t a, uint32_t b, size_t size,
		      void **value, struct error *err)
{
	struct store_key key = store_key(kind, a, b);
	MDB_val k = {sizeof key.bytes, key.bytes}, v = {size, NULL};
	int rc = mdb_put(txn->txn, txn->store->dbi, &k, &v, MDB_RESERVE);

	*value = v.mv_data;
	return rc ? store_fail(txn->store, rc, "write", err) : STATUS_OK;
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
	*value = v.mv_data;
	*size = v.mv_size;
	return STATUS_OK;
}

enum status store_seek(struct store_txn *txn, char kind, uint32_t *a, uint32_t *b,
		       const uint8_t **value, size_t *size, struct error *err)
{
	struct store_key key = store_key(kind, *a, *b);
	MDB_val k = {sizeof key.bytes, key.bytes}, v = {0, NULL};
	const uint8_t *found;
	MDB_cursor *cursor;
	int rc;

	*value = NULL;
	*size = 0;
	rc = mdb_cursor_open(txn->txn, txn->store->dbi, &cursor);
	if (!rc) {
		rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
		mdb_cursor_close(cursor);
	}
	if (rc == MDB_NOTFOUND)
		return STATUS_OK;
	if (rc)
		return store_fail(txn->store, rc, "read", err);
	found = k.mv_data;
	if (k.mv_size != STORE_KEY_BYTES || found[0] != (uint8_t)kind)
		return STATUS_OK;
	*a = store_key_number(found + 1);
	*b = store_key_number(found + 5);
	*value = v.mv_data;
	*size = v.mv_size;
	return STATUS_OK;
}

enum status store_delete(struct store_txn *txn, char kind, uint32_t a, struct error *err)
{
	for (;;) {
		struct store_key key;
		uint32_t at = a, b = 0;
		const uint8_t *value;
		enum status status;
		size_t size;
		MDB_val k;
		int rc;

		status = store_seek(txn, kind, &at, &b, &value, &size, err);
		if (status || !value || at != a)
			return status;
		key = store_key(kind, at, b);
		k = (MDB_val){sizeof key.bytes, key.bytes};
		rc = mdb_del(txn->txn, txn->store->dbi, &k, NULL);
		if (rc)
			return store_fail(txn->store, rc, "delete", err);
	}
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

	*lock = open(store->path, O_RDWR | O_CLOEXEC);
	if (*lock < 0)
		return error_errno(err, errno, "%s", store->path);
	if (fcntl(*lock, F_OFD_SETLK, &range) == 0)
		return STATUS_OK;
	saved = errno;
	store_unlock(lock);
	if (saved == EAGAIN || saved == EACCES)
		return STATUS_OK;
	return error_errno(err, saved, "%s: lock", store->path);
}

void store_unlock(int *lock)
{
	if (*lock >= 0)
		close(*lock);
	*lock = -1;
}
