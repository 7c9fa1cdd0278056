/* A library that is loaded before a program (LD_PRELOAD) and makes what FAULT says go wrong:
 *
 *   malloc:N    allocation number N fails, once
 *   malloc:N+   it and all after it
 *   kill:N      the process is killed in front of its Nth change of a file: write, sync, rename
 *   eintr       every other read or write ends with EINTR first (not those at a place of a file, which Linux does not
 *               interrupt); reads give a part at a time
 *   become:N    in front of read number N the file that FAULT_FILE names becomes what FAULT_LIKE names: it grows,
 *               or is cut off, while it is read
 *
 * With FAULT_COUNT=FILE it writes there how many there were (of malloc: allocations, else changes), so that a
 * test knows where to end. No time and no chance is in it: the same program does the same again.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static enum { FAULT_NONE, FAULT_MALLOC, FAULT_KILL, FAULT_EINTR, FAULT_BECOME } kind;
static unsigned long at;   /* N */
static bool for_good;
static atomic_ulong allocations, changes, calls, reads;
static int count_fd = -1; /* from the start: later the program may have given up the right to open it */
static int file_fd = -1, like_fd = -1;

/* Descriptors that no program takes for its own. */
static int fault_open(const char *variable, int flags)
{
	const char *name = getenv(variable);

	return name ? fcntl(open(name, flags | O_CLOEXEC, 0644), F_DUPFD_CLOEXEC, 200) : -1;
}

void *memalign(size_t alignment, size_t bytes);
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

__attribute__((constructor)) static void fault_begin(void)
{
	const char *what = getenv("FAULT");

	count_fd = fault_open("FAULT_COUNT", O_WRONLY | O_CREAT | O_TRUNC);
	file_fd = fault_open("FAULT_FILE", O_WRONLY);
	like_fd = fault_open("FAULT_LIKE", O_RDONLY);
	if (!what)
		return;
	if (sscanf(what, "malloc:%lu", &at) == 1)
		kind = FAULT_MALLOC;
	else if (sscanf(what, "kill:%lu", &at) == 1)
		kind = FAULT_KILL;
	else if (strcmp(what, "eintr") == 0)
		kind = FAULT_EINTR;
	else if (sscanf(what, "become:%lu", &at) == 1)
		kind = FAULT_BECOME;
	for_good = strchr(what, '+') != NULL;
	atomic_store(&allocations, 0);
}

__attribute__((destructor)) static void fault_end(void)
{
	char text[64];
	REAL(write);
	int n;

	n = snprintf(text, sizeof text, "%lu %lu\n", atomic_load(&allocations), atomic_load(&changes));
	if (count_fd >= 0)
		(void)!real(count_fd, text, (size_t)n);
}

/* ---- memory ---- */

/* libseccomp 2.5 frees twice what it did not get, and gives a filter without some of its rules: no fault of ours. */
static bool spared(const void *caller)
{
	Dl_info info;

	return dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, "libseccomp");
}

static bool fails(const void *caller)
{
	unsigned long n = atomic_fetch_add(&allocations, 1) + 1;

	if (kind != FAULT_MALLOC || (n != at && !(for_good && n > at)) || spared(caller))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t bytes) { return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(bytes); }
void *calloc(size_t count, size_t bytes) { return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, bytes); }
void *realloc(void *old, size_t bytes) { return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, bytes); }
void *aligned_alloc(size_t alignment, size_t bytes) { return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, bytes); }
void *memalign(size_t alignment, size_t bytes) { return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, bytes); }

int posix_memalign(void **out, size_t alignment, size_t bytes)
{
	void *memory = fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, bytes);

	if (!memory)
		return ENOMEM;
	*out = memory;
	return 0;
}

/* ---- files ---- */

static void change(void)
{
	if (atomic_fetch_add(&changes, 1) + 1 == at && kind == FAULT_KILL)
		kill(getpid(), SIGKILL);
}

/* Every other call is interrupted. */
static bool interrupted(void)
{
	if (kind != FAULT_EINTR || atomic_fetch_add(&calls, 1) % 2)
		return false;
	errno = EINTR;
	return true;
}

static size_t part(size_t bytes)
{
	return kind == FAULT_EINTR && bytes > 1 ? (bytes + 2) / 3 : bytes;
}

static void become(void)
{
	char bytes[65536];
	off_t done = 0;
	ssize_t n;

	if (kind != FAULT_BECOME || atomic_fetch_add(&reads, 1) + 1 != at)
		return;
	while ((n = pread(like_fd, bytes, sizeof bytes, done)) > 0 && pwrite(file_fd, bytes, (size_t)n, done) == n)
		done += n;
	if (ftruncate(file_fd, done) < 0)
		abort();
}

ssize_t read(int fd, void *to, size_t bytes)
{
	REAL(read);
	become();
	return interrupted() ? -1 : real(fd, to, part(bytes));
}

ssize_t write(int fd, const void *from, size_t bytes)
{
	REAL(write);
	change();
	return interrupted() ? -1 : real(fd, from, bytes);
}

ssize_t pwrite(int fd, const void *from, size_t bytes, off_t to)
{
	REAL(pwrite);
	change();
	return real(fd, from, bytes, to);
}

ssize_t writev(int fd, const struct iovec *list, int count)
{
	REAL(writev);
	change();
	return interrupted() ? -1 : real(fd, list, count);
}

ssize_t pwritev(int fd, const struct iovec *list, int count, off_t to)
{
	REAL(pwritev);
	change();
	return real(fd, list, count, to);
}

int fsync(int fd)
{
	REAL(fsync);
	change();
	return real(fd);
}

int fdatasync(int fd)
{
	REAL(fdatasync);
	change();
	return real(fd);
}

int msync(void *from, size_t bytes, int flags)
{
	REAL(msync);
	change();
	return real(from, bytes, flags);
}

int ftruncate(int fd, off_t bytes)
{
	REAL(ftruncate);
	change();
	return real(fd, bytes);
}

int rename(const char *from, const char *to)
{
	REAL(rename);
	change();
	return real(from, to);
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
	REAL(renameat);
	change();
	return real(from_at, from, to_at, to);
}

int unlink(const char *name)
{
	REAL(unlink);
	change();
	return real(name);
}
