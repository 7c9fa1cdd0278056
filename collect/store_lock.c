#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/store_state.h"

#define STORE_LOCK_BASE ((off_t)1 << 42) /* beyond any data, where only the locks live */

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
