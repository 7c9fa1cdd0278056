#include "collect/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc has no functions for these; capabilities(7). */
static int capabilities_get(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

	return (int)syscall(SYS_capget, &header, data);
}

static int capabilities_clear(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	const struct __user_cap_data_struct none[2] = {{0}};

	return (int)syscall(SYS_capset, &header, none);
}

bool privilege_have(void)
{
	struct __user_cap_data_struct data[2] = {{0}};

	return geteuid() == 0 || getuid() == 0 ||
	       (capabilities_get(data) == 0 && (data[0].permitted || data[1].permitted));
}

static enum status privilege_become(const struct passwd *who, struct error *err)
{
	if (who->pw_uid == 0)
		return STATUS_OK;
	if (setgroups(0, NULL) < 0 || setresgid(who->pw_gid, who->pw_gid, who->pw_gid) < 0 ||
	    setresuid(who->pw_uid, who->pw_uid, who->pw_uid) < 0)
		return error_errno(err, errno, "becoming user %s", who->pw_name);
	if (setresuid(0, 0, 0) == 0) /* it must not work */
		return error_set(err, STATUS_SYSTEM, "becoming user %s: root's rights came back",
				 who->pw_name);
	return STATUS_OK;
}

void privilege_open_many(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

enum status privilege_drop(const char *user, struct error *err)
{
	const struct passwd *who;
	enum status status = STATUS_OK;

	if (geteuid() == 0 || getuid() == 0) {
		errno = 0;
		who = getpwnam(user);
		if (!who)
			return error_set(err, STATUS_USAGE, "--user %s: there is no such user", user);
		status = privilege_become(who, err);
	}
	if (status || geteuid() == 0)
		return status;
	/* It can be looked into again by whoever it has become, which reading ERF needs: the process that
	 * does it is this program begun once more, by /proc/self. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return error_errno(err, errno, "becoming user %s", user);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || capabilities_clear() < 0)
		return error_errno(err, errno, "giving up capabilities");
	return STATUS_OK;
}
