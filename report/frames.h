/* Frames back from the files that they were collected from: a store keeps no packets.
 *
 * A capture is looked for in the directories that were given, where it lay when it was
 * collected, and beside the store, in this order. What is found must be the file that was
 * collected: as many bytes, and each wanted frame at its number with its time, to the
 * nanosecond; or else nothing of it is taken. A capture that is not found is no error: it is
 * said why. Each is read once, no further than the last frame wanted of it, several side by
 * side; of a pcap file that is not packed, what lies behind places that are known.
 */
#ifndef CROSSTAP_REPORT_FRAMES_H
#define CROSSTAP_REPORT_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/alias.h"
#include "collect/capture.h"
#include "collect/error.h"

#define FRAMES_BYTES_MAX ((uint64_t)512 << 20) /* kept, of all captures together */
#define FRAMES_SNAPLEN 262144u /* of a capture that states none, or more */
#define FRAMES_THREADS 4

struct frames_wanted {
	uint32_t capture;  /* index in the request's list */
	uint32_t number;   /* 1-based in its file */
	int64_t time_ns;   /* of the record, by the capture's own clock */
	uint64_t place;    /* where in its file frame `place_number`, which is no later, begins; 0: not known */
	uint32_t place_number;
};

struct frames_request {
	const struct capture *capture;  /* those of the store */
	uint32_t captures;
	const char *const *directory;   /* where to look first */
	size_t directories;
	const char *store;              /* its path */
	bool headers_only;              /* keep no payload: see headers_bytes() */
	bool sealed;                    /* a store of aliases without its key: none may be read */
	const struct alias *alias;      /* make them anonymous: see alias_frame(); NULL: not */
};

/* A frame; `bytes` is NULL where it was not found. */
struct frames_frame {
	uint8_t *bytes;
	uint32_t caplen_bytes, length_bytes; /* kept, and on the wire */
	uint32_t linktype;
};

/* A capture of which frames are missing. */
struct frames_fault {
	uint32_t capture;
	uint32_t missing;  /* of its frames that are wanted */
	bool elsewhere;    /* it may lie in another directory */
	char *why;         /* raw; with paths of this machine, so not for a report */
};

struct frames {
	struct frames_frame *list; /* one for each wanted, in their order */
	struct frames_fault *fault;
	uint32_t wanted, faults;
};

/* Any order, the same frame again and again if need be. Fails for want of memory only. */
enum status frames_read(struct frames **out, const struct frames_request *request,
			const struct frames_wanted *wanted, uint32_t count,
			struct error *err) MUST_CHECK;
/* NULL is legal; *frames becomes NULL. */
void frames_free(struct frames **frames);

#endif
