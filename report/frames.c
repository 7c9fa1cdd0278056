#include "report/frames.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "collect/alias_frame.h"
#include "collect/headers.h"
#include "collect/pcap_places.h"
#include "collect/source.h"
#include "correlate/tasks.h"
#include "report/cell.h"

/* What a look at a file came to. */
enum frames_found { FRAMES_READ, FRAMES_ABSENT, FRAMES_REFUSED, FRAMES_NO_MEMORY };

/* One capture; the job of one thread. */
struct frames_job {
	const struct frames_request *request;
	const struct frames_wanted *wanted;
	struct frames_frame *list;
	const uint32_t *order;   /* of its frames, ascending in number: indexes in both lists */
	uint32_t count;
	uint64_t bytes, bytes_max;
	uint32_t capture;
	bool no_memory;
	char *looked;            /* "a/x.pcap, x.pcap": where there was none */
	char *refused;           /* why the first that was there was not taken */
	char *why;               /* frames are missing; NULL: none is */
	uint32_t missing;
	uint32_t foreign;        /* of which not all is known: they cannot be made anonymous */
	bool elsewhere;
};

/* ---- words ---- */

static char *frames_say(struct frames_job *job, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static char *frames_say(struct frames_job *job, const char *format, ...)
{
	va_list list;
	char *text;

	va_start(list, format);
	if (vasprintf(&text, format, list) < 0)
		text = NULL;
	va_end(list);
	job->no_memory |= !text;
	return text;
}

/* The first refusal is the one that counts: the first place is where it was meant to be. */
#define FRAMES_REFUSE(job, ...)                                         \
	((job)->refused ? FRAMES_REFUSED                                \
			: ((job)->refused = frames_say(job, __VA_ARGS__)) \
				  ? FRAMES_REFUSED                      \
				  : FRAMES_NO_MEMORY)

static const struct capture *frames_capture(const struct frames_job *job)
{
	return &job->request->capture[job->capture];
}

/* ---- reading ---- */

static void frames_forget(struct frames_job *job)
{
	uint32_t i;

	for (i = 0; i < job->count; i++) {
		free(job->list[job->order[i]].bytes);
		job->list[job->order[i]] = (struct frames_frame){0};
	}
	job->bytes = 0;
	job->foreign = 0;
}

/* Its headers with aliases. False: no memory. */
static bool frames_keep_alias(struct frames_job *job, uint32_t i, const struct frame *frame)
{
	uint8_t *bytes = malloc(frame->caplen_bytes ? frame->caplen_bytes : 1), *less;
	uint32_t kept;

	if (!bytes)
		return false;
	memcpy(bytes, frame->bytes, frame->caplen_bytes);
	kept = alias_frame(job->request->alias, frame->linktype, bytes, frame->caplen_bytes,
			   frame->length_bytes);
	less = kept ? realloc(bytes, kept) : NULL;
	if (!less)
		free(bytes);
	job->foreign += !kept;
	job->list[i] = (struct frames_frame){less, kept, frame->length_bytes, frame->linktype};
	job->bytes += kept;
	return !kept || less;
}

/* False: no memory. */
static bool frames_keep(struct frames_job *job, uint32_t i, const struct frame *frame)
{
	uint32_t bytes = job->request->headers_only
				 ? headers_bytes(frame->linktype, frame->bytes, frame->caplen_bytes,
						 frame->length_bytes)
				 : frame->caplen_bytes;
	struct frames_frame *to = &job->list[i];

	if (job->request->alias)
		return frames_keep_alias(job, i, frame);

	*to = (struct frames_frame){malloc(bytes ? bytes : 1), bytes, frame->length_bytes,
				    frame->linktype};
	if (!to->bytes)
		return false;
	if (bytes)
		memcpy(to->bytes, frame->bytes, bytes);
	job->bytes += bytes;
	return true;
}

static enum frames_found frames_refuse_time(struct frames_job *job, const char *path, uint32_t i,
					    const struct frame *frame)
{
	char is[CELL_ROOM + 1], was[CELL_ROOM + 1];

	*cell_time(is, frame->time_ns) = '\0';
	*cell_time(was, job->wanted[i].time_ns) = '\0';
	return FRAMES_REFUSE(job, "%s is another file than the one collected: its frame %u is of "
			     "%.40s, not of %.40s", path, job->wanted[i].number, is, was);
}

/* Only the first `k` are taken. */
static void frames_say_full(struct frames_job *job, uint32_t k)
{
	bool small = job->bytes_max < 1u << 20;

	job->why = frames_say(job, "only %u of its %u packets have room in %llu %s", k, job->count,
			      (unsigned long long)job->bytes_max >> (small ? 10 : 20),
			      small ? "KiB" : "MiB");
	job->missing = job->count - k;
}

/* Takes this frame for all that want it, from *k on. */
static enum frames_found frames_take_one(struct frames_job *job, const char *path, const struct frame *frame,
					 uint32_t *k)
{
	for (; *k < job->count && job->wanted[job->order[*k]].number == frame->number; ++*k) {
		if (job->wanted[job->order[*k]].time_ns != frame->time_ns)
			return frames_refuse_time(job, path, job->order[*k], frame);
		if (job->bytes + frame->caplen_bytes > job->bytes_max) {
			frames_say_full(job, *k);
			*k = job->count;
			return FRAMES_READ;
		}
		if (!frames_keep(job, job->order[*k], frame))
			return FRAMES_NO_MEMORY;
	}
	return FRAMES_READ;
}

/* All frames of the source that are wanted, or those that there is room for. */
static enum frames_found frames_take(struct frames_job *job, const char *path,
				     struct source *source)
{
	enum frames_found found = FRAMES_READ;
	struct frame frame;
	struct error err;
	bool more = true;
	uint32_t k = 0;

	while (k < job->count && found == FRAMES_READ) {
		if (source_next(source, &frame, &more, &err))
			return FRAMES_REFUSE(job, "%s", err.text);
		if (!more || frame.number > job->wanted[job->order[k]].number)
			return FRAMES_REFUSE(job, "%s is another file than the one collected: it "
					     "has no frame %u", path,
					     job->wanted[job->order[k]].number);
		found = frames_take_one(job, path, &frame, &k);
	}
	return found;
}

/* Reads on, or from the place that is known, to a frame; false: it is not found like that. */
static bool frames_go(struct pcap_places *places, const struct frames_wanted *wanted, uint64_t *next,
		      struct frame *frame)
{
	if (!wanted->place || !wanted->place_number || wanted->place_number > wanted->number)
		return false;
	if (wanted->place_number > *next) {
		pcap_places_go(places, wanted->place, wanted->place_number);
		*next = wanted->place_number;
	}
	do
		if (!pcap_places_next(places, frame))
			return false;
	while (++*next <= wanted->number);
	return frame->time_ns == wanted->time_ns;
}

/* The same from the places that are known. Where anything is odd nothing is taken, nor said: reading the file
 * from its beginning tells what it is. */
static enum frames_found frames_take_places(struct frames_job *job, const char *path)
{
	struct pcap_places *places = pcap_places_open(path);
	enum frames_found found = FRAMES_READ;
	struct frame frame;
	uint64_t next = 0;
	uint32_t k = 0;

	if (!places)
		return FRAMES_ABSENT;
	while (k < job->count && found == FRAMES_READ) {
		if (frames_go(places, &job->wanted[job->order[k]], &next, &frame))
			found = frames_take_one(job, path, &frame, &k);
		else
			found = FRAMES_ABSENT;
	}
	pcap_places_close(&places);
	if (found != FRAMES_READ)
		frames_forget(job);
	return found;
}

/* Anything but a regular file, a pipe say, would be waited for. */
static enum frames_found frames_try(struct frames_job *job, const char *path)
{
	const struct capture *capture = frames_capture(job);
	struct source *source = NULL;
	enum frames_found found;
	struct error err;
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? FRAMES_ABSENT
			       : FRAMES_REFUSE(job, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return FRAMES_REFUSE(job, "%s is no regular file", path);
	if ((uint64_t)st.st_size != capture->bytes)
		return FRAMES_REFUSE(job, "%s is another file than the one collected: it has %llu "
				     "bytes, not %llu", path, (unsigned long long)st.st_size,
				     (unsigned long long)capture->bytes);
	found = strcmp(capture->format, "pcap") == 0 ? frames_take_places(job, path) : FRAMES_ABSENT;
	if (found != FRAMES_ABSENT)
		return found;
	if (source_open_again(&source, path, &err))
		return FRAMES_REFUSE(job, "%s", err.text);
	found = frames_take(job, path, source);
	source_close(&source);
	if (found != FRAMES_READ)
		frames_forget(job);
	return found;
}

/* ---- looking for it ---- */

/* "DIR/NAME"; `directory` of `bytes` bytes, none: here. */
static enum frames_found frames_try_in(struct frames_job *job, const char *directory, size_t bytes,
				       const char *name)
{
	enum frames_found found = FRAMES_NO_MEMORY;
	char *looked, *path = frames_say(job, "%.*s%s%s", (int)bytes, directory,
					 bytes && directory[bytes - 1] != '/' ? "/" : "", name);

	if (path)
		found = frames_try(job, path);
	if (found == FRAMES_ABSENT) {
		looked = frames_say(job, "%s%s%s", job->looked ? job->looked : "",
				    job->looked ? ", " : "", path);
		free(job->looked);
		job->looked = looked;
	}
	free(path);
	return found;
}

static enum frames_found frames_find(struct frames_job *job)
{
	const struct frames_request *request = job->request;
	const struct capture *capture = frames_capture(job);
	const char *slash = strrchr(request->store, '/');
	enum frames_found found = FRAMES_ABSENT;
	size_t i;

	for (i = 0; i < request->directories && found != FRAMES_READ && !job->no_memory; i++)
		found = frames_try_in(job, request->directory[i], strlen(request->directory[i]),
				      capture->file);
	if (found != FRAMES_READ && *capture->path && !job->no_memory)
		found = frames_try_in(job, "", 0, capture->path);
	if (found != FRAMES_READ && !job->no_memory)
		found = frames_try_in(job, request->store,
				      slash ? (size_t)(slash - request->store) + 1 : 0,
				      capture->file);
	return found;
}

/* What no file holds: its row says "-" and no path. */
static bool frames_was_piped(const struct capture *capture)
{
	return strcmp(capture->file, "-") == 0 && !*capture->path;
}

static void frames_run(void *argument)
{
	struct frames_job *job = argument;
	enum frames_found found;

	job->missing = job->count;
	if (job->request->sealed) {
		job->why = frames_say(job, "the store is anonymous, which packets become only with "
				      "its key");
		return;
	}
	if (frames_was_piped(frames_capture(job))) {
		job->why = frames_say(job, "it came through standard input, and a store keeps no "
				      "packets");
		return;
	}
	found = frames_find(job);
	job->no_memory |= found == FRAMES_NO_MEMORY;
	if (found == FRAMES_READ && job->foreign && !job->why) {
		job->why = frames_say(job, "their headers are not all known, so that they cannot be "
				      "made anonymous");
		job->missing = job->foreign;
	}
	if (found == FRAMES_READ || job->no_memory)
		return;
	job->elsewhere = true;
	job->why = job->refused ? frames_say(job, "%s", job->refused)
				: frames_say(job, "it is not there (looked for %s)", job->looked);
}

/* ---- all captures ---- */

static int frames_compare(const void *x, const void *y, void *context)
{
	const struct frames_wanted *wanted = context;
	uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y;

	if (wanted[i].capture != wanted[k].capture)
		return wanted[i].capture < wanted[k].capture ? -1 : 1;
	if (wanted[i].number != wanted[k].number)
		return wanted[i].number < wanted[k].number ? -1 : 1;
	return (i > k) - (i < k);
}

/* What a capture's frames can come to at most: it states the length of one, and a file that is not
 * packed ("pcap+gzip" is) holds no more than its bytes. */
static uint64_t frames_need(const struct frames_job *job)
{
	const struct capture *capture = frames_capture(job);
	uint32_t snaplen = capture->snaplen;
	uint64_t bytes = (uint64_t)job->count *
			 (snaplen && snaplen < FRAMES_SNAPLEN ? snaplen : FRAMES_SNAPLEN);
	bool packed = !*capture->format || strchr(capture->format, '+');

	return !packed && capture->bytes < bytes ? capture->bytes : bytes;
}

static int frames_compare_needs(const void *x, const void *y)
{
	const struct frames_job *a = *(struct frames_job *const *)x, *b = *(struct frames_job *const *)y;

	if (a->bytes_max != b->bytes_max)
		return a->bytes_max < b->bytes_max ? -1 : 1;
	return (a->capture > b->capture) - (a->capture < b->capture);
}

/* What one does not need goes to those that need more; what none needs to all, should a snaplen not
 * be true. What is left out depends on no thread's haste. False: no memory. */
static bool frames_share_room(struct frames_job *jobs, uint32_t count)
{
	struct frames_job **by_need = malloc(((size_t)count + 1) * sizeof *by_need);
	uint64_t room = FRAMES_BYTES_MAX;
	uint32_t i;

	if (!by_need)
		return false;
	for (i = 0; i < count; i++) {
		jobs[i].bytes_max = frames_need(&jobs[i]);
		by_need[i] = &jobs[i];
	}
	qsort(by_need, count, sizeof *by_need, frames_compare_needs);
	for (i = 0; i < count; i++) {
		uint64_t most = room / (count - i);

		if (by_need[i]->bytes_max > most)
			by_need[i]->bytes_max = most;
		room -= by_need[i]->bytes_max;
	}
	for (i = 0; i < count; i++)
		jobs[i].bytes_max += room / count;
	free(by_need);
	return true;
}

/* A job for each capture; returns how many. */
static uint32_t frames_share(struct frames_job *jobs, struct frames *frames,
			     const struct frames_request *request,
			     const struct frames_wanted *wanted, const uint32_t *order)
{
	uint32_t i, k, count = 0;

	for (i = 0; i < frames->wanted; i = k) {
		for (k = i + 1; k < frames->wanted; k++)
			if (wanted[order[k]].capture != wanted[order[i]].capture)
				break;
		jobs[count++] = (struct frames_job){.request = request, .wanted = wanted,
						    .list = frames->list, .order = order + i,
						    .count = k - i,
						    .capture = wanted[order[i]].capture};
	}
	return count;
}

static bool frames_gather(struct frames *frames, struct frames_job *jobs, uint32_t count)
{
	bool ok = true;
	uint32_t i;

	frames->fault = calloc((size_t)count + 1, sizeof *frames->fault);
	for (i = 0; i < count; i++) {
		ok = ok && frames->fault && !jobs[i].no_memory;
		if (ok && jobs[i].why)
			frames->fault[frames->faults++] =
				(struct frames_fault){jobs[i].capture, jobs[i].missing,
						      jobs[i].elsewhere, jobs[i].why};
		else
			free(jobs[i].why);
		free(jobs[i].refused);
		free(jobs[i].looked);
	}
	return ok;
}

static bool frames_work(struct frames *frames, const struct frames_request *request,
			const struct frames_wanted *wanted)
{
	size_t room = (size_t)frames->wanted + 1;
	uint32_t *order = malloc(room * sizeof *order), count, i;
	struct frames_job *jobs = malloc(room * sizeof *jobs);
	struct task *tasks = malloc(room * sizeof *tasks);
	bool ok = order && jobs && tasks;

	if (ok) {
		for (i = 0; i < frames->wanted; i++)
			order[i] = i;
		qsort_r(order, frames->wanted, sizeof *order, frames_compare, (void *)wanted);
		count = frames_share(jobs, frames, request, wanted, order);
		for (i = 0; i < count; i++)
			tasks[i] = (struct task){frames_run, &jobs[i]};
		ok = frames_share_room(jobs, count);
		if (ok)
			tasks_run(tasks, count, FRAMES_THREADS);
		ok = frames_gather(frames, jobs, count) && ok;
	}
	free(order);
	free(jobs);
	free(tasks);
	return ok;
}

enum status frames_read(struct frames **out, const struct frames_request *request,
			const struct frames_wanted *wanted, uint32_t count, struct error *err)
{
	struct frames *frames = calloc(1, sizeof *frames);

	*out = frames;
	if (frames) {
		frames->list = calloc((size_t)count + 1, sizeof *frames->list);
		frames->wanted = frames->list ? count : 0;
	}
	if (frames && frames->list && frames_work(frames, request, wanted))
		return STATUS_OK;
	frames_free(out);
	return error_errno(err, ENOMEM, "packets out of the captures");
}

void frames_free(struct frames **frames)
{
	struct frames *f = *frames;
	uint32_t i;

	if (!f)
		return;
	for (i = 0; i < f->wanted; i++)
		free(f->list[i].bytes);
	for (i = 0; i < f->faults; i++)
		free(f->fault[i].why);
	free(f->list);
	free(f->fault);
	free(f);
	*frames = NULL;
}
