#include "collect/erf_feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/erf_record.h"
#include "collect/thread.h"

#define FEED_ROOM (64u << 10)     /* bytes gathered for one write() */

struct erf_feed {
	enum erf_feed_kind kind;
	struct bytes *bytes;
	int fd;
	pthread_t thread;
	bool running;
	struct notes notes;           /* the thread's, until it has ended */
	enum status status;
	struct error err;
	bool refused;                 /* the child reads no more */
	uint64_t number;              /* of the last record that Wireshark numbers */
	uint64_t told_offset, told_number; /* what the child takes the next record to be */
	uint8_t gathered[FEED_ROOM];
	size_t gathered_bytes;
};

static void feed_flush(struct erf_feed *feed)
{
	size_t done = 0;

	while (!feed->refused && done < feed->gathered_bytes) {
		ssize_t n = write(feed->fd, feed->gathered + done, feed->gathered_bytes - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			feed->refused = true; /* why, the child's exit status says */
	}
	feed->gathered_bytes = 0;
}

static void feed_put(struct erf_feed *feed, const uint8_t *bytes, size_t size)
{
	while (size) {
		size_t room = FEED_ROOM - feed->gathered_bytes;
		size_t part = size < room ? size : room;

		memcpy(feed->gathered + feed->gathered_bytes, bytes, part);
		feed->gathered_bytes += part;
		bytes += part;
		size -= part;
		if (feed->gathered_bytes == FEED_ROOM)
			feed_flush(feed);
	}
}

static void put_big(uint8_t *at, uint64_t value, unsigned bytes)
{
	while (bytes--) {
		at[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

/* Tells the child where the record that follows stands in the capture. */
static void feed_put_note(struct erf_feed *feed, uint64_t offset, uint32_t removed)
{
	uint8_t note[ERF_NOTE_BYTES] = {0};

	note[8] = ERF_TYPE_NOTE;
	put_big(note + 10, ERF_NOTE_BYTES, 2);
	put_big(note + ERF_HEADER_BYTES, offset, 8);
	put_big(note + ERF_HEADER_BYTES + 8, feed->number, 8);
	put_big(note + ERF_HEADER_BYTES + 16, removed, 8);
	feed_put(feed, note, sizeof note);
}

/* The record without its extension headers. */
static void feed_put_record(struct erf_feed *feed, const uint8_t *bytes,
			    const struct erf_record *record)
{
	uint64_t offset = bytes_offset(feed->bytes);
	uint32_t removed = record->extension_bytes;
	uint8_t header[ERF_HEADER_BYTES];

	if (removed || offset != feed->told_offset || feed->number != feed->told_number)
		feed_put_note(feed, offset, removed);
	feed->told_offset = offset + record->record_bytes;
	feed->told_number = feed->number + 1;
	memcpy(header, bytes, sizeof header);
	header[8] = record->type_number;
	put_big(header + 10, record->record_bytes - removed, 2);
	feed_put(feed, header, sizeof header);
	feed_put(feed, bytes + ERF_HEADER_BYTES + removed,
		 record->record_bytes - ERF_HEADER_BYTES - removed);
}

static void feed_cut(struct erf_feed *feed)
{
	char inside[64];

	snprintf(inside, sizeof inside, "record %llu", (unsigned long long)feed->number + 1);
	feed->status = notes_end(&feed->notes, feed->bytes, bytes_offset(feed->bytes), inside,
				 &feed->err);
}

/* One record; false when there are no more. */
static bool feed_erf(struct erf_feed *feed)
{
	struct bytes *bytes = feed->bytes;
	const uint8_t *at = bytes_need(bytes, ERF_HEADER_BYTES);
	uint32_t length = at ? erf_record_length(at) : 0;
	struct erf_record record;

	if (at && length)
		at = bytes_need(bytes, length);
	if (!at) {
		feed_cut(feed);
		return false;
	}
	if (!length || !erf_record_parse(at, length, &record)) {
		notes_damage(&feed->notes, bytes_offset(bytes),
			     "record %llu is no ERF record (type %u, %u bytes)",
			     (unsigned long long)feed->number + 1, at[8],
			     bytes_u16(at + 10, true));
		return false;
	}
	if (record.type_number != ERF_TYPE_PAD)
		feed->number++;
	if (record.type)
		feed_put_record(feed, at, &record);
	bytes_take(bytes, length);
	return !feed->refused;
}

static bool feed_tsh(struct erf_feed *feed)
{
	const uint8_t *at = bytes_need(feed->bytes, TSH_RECORD_BYTES);

	if (!at) {
		feed_cut(feed);
		return false;
	}
	feed->number++;
	feed_put(feed, at, TSH_RECORD_BYTES);
	bytes_take(feed->bytes, TSH_RECORD_BYTES);
	return !feed->refused;
}

static void *feed_thread(void *context)
{
	static bool (*const kinds[])(struct erf_feed *) = {
		[ERF_FEED_ERF] = feed_erf,
		[ERF_FEED_TSH] = feed_tsh,
	};
	struct erf_feed *feed = context;

	while (kinds[feed->kind](feed))
		;
	feed_flush(feed);
	close(feed->fd); /* the child's end of input */
	feed->fd = -1;
	return NULL;
}

enum status erf_feed_start(struct erf_feed **out, enum erf_feed_kind kind, struct bytes *bytes,
			   int fd, struct error *err)
{
	struct erf_feed *feed = calloc(1, sizeof *feed);
	int errno_value;

	*out = feed;
	if (!feed) {
		close(fd);
		return error_errno(err, ENOMEM, "%s", bytes_name(bytes));
	}
	feed->kind = kind;
	feed->bytes = bytes;
	feed->fd = fd;
	feed->told_number = 1;
	/* With SIGPIPE blocked, a child that died makes write() fail instead. */
	errno_value = thread_begin(&feed->thread, feed_thread, feed);
	feed->running = !errno_value;
	return errno_value ? error_errno(err, errno_value, "%s", bytes_name(bytes)) : STATUS_OK;
}

static void feed_join(struct erf_feed *feed)
{
	if (feed->running)
		pthread_join(feed->thread, NULL);
	feed->running = false;
}

enum status erf_feed_end(struct erf_feed *feed, struct notes *notes, struct error *err)
{
	feed_join(feed);
	if (feed->status != STATUS_OK)
		return error_set(err, feed->status, "%s", feed->err.text);
	if (feed->notes.damaged)
		notes_damage(notes, feed->notes.damage_offset, "%s", feed->notes.damage);
	return STATUS_OK;
}

void erf_feed_close(struct erf_feed **feed)
{
	if (!*feed)
		return;
	feed_join(*feed);
	if ((*feed)->fd >= 0)
		close((*feed)->fd);
	free(*feed);
	*feed = NULL;
}
