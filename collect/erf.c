#include "collect/erf.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/erf_feed.h"
#include "collect/erf_record.h"

#define SNIFF_BYTES (128u << 10)  /* two records at least */
#define SNIFF_RECORDS 2           /* as many must follow each other, or one be the whole file */
#define TSH_SNIFF_RECORDS 4
#define YEAR_1990_S 631152000u
#define DAY_S 86400u
#define INTERFACE_SLOTS 1024      /* 4 of ERF or 256 of TSH, for each link type */

extern char **environ;

struct erf_interface {
	uint32_t interface, linktype; /* as the child says them */
};

struct erf_reader {
	struct reader base;
	struct erf_feed *feed;
	struct bytes *frames;         /* from the child */
	pid_t child;                  /* 0 once it has been waited for */
	int child_status;
	uint64_t number, end_offset;  /* of the last frame */
	struct erf_interface interfaces[INTERFACE_SLOTS]; /* by the source's numbers */
};

/* ---- what is an ERF or TSH file ---- */

/* Neither has a magic number: records must follow each other, at times that
 * belong together. */
static bool erf_recognise(const uint8_t *bytes, size_t size, bool all)
{
	uint64_t first_s = 0;
	size_t at = 0, records = 0;

	while (size - at >= ERF_HEADER_BYTES) {
		uint32_t length = erf_record_length(bytes + at);
		struct erf_record record;
		uint64_t time_s;

		if (!length)
			return false;
		if (length > size - at)
			break;
		if (!erf_record_parse(bytes + at, length, &record))
			return false;
		time_s = record.time >> 32;
		first_s = first_s ? first_s : time_s;
		if (record.type && (time_s < YEAR_1990_S || time_s > first_s + DAY_S ||
				    time_s + DAY_S < first_s))
			return false;
		records++;
		at += length;
	}
	return records >= SNIFF_RECORDS || (all && records == 1 && at == size);
}

static bool tsh_recognise(const uint8_t *bytes, size_t size, bool all)
{
	uint32_t first_s = size >= 4 ? bytes_u32(bytes, true) : 0;
	size_t records = size / TSH_RECORD_BYTES;

	for (size_t i = 0; i < records; i++) {
		const uint8_t *at = bytes + i * TSH_RECORD_BYTES, *ip = at + TSH_HEADER_BYTES;
		uint32_t time_s = bytes_u32(at, true);
		uint32_t time_us = bytes_u32(at + 4, true) & 0xffffff;

		if (time_s < YEAR_1990_S || time_s < first_s || time_s - first_s > DAY_S ||
		    time_us >= 1000000 || ip[0] >> 4 != 4 || (ip[0] & 15) < 5 || ip[8] == 0 ||
		    bytes_u16(ip + 2, true) < 20)
			return false;
	}
	return records >= TSH_SNIFF_RECORDS;
}

/* ---- the child ---- */

/* Both ends closed on exec and above the standard descriptors, so that the
 * child can be given them as those. */
static bool pipe_open(int fds[2])
{
	int low[2];

	if (pipe2(low, O_CLOEXEC) != 0)
		return false;
	for (int i = 0; i < 2; i++)
		fds[i] = fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close(low[0]);
	close(low[1]);
	return fds[0] >= 0 && fds[1] >= 0;
}

static void pipe_close(int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	fds[0] = fds[1] = -1;
}

/* The child starts with no signal blocked or handled, and says nothing on the terminal. */
static int child_spawn(struct erf_reader *reader, const char *format, int in, int out)
{
	char *argv[] = {"crosstap", ERF_CHILD_OPTION, (char *)format, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	int errno_value;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&how);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	errno_value =
		posix_spawn(&reader->child, "/proc/self/exe", &files, &how, argv, environ);
	if (errno_value)
		reader->child = 0;
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return errno_value;
}

/* Starts child and feed; *frames_fd is where the frames come out. */
static enum status child_start(struct erf_reader *reader, enum erf_feed_kind kind, int *frames_fd,
			       struct error *err)
{
	const char *name = bytes_name(reader->base.bytes);
	int records[2] = {-1, -1}, frames[2] = {-1, -1};
	enum status status = STATUS_OK;
	int errno_value = 0;

	if (!pipe_open(records) || !pipe_open(frames))
		errno_value = errno;
	else
		errno_value = child_spawn(reader, reader->base.type->name, records[0], frames[1]);
	if (errno_value)
		status = error_errno(err, errno_value, "%s: no process to read it", name);
	if (status == STATUS_OK) {
		status = erf_feed_start(&reader->feed, kind, reader->base.bytes, records[1], err);
		records[1] = -1;
		*frames_fd = frames[0];
		frames[0] = -1;
	}
	pipe_close(records);
	pipe_close(frames);
	return status;
}

static void child_wait(struct erf_reader *reader)
{
	pid_t done = 0;

	if (!reader->child)
		return;
	do {
		done = waitpid(reader->child, &reader->child_status, 0);
	} while (done < 0 && errno == EINTR);
	reader->child = 0;
}

static void erf_reader_close(struct reader *base)
{
	struct erf_reader *reader = (struct erf_reader *)base;

	if (reader->child)
		kill(reader->child, SIGKILL);
	child_wait(reader);
	bytes_close(&reader->frames);
	erf_feed_close(&reader->feed);
	free(reader);
}

static enum status erf_reader_start(struct reader **out, const struct reader_type *type,
				    enum erf_feed_kind kind, struct bytes *bytes,
				    struct notes *notes, struct error *err)
{
	struct erf_reader *reader = calloc(1, sizeof *reader);
	const uint8_t *hello;
	enum status status;
	int frames_fd = -1;

