/* A set while it is checked, for verify*.c only.
 *
 * Each check adds what it finds to `verify`: what it looked at, how many faults there are, and why
 * something was not looked at. What the first files say, later checks ask for: the run, the captures,
 * the hops, the sessions. All of it is bounded, whatever the files hold.
 */
#ifndef CROSSTAP_REPORT_VERIFY_SET_H
#define CROSSTAP_REPORT_VERIFY_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/capture.h"
#include "report/csv_read.h"
#include "report/set.h"
#include "report/sheet.h"
#include "report/verify.h"
#include "report/verify_cell.h"

#define VERIFY_DIRECTIONS 3
#define VERIFY_HOPS_MAX (CAPTURE_POINTS_MAX - 1)
#define VERIFY_NAMES_BYTES (64u << 20)  /* of captures, all together */
#define VERIFY_SESSIONS_MAX (1u << 25)
#define VERIFY_FRAMES_MAX (1u << 22)    /* whose packets are looked for */
#define VERIFY_SLACK_NS 1000000000      /* by which the tables' clocks and the run's may differ */

/* A point, as manifest.csv and run.csv have it. */
struct verify_point {
	char *name;
	uint64_t packets, excluded;      /* of its captures; of these, what run.csv says */
	int64_t first_ns, last_ns;       /* its own clock */
	bool seen;                       /* it has a packet */
	bool clocked;                    /* the line of its clock is known, and it is one */
	int64_t offset_ns;
	double skew;
};

/* A row of manifest.csv. */
struct verify_capture {
	char *name;                      /* as it stands there */
	uint64_t row, line;              /* row from 1 */
	uint32_t point;
	uint64_t bytes, packets;
	int64_t first_ns, last_ns;
	bool seen;                       /* it has a packet */
	char sha256[65];
	char *path;                      /* where it was found to be what the row says */
};

struct verify_session {
	uint32_t number;
	uint32_t left[4];                /* rows that are still to come: enum verify_session_rows */
};
enum verify_session_rows { VERIFY_DROPS, VERIFY_INJECTED, VERIFY_RESETS, VERIFY_POINTS };

/* A row that names a packet. */
struct verify_frame {
	const struct sheet *sheet;
	uint64_t line;
	uint32_t capture;                /* index; of several of one name the first that it fits */
	uint32_t number;
	int64_t time_ns;                 /* of the path */
};

struct verify {
	const struct verify_options *options;
	int directory;                   /* open */
	/* of the check under way */
	uint64_t faults, looked;
	char *skipped;                   /* why it, or a part of it, was not done; NULL: it was */
	bool no_memory;
	uint64_t all_faults;

	/* run.csv */
	char *filter;                    /* NULL: run.csv does not say */
	char *path, *version;
	char *expect, *expect_sha256;    /* NULL: it was compared with no policy */
	bool headers_only, anonymized;
	struct set_said said;
	uint64_t captures_said, balance_rows_said;
	bool captures_told, balance_told;
	/* manifest.csv */
	struct verify_point point[CAPTURE_POINTS_MAX];
	uint32_t points;
	struct verify_capture *capture;  /* by name of the point, then its own */
	uint32_t captures;
	uint64_t captures_room, names_bytes;
	/* hops.csv */
	char *hop[VERIFY_HOPS_MAX];
	uint32_t hops;
	struct verify_sums *sums;
	/* sessions.csv */
	struct verify_session *session;  /* ascending */
	uint32_t sessions;
	uint64_t sessions_room;
	bool sessions_full;
	/* rows that name packets */
	struct verify_frame *frame;
	uint32_t frames;
	uint64_t frames_room;
	bool frames_full;
};

/* What went wrong, in a sentence: FILE, line and column first, where there are such. */
void verify_fault(struct verify *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A fault of a cell: "DIR/drops.csv: line 3, column frame: WHAT". */
void verify_fault_at(struct verify *v, const struct sheet *sheet, uint64_t line, const char *column,
		     const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Something that is worth a word, and no fault. */
void verify_note(struct verify *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Why something was not looked at. */
void verify_skip(struct verify *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A copy, or NULL and v->no_memory. */
char *verify_copy(struct verify *v, const char *text);

/* ---- what is known ---- */

/* The point of this name; a new one where there is none and `make`. UINT32_MAX: none, or too many. */
uint32_t verify_point(struct verify *v, const char *name, bool make);
/* The hop's number; UINT32_MAX: there is none of this name. */
uint32_t verify_hop(const struct verify *v, const char *name);
/* forward, reverse, none; UINT32_MAX: none of these. */
uint32_t verify_direction(const char *name);
struct verify_session *verify_session(const struct verify *v, int64_t number);
/* Of a column in its sheet; -1: it has none of this name. */
int verify_column(const struct table_schema *schema, const char *name);
/* A path's time by a point's own clock. */
int64_t verify_local_time(const struct verify_point *point, int64_t time_ns);

/* A row of a sheet, its cells read. */
struct verify_row {
	const struct sheet *sheet;
	uint64_t line, number;           /* from 1 */
	const struct csv_row *text;
	uint8_t ask[TABLE_COLUMNS_MAX]; /* verify_names_begin() */
	/* the columns that together name a packet, and whether it has them: verify_frame_begin() */
	int point_column, time_column, file_column, frame_column;
	bool frames;
	struct verify_value value[TABLE_COLUMNS_MAX];
};

/* What a row tells the checks to come: verify_facts.c, of run, manifest, hops and sessions. */
void verify_learn(struct verify *v, const struct verify_row *row);
/* Behind manifest.csv. */
void verify_learn_captures(struct verify *v);
/* What its cells say of others: verify_names.c. The first once the sheet is known. */
void verify_names_begin(struct verify_row *row);
void verify_names(struct verify *v, const struct verify_row *row);
/* What it adds to the sums: verify_sums.c. */
enum status verify_sums_begin(struct verify *v, struct error *err) MUST_CHECK;
void verify_sums_add(struct verify *v, const struct verify_row *row);
void verify_sums_free(struct verify *v);
/* Where the frame is that a row names: verify_frames.c. */
void verify_frame_begin(struct verify_row *row);
void verify_frame(struct verify *v, const struct verify_row *row);

/* ---- the checks ---- */

enum status verify_files(struct verify *v, struct error *err) MUST_CHECK;
enum status verify_tables(struct verify *v, struct error *err) MUST_CHECK;
enum status verify_sums(struct verify *v, struct error *err) MUST_CHECK;
enum status verify_store(struct verify *v, struct error *err) MUST_CHECK;
enum status verify_captures(struct verify *v, struct error *err) MUST_CHECK;
enum status verify_packets(struct verify *v, struct error *err) MUST_CHECK;

#endif
