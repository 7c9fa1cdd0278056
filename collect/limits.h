/* Limits that the program sets itself (setrlimit(2)) before it reads the first byte that somebody else chose; its
 * children have them, too. */
#ifndef CROSSTAP_COLLECT_LIMITS_H
#define CROSSTAP_COLLECT_LIMITS_H

#include <stdint.h>

#include "collect/error.h"

#define LIMITS_MEMORY_MB_MIN 64      /* less is not enough for the stacks of some threads */
#define LIMITS_MEMORY_MB_MAX 1000000000

/* No core is written: there would be packets in it. With memory_bytes above 0 all memory that the process writes to,
 * but mapped files, is so much at most: what does not fit fails as where there is none. */
enum status limits_set(uint64_t memory_bytes, struct error *err) MUST_CHECK;

#endif
