/* What the lab's middlebox rewrites in the TCP packets it lets pass, beyond what Linux can do:
 * sequence numbers and timestamps moved by a constant of the session, the client's address and
 * port, TCP options, ECN and DSCP, and requests made longer or shorter in mid-session, after
 * which all numbers of that side are off by as much (as an ALG for FTP does).
 *
 * "The client" is who is at side 0, whoever opened the session. Each session that is
 * rewritten is a line of the log, so that a test knows the constants, and so is each edit.
 */
#ifndef CROSSTAP_TESTS_BUMP_REWRITE_H
#define CROSSTAP_TESTS_BUMP_REWRITE_H

#include <stdio.h>
#include "tests/lab/bump/frame.h"

enum {
	TCP_KINDS = 256,
	TRANSLATED_MAX = 4096,
	EDITS_MAX = 8,
	GROWTH_MAX_BYTES = 400,
	EDIT_NONE = 1 << 20,
};

struct rewrite_options {
	const char *shift; /* whose numbers: client, server or both; NULL: nobody's */
	const char *nat; /* the client's new IPv4 address */
	const char *strip; /* kinds of TCP options, joined by commas */
	int port; /* only sessions with this port; 0: all */
	int sack_kept; /* SACK blocks are not translated */
	int timestamps; /* are moved too */
	int window_scale, mss, dscp, ttl; /* -1: left alone */
	int ecn_clear;
	int edit_bytes; /* requests grow by so many; EDIT_NONE: they do not */
};

/* From byte `at` on, numbers are more by `growth`. */
struct edit {
	uint32_t at;
	int growth;
};

/* One side's numbers in a session. */
struct track {
	uint32_t shift, ts_shift;
	struct edit edits[EDITS_MAX]; /* in the order of the stream */
	int edit_count;
};

struct translated {
	size_t address_bytes;
	uint8_t client[16], server[16];
	uint16_t client_port, server_port, nat_port;
	uint32_t first_seq; /* of the SYN: another one makes it another session */
	struct track track[2]; /* by side */
};

struct rewriter {
	struct rewrite_options options;
	int active; /* some option is set */
	uint64_t random_state;
	FILE *log; /* borrowed */
	uint8_t strip[TCP_KINDS], nat_address[4];
	struct translated sessions[TRANSLATED_MAX];
	int count;
	/* packets that went on */
	uint64_t ecn_cleared; /* and were ECN-capable */
	uint64_t edited;
	uint64_t sacks_kept; /* with blocks of numbers that are moved */
};

/* -1: an option's value is wrong. */
int rewriter_begin(struct rewriter *rewriter, const struct rewrite_options *options, uint64_t seed,
		   FILE *log);

/* To be called for each frame, lost later or not; NULL: nothing of a session is rewritten.
 * The session is borrowed until the next call. */
struct translated *rewriter_session(struct rewriter *rewriter, int from, const uint8_t *frame,
				    const struct view *view);

/* Rewrites a frame in a buffer of FRAME_BYTES_MAX + GROWTH_MAX_BYTES; its new length, or 0
 * where it holds a part only of what is edited: then it must be lost. */
size_t rewriter_apply(struct rewriter *rewriter, const struct translated *session, int from,
		      uint8_t *frame, size_t length, const struct view *view);

#endif
