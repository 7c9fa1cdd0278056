#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/memory.h"
#include "collect/store_check.h"
#include "collect/store_meta.h"
#include "collect/store_state.h"

#define STORE_MAP_BYTES_MAX ((size_t)STORE_BYTES_MAX) /* address space only; halved until it fits */
#define STORE_MAP_BYTES_MIN ((size_t)1 << 26)
#define STORE_LMDB_MAGIC 0xBEEFC0DEu
#define STORE_CHECKS_MAX 64 /* of a snapshot that writers leave behind meanwhile */

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
static enum status store_check(struct store *store, struct store_pages *pages, struct error *err)
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
					  &gone, pages, err);
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

enum status store_check_pages(struct store *store, struct store_pages *pages, struct error *err)
{
	return store_check(store, pages, err);
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
		status = store_header_probe(txn, err);
	if (!status)
		status = store_header_get(txn, &header, err);
	if (!status)
		status = store_header_check(txn, &header, err);
	store_abort(&txn);
	if (!status && seed && header.seed != *seed)
		status = error_set(err, STATUS_USAGE, "%s: the store was made with another seed",
				   store->path);
	return status;
}

/* A disk that is full when a store is made leaves less than its two meta pages: what nobody can use, nor make
 * again once there is room. */
static void store_unmake(const char *path, bool there)
{
	struct stat st;

	if (stat(path, &st) == 0 && st.st_size < 2 * sysconf(_SC_PAGESIZE) && truncate(path, 0) == 0 && !there)
		unlink(path);
}

enum status store_open(struct store **out, const char *path, enum store_mode mode, bool temporary,
		       const uint64_t *seed, struct error *err)
{
	char lock[PATH_MAX];
	struct store *store;
	enum status status;
	bool tidy, there = access(path, F_OK) == 0;

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
	store->sealed = true;
	status = store_env_open(store, mode, err);
	if (status && mode == STORE_CREATE)
		store_unmake(path, there);
	if (!status)
		status = store_check(store, NULL, err);
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
