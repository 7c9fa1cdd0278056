/* What the tests of the store and of captures share: a folder of their own,
 * values counted by their kind, and children that work on a store of their own
 * accord, up to a place where they wait or die.
 */
#ifndef CROSSTAP_TESTS_STORE_SAMPLE_H
#define CROSSTAP_TESTS_STORE_SAMPLE_H

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/store.h"
#include "tests/unit/check.h"

#define MUST(call) CHECK_INT((call), STATUS_OK)

static char folder[] = "/tmp/crosstap-store-XXXXXX";
static char path[64], lock_path[64];
static struct error err;
static const uint64_t sample_seed = 0x1122334455667788;

static inline void sample_begin(void)
{
	if (!mkdtemp(folder))
		exit(2);
	snprintf(path, sizeof path, "%s/case.ct", folder);
	snprintf(lock_path, sizeof lock_path, "%s/case.ct-lock", folder);
}

static inline void sample_clear(void)
{
	unlink(path);
	unlink(lock_path);
}

static inline void sample_end(void)
{
	sample_clear();
	rmdir(folder);
}

static inline struct store *sample_open(enum store_mode mode)
{
	const uint64_t *seed = mode == STORE_CREATE ? &sample_seed : NULL;
	struct store *store = NULL;

	MUST(store_open(&store, path, mode, true, seed, &err));
	if (!store) {
		printf("# %s\nnot ok - a store to test with\n", err.text);
		exit(1);
	}
	return store;
}

static inline struct store *sample_new(void)
{
	sample_clear();
	return sample_open(STORE_CREATE);
}

/* Whether the last error says so. */
static inline bool said(const char *text)
{
	if (strstr(err.text, text))
		return true;
	printf("# it says \"%s\"\n", err.text);
	return false;
}

static inline struct store_header header_of(struct store *store)
{
	struct store_header header = {0};
	struct store_txn *txn = NULL;

	MUST(store_begin(store, false, &txn, &err));
	MUST(store_header_get(txn, &header, &err));
	store_abort(&txn);
	return header;
}

/* Values of a kind, as a new transaction sees them; all kinds for 0. */
static inline uint32_t sample_count(struct store *store, char kind)
{
	static const char kinds[] = "CDFHIKPRTV";
	struct store_txn *txn = NULL;
	uint32_t count = 0;
	const char *k;

	MUST(store_begin(store, false, &txn, &err));
	for (k = kinds; *k; k++) {
		uint64_t next = 0;

		while ((!kind || *k == kind) && next >> 32 <= UINT32_MAX) {
			uint32_t a = (uint32_t)(next >> 32), b = (uint32_t)next;
			bool found;

			MUST(store_seek(txn, *k, &a, &b, &found, &err));
			if (!found)
				break;
			count++;
			next = ((uint64_t)a << 32 | b) + 1;
			if (next == 0)
				break;
		}
	}
	store_abort(&txn);
	return count;
}

static inline void sample_put(struct store *store, char kind, uint32_t a, uint32_t b,
			      const void *bytes, size_t size)
{
	struct store_txn *txn = NULL;
	void *value = NULL;

	MUST(store_begin(store, true, &txn, &err));
	MUST(store_put(txn, kind, a, b, size, &value, &err));
	if (size)
		memcpy(value, bytes, size);
	MUST(store_commit(&txn, &err));
}

/* A copy of a value, to be freed; NULL when there is none. */
static inline uint8_t *sample_get(struct store *store, char kind, uint32_t a, uint32_t b,
				  size_t *size)
{
	struct store_txn *txn = NULL;
	const uint8_t *value = NULL;
	uint8_t *copy = NULL;

	MUST(store_begin(store, false, &txn, &err));
	MUST(store_get(txn, kind, a, b, &value, size, &err));
	if (value) {
		copy = malloc(*size + 1);
		memcpy(copy, value, *size);
	}
	store_abort(&txn);
	return copy;
}

/* ---- the file ---- */

/* LMDB takes the machine's, but no more than 32 KiB. */
static inline size_t page_bytes(void)
{
	long size = sysconf(_SC_PAGESIZE);

	return size < 32768 ? (size_t)size : 32768;
}

static inline void write_file(const void *bytes, size_t size)
{
	int fd;

	sample_clear();
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
}

static inline uint8_t *read_file(size_t *size)
{
	struct stat st = {0};
	int fd = open(path, O_RDONLY);
	uint8_t *bytes;

	CHECK(fd >= 0 && fstat(fd, &st) == 0);
	*size = (size_t)st.st_size;
	bytes = malloc(*size + 1);
	CHECK(bytes && read(fd, bytes, *size) == st.st_size);
	close(fd);
	return bytes;
}

/* ---- children ---- */

struct child {
	pid_t pid;
	int said, heard; /* the parent's ends of both pipes */
};

/* In the child: tells the parent that it has come here, and waits for its word. */
struct child_talk {
	int say, hear;
};

static inline void child_meet(const struct child_talk *talk)
{
	char c = '.';

	if (write(talk->say, &c, 1) != 1 || read(talk->hear, &c, 1) != 1)
		_exit(9);
}

/* Runs `work` in a process of its own, which ends with what that returns. The
 * parent must have no store open. */
static inline struct child child_begin(int (*work)(const struct child_talk *talk))
{
	struct child child;
	int said[2], heard[2];

	if (pipe(said) < 0 || pipe(heard) < 0)
		exit(2);
	fflush(stdout);
	child.pid = fork();
	if (child.pid < 0)
		exit(2);
	if (child.pid == 0) {
		const struct child_talk talk = {said[1], heard[0]};

		close(said[0]);
		close(heard[1]);
		_exit(work(&talk));
	}
	close(said[1]);
	close(heard[0]);
	child.said = said[0];
	child.heard = heard[1];
	return child;
}

/* Waits until the child has come to child_meet(); false when it ended before. */
static inline bool child_await(struct child *child)
{
	char c;

	return read(child->said, &c, 1) == 1;
}

static inline void child_go_on(struct child *child)
{
	if (write(child->heard, ".", 1) != 1)
		CHECK(!"the child listens");
}

/* Its exit status, or minus the signal that it died of. */
static inline int child_end(struct child *child)
{
	int how = 0;

	close(child->said);
	close(child->heard);
	if (waitpid(child->pid, &how, 0) != child->pid)
		return 99;
	return WIFSIGNALED(how) ? -WTERMSIG(how) : WEXITSTATUS(how);
}

static inline int child_kill(struct child *child)
{
	kill(child->pid, SIGKILL);
	return child_end(child);
}

#endif
