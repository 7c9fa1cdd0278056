/* evidence.pcapng: packets of all points in one file for Wireshark, in the order of the path's
 * time, each with what there is to say of it as its comment.
 *
 * An interface for each point that has packets in it, named after the point and described by
 * how its clock was corrected; points with several link types have several. Interfaces are in
 * the order of the path. The packets' bytes come from the captures (see frames.h); those that
 * are not found are left out, which the result and the section's comment say.
 */
#ifndef CROSSTAP_REPORT_EVIDENCE_FILE_H
#define CROSSTAP_REPORT_EVIDENCE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "correlate/trace.h"
#include "report/anonymous.h"
#include "report/output.h"

#define EVIDENCE_PACKETS_MAX 100000u /* in one file; those of two comments count once */
#define EVIDENCE_COMMENTS_MAX 16u    /* of one packet */

/* A packet at a point. One that is there several times is written once, with all its comments. */
struct evidence_packet {
	uint32_t capture;    /* index in view->capture */
	uint32_t frame;      /* 1-based in its file */
	int64_t local_ns;    /* the record's time */
	int64_t time_ns;     /* the path's */
	uint64_t place;      /* of frame `place_frame`, for struct frames_wanted */
	uint32_t place_frame;
	const char *comment; /* raw: it is escaped; NULL: none. Borrowed */
};

struct evidence_options {
	bool headers_only;            /* leave all payload out: of stores that hold none, always */
	const char *const *directory; /* where to look for captures first */
	size_t directories;
	const char *store;            /* the path of the store that was given; NULL: the one that is read */
	const struct anonymous *anonymous; /* the store and its key, where it is one of aliases; or NULL */
	const char *comment;          /* of the whole; NULL: none */
	bool chosen;                  /* the caller saw to it that they are not too many, */
	uint64_t left_out;            /* ... and left out so many packets */
};

/* What became of it; ends in evidence_result_free(). */
struct evidence_result {
	uint32_t written, missing; /* packets */
	uint64_t left_out;         /* packets for which there was no room */
	uint32_t sessions;         /* of evidence_write_stories() */
	char **note;               /* what is missing and what to do, in sentences; raw */
	uint32_t notes;
};

/* The packet of a record, without a comment. */
struct evidence_packet evidence_packet(const struct trace *trace, uint32_t point, uint32_t index);

/* Of `trace`, what trace_open_clocks() reads is enough. Packets in any order; of more than
 * EVIDENCE_PACKETS_MAX the first ones are taken, unless they are `chosen`. */
enum status evidence_write(struct output *output, const struct trace *trace,
			   const struct evidence_packet *packet, uint32_t count,
			   const struct evidence_options *options, struct evidence_result *result,
			   struct error *err) MUST_CHECK;
/* A file without packets, where there is no trace to ask for any. `comment` is not escaped. */
enum status evidence_write_none(struct output *output, const char *comment, struct error *err)
	MUST_CHECK;
void evidence_result_free(struct evidence_result *result);

#endif
