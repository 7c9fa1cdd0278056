/* What the command line says of live captures, and the jobs that come of it. */
#ifndef CROSSTAP_COLLECT_LIVE_SETUP_H
#define CROSSTAP_COLLECT_LIVE_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "collect/live_run.h"
#include "collect/plan.h"

#define LIVE_SEGMENT_S 3600 /* a capture in the store for each, when nothing is said */

struct live_setup {
	double duration_s, segment_s, keep_age_s; /* below 0: nothing was said */
	uint64_t packets, snaplen, ring_mib, keep_mb;
	bool no_promiscuous;
	const char *write;            /* -w; NULL: no */
	/* by live_setup_open() */
	struct live_job *jobs;        /* a job for each of the plan's groups */
	uint32_t count;
	struct keep keep;
	int copy_fd;
};

/* As nobody said anything. */
struct live_setup live_setup_new(void);
/* Whether the options make sense; `live`: the plan is of live captures. STATUS_USAGE. */
enum status live_setup_check(const struct live_setup *setup, const struct plan *plan, bool live,
			     struct error *err) MUST_CHECK;
/* Makes the jobs, all but their points' numbers; `ingest` is what they have in common, `user` whom those
 * that capture are to become. */
enum status live_setup_open(struct live_setup *setup, const struct plan *plan, const char *user,
			    const struct ingest_job *ingest, struct error *err) MUST_CHECK;
/* Opens the file of -w, if any. Where packets are is of no use to others: mode 0600. */
enum status live_setup_write(struct live_setup *setup, struct error *err) MUST_CHECK;
/* Ends the file. */
enum status live_setup_written(struct live_setup *setup, struct error *err) MUST_CHECK;
void live_setup_free(struct live_setup *setup);

#endif
