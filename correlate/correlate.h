/* Correlate: from the captures in a store to results in the store.
 */
#ifndef CROSSTAP_CORRELATE_CORRELATE_H
#define CROSSTAP_CORRELATE_CORRELATE_H

#include <stdint.h>

#include "collect/capture.h"
#include "collect/error.h"
#include "collect/store.h"

#define CORRELATE_TMAX_DEFAULT_NS 2000000000 /* RFC 7680's waiting time: 2 s */
#define CORRELATE_STEPS 7

struct policy;

struct correlate_clock {
	const char *point;     /* borrowed */
	int64_t offset_ns;     /* its clock minus true time, as the user knows it */
};

struct correlate_options {
	const char *path;      /* --path, or NULL */
	int64_t tmax_ns;
	unsigned threads;
	const struct correlate_clock *clock; /* --clock */
	uint32_t clocks;
	uint64_t memory_bytes; /* --memory: what a run may hold, about; 0: MEMORY_BOUND_BYTES */
	const char *expect;    /* --expect: the policy's file, or NULL */
	const struct policy *policy; /* one that was read already, in its place; borrowed, or NULL */
	/* called at the beginning of each step, for progress; may be NULL */
	void (*step)(void *user, unsigned step, const char *what);
	void *user;
};

/* What a caller may want to say about the run. */
struct correlate_summary {
	char path[4096];
	const char *evidence;
	char doubt[256];
	uint64_t packets;
};

enum status correlate_run(struct store *store, const struct correlate_options *options,
			  struct correlate_summary *summary, struct error *err) MUST_CHECK;

#endif
