#include "collect/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sanitizers call what they like, and who counts which lines are run writes files at the end (tests/cover). */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(CROSSTAP_UNCONFINED)
#define SANDBOX_POSSIBLE false
#else
#define SANDBOX_POSSIBLE true
#endif

/* ---- system calls ---- */

/* What each of the roles may call, by what it is for. What libseccomp does not know on this
 * machine it leaves out. */
static const char *const calls_of_all[] = {
	/* memory and threads */
	"brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "futex", "sched_yield",
	"set_robust_list", "get_robust_list", "rseq", "membarrier",
	/* time and signals */
	"clock_gettime", "clock_nanosleep", "nanosleep", "gettimeofday", "rt_sigaction",
	"rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall",
	/* this process */
	"exit", "exit_group", "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getrandom",
	"tgkill", "sched_getaffinity",
	/* descriptors that are open */
	"read", "write", "readv", "writev", "close", "fstat", "newfstatat", "statx", "lseek", "poll",
	"ppoll", "fcntl", "pipe2", "sendmsg", "recvmsg", "sendto", "recvfrom",
	/* files to be read */
	"openat", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64",
	NULL,
};

static const char *const calls_of_device[] = {"getsockopt", NULL};

static const char *const calls_of_parser[] = {
	/* the store */
	"pread64", "pwrite64", "preadv", "pwritev", "fdatasync", "fsync", "msync", "ftruncate",
	"fallocate", "fstatfs",
	/* captures read ahead by threads, unpacked; what is said of them */
	"clone", "clone3", "vfork", "fork", "fadvise64", "eventfd2", "dup", "dup2", "dup3", "ioctl", "uname",
	"sysinfo", "prlimit64", "setrlimit", "getrlimit", "prctl",
	/* the process that reads ERF, which is this program begun again */
	"execve", "arch_prctl", "set_tid_address", "wait4", "waitid", "kill",
	NULL,
};

static const char *const calls_of_names[] = {
	"socket", "connect", "bind", "getsockname", "getpeername", "setsockopt", "getsockopt",
	"sendmmsg", "socketpair", "shutdown", NULL,
};

static const char *const *const calls[][4] = {
	[SANDBOX_DEVICE] = {calls_of_all, calls_of_device, NULL},
	[SANDBOX_PARSER] = {calls_of_all, calls_of_parser, NULL},
	[SANDBOX_PARSER_OF_NAMES] = {calls_of_all, calls_of_parser, calls_of_names, NULL},
};

static int calls_allow(scmp_filter_ctx filter, const char *const *names)
{
	int failure = 0;

	for (; *names && !failure; names++) {
		int number = seccomp_syscall_resolve_name(*names);

		if (number != __NR_SCMP_ERROR)
			failure = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		if (failure == -EDOM || failure == -EOPNOTSUPP) /* not a call of this machine */
			failure = 0;
	}
	return failure;
}

/* 0, or an errno value. */
static int calls_wall(enum sandbox_role role)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	const char *const *const *list;
	int failure = filter ? 0 : -ENOMEM;

	if (!failure)
		failure = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	for (list = calls[role]; *list && !failure; list++)
		failure = calls_allow(filter, *list);
	if (!failure)
		failure = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return -failure;
}

/* ---- files ---- */

#define FILES_CHANGE                                                                              \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                          \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                          \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)
#define FILES_READ                                                                                \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* What a role may do nevertheless, below a path. */
static const struct files_rule {
	enum sandbox_role role;
	const char *path;
	uint64_t access;
} files_rules[] = {
	{SANDBOX_DEVICE, "/sys", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR},
	{SANDBOX_PARSER, "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE},
	{SANDBOX_PARSER_OF_NAMES, "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE},
};

static int files_allow(int ruleset, enum sandbox_role role)
{
	int failure = 0;
	size_t i;

	for (i = 0; i < sizeof files_rules / sizeof files_rules[0] && !failure; i++) {
		struct landlock_path_beneath_attr below = {
			.allowed_access = files_rules[i].access,
			.parent_fd = open(files_rules[i].path, O_PATH | O_CLOEXEC)};

		if (files_rules[i].role == role && below.parent_fd >= 0 &&
		    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0) < 0)
			failure = errno;
		if (below.parent_fd >= 0)
			close(below.parent_fd);
	}
	return failure;
}

/* 0, or an errno value: ENOSYS and EOPNOTSUPP where the kernel has no Landlock, or has it switched off. */
static int files_wall(enum sandbox_role role)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = role == SANDBOX_DEVICE ? FILES_CHANGE | FILES_READ : FILES_CHANGE};
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0), failure;

	if (ruleset < 0)
		return errno;
	failure = files_allow(ruleset, role);
	if (!failure && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		failure = errno;
	close(ruleset);
	return failure;
}

enum status sandbox_enter(enum sandbox_role role, struct sandbox_walls *walls, struct error *err)
{
	int failure;

	*walls = (struct sandbox_walls){false, false};
	if (!SANDBOX_POSSIBLE)
		return STATUS_OK;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_errno(err, errno, "no new privileges");
	failure = files_wall(role);
	if (failure && failure != ENOSYS && failure != EOPNOTSUPP)
		return error_errno(err, failure, "Landlock");
	walls->files = !failure;
	failure = calls_wall(role);
	if (failure && failure != ENOSYS && failure != EINVAL)
		return error_errno(err, failure, "seccomp");
	walls->calls = !failure;
	return STATUS_OK;
}
