/* A bar of progress: one line on a terminal, redrawn in place and taken away at
 * the end. Where the stream is no terminal (a pipe, a file, a test) nothing is
 * ever written.
 *
 * Whoever works counts; one thread shows: it calls progress_show() as often as
 * it likes with the counts as they are, and the line is drawn about five times
 * a second.
 */
#ifndef CROSSTAP_COLLECT_PROGRESS_H
#define CROSSTAP_COLLECT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PROGRESS_INTERVAL_MS 200

struct progress_count {
	uint64_t done, total; /* total 0: not known, then neither bar nor ETA */
	bool bytes;           /* done and total are bytes and shown as such */
	uint64_t packets;     /* so far, for packets/s; 0: not shown */
};

struct progress {
	FILE *stream;
	const char *label;
	int64_t begun_ns, drawn_ns; /* monotonic */
	bool shown;                 /* the stream is a terminal and progress is wanted */
	bool on_screen;
};

/* `label` is borrowed; it may be changed between calls of progress_show(). */
void progress_begin(struct progress *progress, FILE *stream, bool wanted, const char *label);
void progress_show(struct progress *progress, const struct progress_count *count);
/* Takes the line away: before a message is written, and at the end. */
void progress_clear(struct progress *progress);

/* The line as it is drawn, at most `columns` wide: "reading [####....]  45 %  1.2/2.6 GB
 * 12.3 M packets/s  ETA 0:12". Returns its length. */
size_t progress_format(char *out, size_t room, unsigned columns, const char *label,
		       const struct progress_count *count, int64_t elapsed_ns);

#endif
