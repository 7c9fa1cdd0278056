#include "collect/live_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define LIVE_SECONDS_MAX 1e9
#define LIVE_KEEP_MB_MAX UINT64_C(1000000000)

struct live_setup live_setup_new(void)
{
	return (struct live_setup){.duration_s = -1, .segment_s = -1, .keep_age_s = -1, .copy_fd = -1};
}

/* The option that was given although nothing is captured live; NULL: none. */
static const char *setup_given(const struct live_setup *s)
{
	return s->duration_s >= 0      ? "--duration"
	       : s->segment_s >= 0     ? "--segment"
	       : s->keep_age_s >= 0    ? "--keep-age"
	       : s->keep_mb            ? "--keep-size"
	       : s->packets            ? "--packets"
	       : s->snaplen            ? "--snaplen"
	       : s->ring_mib           ? "--ring"
	       : s->no_promiscuous     ? "--no-promiscuous"
	       : s->write              ? "-w"
				       : NULL;
}

static enum status setup_check_numbers(const struct live_setup *s, struct error *err)
{
	if (s->duration_s == 0 || s->duration_s > LIVE_SECONDS_MAX)
		return error_set(err, STATUS_USAGE, "--duration: more than 0 seconds, and %g at most",
				 LIVE_SECONDS_MAX);
	if (s->segment_s > LIVE_SECONDS_MAX || (s->segment_s > 0 && s->segment_s < 0.1))
		return error_set(err, STATUS_USAGE, "--segment: 0.1 seconds at least, or 0 for one");
	if (s->keep_age_s == 0 || s->keep_age_s > LIVE_SECONDS_MAX)
		return error_set(err, STATUS_USAGE, "--keep-age: more than 0 seconds, and %g at most",
				 LIVE_SECONDS_MAX);
	if (s->keep_mb > LIVE_KEEP_MB_MAX)
		return error_set(err, STATUS_USAGE, "--keep-size: %llu MB at most",
				 (unsigned long long)LIVE_KEEP_MB_MAX);
	if (s->snaplen > LIVE_SNAPLEN_MAX)
		return error_set(err, STATUS_USAGE, "--snaplen: %u bytes at most", LIVE_SNAPLEN_MAX);
	if (s->ring_mib > LIVE_RING_MIB_MAX)
		return error_set(err, STATUS_USAGE, "--ring: %u MiB at most", LIVE_RING_MIB_MAX);
	return STATUS_OK;
}

enum status live_setup_check(const struct live_setup *setup, const struct plan *plan, bool live,
			     struct error *err)
{
	const char *given = live ? NULL : setup_given(setup);

	if (given)
		return error_set(err, STATUS_USAGE, "%s is for live captures (-i IFACE)", given);
	if (live && setup->write && plan->group_count > 1)
		return error_set(err, STATUS_USAGE, "-w %s: one file holds one point's packets",
				 setup->write);
	return setup_check_numbers(setup, err);
}

static uint64_t setup_ms(double seconds, double otherwise)
{
	return (uint64_t)((seconds < 0 ? otherwise : seconds) * 1000);
}

enum status live_setup_open(struct live_setup *s, const struct plan *plan, const char *user,
			    const struct ingest_job *ingest, struct error *err)
{
	uint32_t k;

	s->jobs = calloc(plan->group_count + (size_t)1, sizeof *s->jobs);
	if (!s->jobs)
		return error_errno(err, ENOMEM, "live captures");
	s->count = plan->group_count;
	s->keep = (struct keep){s->keep_age_s > 0 ? (int64_t)(s->keep_age_s * 1e9) : 0, s->keep_mb * 1000000};
	for (k = 0; k < plan->group_count; k++) {
		const struct plan_group *group = &plan->groups[k];

		s->jobs[k] = (struct live_job){
			.point_name = group->point,
			.request = {.interface = group->interface,
				    .filter = group->filter,
				    .user = user,
				    .snaplen = s->snaplen ? (uint32_t)s->snaplen : LIVE_SNAPLEN_MAX,
				    .ring_mib = s->ring_mib ? (uint32_t)s->ring_mib : LIVE_RING_MIB,
				    .promiscuous = !s->no_promiscuous,
				    .packets = s->packets,
				    .duration_ms = setup_ms(s->duration_s, 0),
				    .segment_ms = setup_ms(s->segment_s, LIVE_SEGMENT_S)},
			.ingest = *ingest,
			.copy_fd = -1};
	}
	return STATUS_OK;
}

enum status live_setup_write(struct live_setup *setup, struct error *err)
{
	if (!setup->write)
		return STATUS_OK;
	setup->copy_fd = open(setup->write, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
	if (setup->copy_fd < 0)
		return error_errno(err, errno, "-w %s", setup->write);
	setup->jobs[0].copy_fd = setup->copy_fd;
	return STATUS_OK;
}

enum status live_setup_written(struct live_setup *setup, struct error *err)
{
	int fd = setup->copy_fd;

	setup->copy_fd = -1;
	return fd >= 0 && close(fd) < 0 ? error_errno(err, errno, "-w %s", setup->write) : STATUS_OK;
}

void live_setup_free(struct live_setup *setup)
{
	if (setup->copy_fd >= 0)
		close(setup->copy_fd);
	free(setup->jobs);
	*setup = live_setup_new();
}
