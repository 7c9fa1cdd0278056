/* A sandbox: what the kernel refuses this process from now on, should a packet that it parses
 * get the better of it. Two walls, both for good and for all its threads and children: seccomp lets
 * through the system calls of a list (seccomp(2)), Landlock keeps it from files (landlock(7)). A kernel
 * that has one of them only gives that one; what there is not is said, and is no error.
 *
 * What was opened before stays open.
 */
#ifndef CROSSTAP_COLLECT_SANDBOX_H
#define CROSSTAP_COLLECT_SANDBOX_H

#include <stdbool.h>

#include "collect/error.h"

enum sandbox_role {
	SANDBOX_DEVICE,  /* from a device to a pipe: reads nothing but /sys, writes no file, starts nothing */
	SANDBOX_PARSER,  /* captures to a store that is open: opens files for reading, makes and changes none */
	SANDBOX_PARSER_OF_NAMES, /* the same, and may ask the network for names: of a filter's hosts */
};

struct sandbox_walls {
	bool calls, files; /* seccomp, Landlock */
};

/* STATUS_SYSTEM: the kernel has it and it could not be raised. */
enum status sandbox_enter(enum sandbox_role role, struct sandbox_walls *walls,
			  struct error *err) MUST_CHECK;

#endif
