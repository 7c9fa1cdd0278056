#include "collect/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRATCH_STORE "case.ct"

static void scratch_free(struct scratch *scratch)
{
	free(scratch->directory);
	free(scratch->store);
	*scratch = (struct scratch){0};
}

enum status scratch_make(struct scratch *scratch, struct error *err)
{
	const char *below = getenv("TMPDIR");

	*scratch = (struct scratch){0};
	if (!below || !*below)
		below = "/tmp";
	if (asprintf(&scratch->directory, "%s/crosstap-XXXXXX", below) < 0)
		scratch->directory = NULL;
	if (scratch->directory && !mkdtemp(scratch->directory)) {
		error_errno(err, errno, "%s", scratch->directory);
		scratch_free(scratch);
		return STATUS_SYSTEM;
	}
	if (scratch->directory &&
	    asprintf(&scratch->store, "%s/" SCRATCH_STORE, scratch->directory) < 0)
		scratch->store = NULL;
	if (!scratch->store) {
		if (scratch->directory)
			rmdir(scratch->directory);
		scratch_free(scratch);
		return error_errno(err, ENOMEM, "temporary store");
	}
	return STATUS_OK;
}

void scratch_hide(const struct scratch *scratch)
{
	char *lock;

	unlink(scratch->store);
	if (asprintf(&lock, "%s-lock", scratch->store) >= 0) {
		unlink(lock);
		free(lock);
	}
}

void scratch_remove(struct scratch *scratch)
{
	if (!scratch->directory)
		return;
	scratch_hide(scratch);
	rmdir(scratch->directory);
	scratch_free(scratch);
}