	if (!reader)
		return error_errno(err, ENOMEM, "%s", bytes_name(bytes));
	reader->base = (struct reader){type, bytes, notes};
	*out = &reader->base;
	status = child_start(reader, kind, &frames_fd, err);
	if (frames_fd >= 0 && status == STATUS_OK)
		status = bytes_open_pipe(&reader->frames, frames_fd, bytes_name(bytes), err);
	else if (frames_fd >= 0)
		close(frames_fd);
	if (status != STATUS_OK)
		return status;
	hello = bytes_need(reader->frames, ERF_CHILD_HELLO_BYTES);
	if (!hello || memcmp(hello, ERF_CHILD_HELLO, ERF_CHILD_HELLO_BYTES) != 0)
		return error_set(err, STATUS_SYSTEM, "%s: the process to read it did not start",
				 bytes_name(bytes));
	bytes_take(reader->frames, ERF_CHILD_HELLO_BYTES);
	return STATUS_OK;
}

static enum status erf_reader_open(struct reader **out, struct bytes *bytes, struct notes *notes,
				   struct error *err)
{
	return erf_reader_start(out, &erf_reader_type, ERF_FEED_ERF, bytes, notes, err);
}

static enum status tsh_reader_open(struct reader **out, struct bytes *bytes, struct notes *notes,
				   struct error *err)
{
	return erf_reader_start(out, &tsh_reader_type, ERF_FEED_TSH, bytes, notes, err);
}

/* ---- frames ---- */

/* The source's number of an interface and link type, registered at first sight. */
static enum status interface_number(struct erf_reader *reader, const struct erf_child_frame *child,
				    uint32_t *number, struct error *err)
{
	struct notes *notes = reader->base.notes;
	const struct source_interface shown = {.linktype = child->linktype};

	for (*number = 0; *number < notes->interface_count; ++*number)
		if (reader->interfaces[*number].interface == child->interface &&
		    reader->interfaces[*number].linktype == child->linktype)
			return STATUS_OK;
	if (*number == INTERFACE_SLOTS) {
		notes_damage(notes, child->offset, "more than %u interfaces", INTERFACE_SLOTS);
		return STATUS_OK;
	}
	reader->interfaces[*number] = (struct erf_interface){child->interface, child->linktype};
	return notes_add_interface(notes, &shown, child->offset, number, err);
}

/* No more frames: why? What the feed met counts first, since the child only
 * sees the end of what it was given. */
static enum status erf_reader_end(struct erf_reader *reader, struct error *err)
{
	struct notes *notes = reader->base.notes;
	unsigned long long number = reader->number;
	const char *format = reader->base.type->name;
	enum status status;

	child_wait(reader);
	status = erf_feed_end(reader->feed, notes, err);
	if (WIFSIGNALED(reader->child_status))
		notes_damage(notes, reader->end_offset,
			     "libtrace died of signal %d behind packet %llu of the %s records",
			     WTERMSIG(reader->child_status), number, format);
	else if (WEXITSTATUS(reader->child_status) != ERF_CHILD_DONE)
		notes_damage(notes, reader->end_offset,
			     "libtrace refuses the %s record behind packet %llu", format, number);
	else if (bytes_left(reader->frames))
		notes_damage(notes, reader->end_offset, "packet %llu did not come through",
			     number + 1);
	return status;
}

static void frame_fill(struct erf_reader *reader, const struct erf_child_frame *child,
		       struct frame *frame)
{
	struct source_interface *interface = &reader->base.notes->interfaces[frame->interface];

	interface->drops_known |= child->counts_loss != 0;
	interface->drops += child->lost;
	reader->number = frame->number = child->number;
	reader->end_offset = child->end_offset;
	frame->time_ns = child->time_ns;
	frame->offset = child->offset;
	frame->linktype = child->linktype;
	frame->caplen_bytes = child->caplen_bytes;
	frame->length_bytes = child->length_bytes;
	frame->dropped_before = child->lost;
}

static enum status erf_reader_next(struct reader *base, struct frame *frame, bool *more,
				   struct error *err)
{
	struct erf_reader *reader = (struct erf_reader *)base;
	const uint8_t *at = bytes_need(reader->frames, sizeof(struct erf_child_frame));
	struct erf_child_frame child;
	enum status status;

	if (!at)
		return erf_reader_end(reader, err);
	memcpy(&child, at, sizeof child);
	if (child.caplen_bytes > ERF_RECORD_MAX) { /* it is out of its mind */
		kill(reader->child, SIGKILL);
		return erf_reader_end(reader, err);
	}
	at = bytes_need(reader->frames, sizeof child + child.caplen_bytes);
	if (!at)
		return erf_reader_end(reader, err);
	status = interface_number(reader, &child, &frame->interface, err);
	if (status != STATUS_OK || base->notes->damaged)
		return status;
	frame_fill(reader, &child, frame);
	frame->bytes = at + sizeof child;
	bytes_take(reader->frames, sizeof child + child.caplen_bytes);
	*more = true;
	return STATUS_OK;
}

const struct reader_type erf_reader_type = {
	.name = "erf",
	.sniff_bytes = SNIFF_BYTES,
	.recognise = erf_recognise,
	.open = erf_reader_open,
	.next = erf_reader_next,
	.close = erf_reader_close,
};

const struct reader_type tsh_reader_type = {
	.name = "tsh",
	.sniff_bytes = SNIFF_BYTES,
	.recognise = tsh_recognise,
	.open = tsh_reader_open,
	.next = erf_reader_next,
	.close = erf_reader_close,
};
