/* Ingest: one capture from its source into the store.
 *
 * Every frame of the selection becomes a record (see record.h), comparable or
 * not. The capture is committed whole at the end, or nothing of it stays.
 */
#ifndef CROSSTAP_COLLECT_INGEST_H
#define CROSSTAP_COLLECT_INGEST_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "collect/capture.h"
#include "collect/error.h"
#include "collect/holding.h"
#include "collect/selection.h"
#include "collect/store.h"

/* A capture that is open already: a file, or a pipe that brings a live one. */
struct ingest_stream {
	int fd;                     /* becomes the ingest's */
	int copy_fd;                /* gets the bytes, too; -1: nobody. Borrowed */
	bool live;                  /* it is no file that could be read again */
	bool goes_on;               /* it is the next segment of the capture `before`: without a packet, it only
				     * lengthens that one */
	uint32_t before;
};

struct ingest_job {
	uint32_t point;             /* number of the point in the store */
	const char *path;           /* "-" = standard input; of a live one, its interface */
	struct selection selection;
	bool checksums;             /* sum TCP and UDP where the whole packet was captured */
	const struct holding *holding; /* what the store is to hold; NULL: everything. Borrowed */
	const struct ingest_stream *stream; /* NULL: the path is to be opened */
};

/* What other threads may look at, or ask for, meanwhile. */
struct ingest_watch {
	_Atomic uint64_t read_bytes; /* of the file */
	_Atomic uint64_t packets;
	atomic_bool stop;            /* set: give up, nothing of the capture stays */
};

struct ingest_result {
	struct capture capture;
	bool known; /* the store has it already: nothing was added */
	bool widened; /* it had no packet: the one before it ran on */
};

/* `compiling` as in filter.h. A damaged capture is no error where at least one
 * frame could be read: result->capture says what is damaged. */
enum status ingest_run(struct store *store, const struct ingest_job *job,
		       pthread_mutex_t *compiling, struct ingest_watch *watch,
		       struct ingest_result *result, struct error *err) MUST_CHECK;

#endif
