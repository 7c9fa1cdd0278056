#include "collect/limits.h"

#include <errno.h>
#include <sys/resource.h>

enum status limits_set(uint64_t memory_bytes, struct error *err)
{
	const struct rlimit no_core = {0, 0};
	struct rlimit limit;

	if (setrlimit(RLIMIT_CORE, &no_core) < 0)
		return error_errno(err, errno, "limit of a core's size");
	if (!memory_bytes)
		return STATUS_OK;
	if (getrlimit(RLIMIT_DATA, &limit) < 0)
		return error_errno(err, errno, "--max-memory");
	if (limit.rlim_cur > memory_bytes) /* whoever allowed less is right */
		limit.rlim_cur = memory_bytes;
	return setrlimit(RLIMIT_DATA, &limit) < 0 ? error_errno(err, errno, "--max-memory") : STATUS_OK;
}
