/* A capture in the store: its records, its flows, its dictionaries, and the
 * row that says what it is.
 *
 * A capture is committed whole or not at all. While it is being written its
 * blocks lie under a number that no 'C' row names, so nobody reads them; the
 * writer holds a lock that dies with its process, and the next writer clears
 * away what a dead one left. The 'C' row comes last, in the same transaction
 * as the flows and dictionaries. A capture is found again by its digest:
 * the same bytes with the same selection at the same point are not kept twice.
 */
#ifndef CROSSTAP_COLLECT_CAPTURE_H
#define CROSSTAP_COLLECT_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/buffer.h"
#include "collect/error.h"
#include "collect/packet.h"
#include "collect/record.h"
#include "collect/source.h"
#include "collect/store.h"

#define CAPTURE_POINTS_MAX 64     /* points in one store */
#define CAPTURES_MAX 65536u       /* captures in one store */
#define CAPTURE_NAME_MAX 64       /* bytes of a point's name, with the zero */
#define CAPTURE_FILE_MAX 1024     /* bytes of a file name kept, with the zero */
#define CAPTURE_PATH_MAX 1024
#define CAPTURE_FILTER_MAX 1024
#define CAPTURE_FLOWS_MAX 0x7ffffffeu /* per capture: flow numbers share 32 bits with a direction */
#define CAPTURE_DROPS_MAX 65536   /* places in a capture where it says that it lost packets */

/* A flow of a capture: both directions of one 5-tuple, from one opening to the
 * next. End a is the lesser of the two (address, then port), so that the
 * same tuple looks the same at every point, whoever spoke first. */
struct capture_flow {
	uint8_t version, proto;
	uint8_t a[16], b[16];         /* network order; IPv4 in the first 4 bytes */
	uint16_t a_port, b_port;
	uint32_t generation;          /* how often the capture saw the tuple open before: 0, ... */
};

/* Packets that the capture itself lost, at a place in time. */
struct capture_drop {
	int64_t time_ns;              /* of the frame behind the gap */
	uint64_t packets;
};

struct capture {
	uint32_t number;              /* in the store; only a name, says nothing about order */
	uint32_t point;               /* number of the point */
	char file[CAPTURE_FILE_MAX];  /* as given, without directories; raw bytes */
	char interface[SOURCE_NAME_MAX]; /* FILE@IFACE, or "" */
	char filter[CAPTURE_FILTER_MAX]; /* -f, or "" */
	int64_t start_ns, end_ns;     /* --start/--end; INT64_MIN/INT64_MAX when not given */
	char format[32];
	char link_types[128];         /* names, comma separated, in order of first sight */
	uint64_t bytes;
	uint8_t sha256[SOURCE_SHA256_BYTES];
	uint64_t packets;             /* frames of this selection, with the filtered ones */
	uint64_t records;             /* rows: packets - filtered */
	uint64_t filtered;            /* taken out by -f, --start, --end */
	uint64_t kinds[PACKET_KINDS]; /* of the records */
	uint64_t truncated;           /* records marked PACKET_TRUNCATED */
	uint64_t short_prefixes;      /* records marked PACKET_SHORT_PREFIX */
	uint64_t backwards;           /* records earlier than the one before */
	int64_t first_ns, last_ns;    /* least and greatest time of the records; 0 when none */
	uint32_t snaplen;             /* 0 = none */
	bool drops_known;
	uint64_t drops;               /* packets that the capture itself lost */
	bool damaged;
	uint64_t damage_offset;
	char damage[SOURCE_DAMAGE_MAX];
	uint32_t flows;
	uint32_t links, options;      /* entries in the two dictionaries */
	uint32_t drop_places;
	/* Where the file was when it was read, as given: relative to where crosstap-collect ran.
	 * "" for standard input, for one that does not fit, and in a store of before. To find the
	 * packets again only: no report may show it, since another machine has another one. */
	char path[CAPTURE_PATH_MAX];
	/* Between these the capture ran, by its own clock, and would have shown whatever passed but the
	 * drops: a live one says so. ran_until_ns 0: not known, it ran from its first packet to its last. */
	int64_t ran_from_ns, ran_until_ns;
};

/* From when to when a capture says what there was: INT64_MAX and INT64_MIN where it says nothing. */
static inline int64_t capture_from(const struct capture *c)
{
	int64_t first_ns = c->records ? c->first_ns : INT64_MAX;

	return c->ran_until_ns && c->ran_from_ns < first_ns ? c->ran_from_ns : first_ns;
}

static inline int64_t capture_until(const struct capture *c)
{
	int64_t last_ns = c->records ? c->last_ns : INT64_MIN;

	return c->ran_until_ns && c->ran_until_ns > last_ns ? c->ran_until_ns : last_ns;
}

enum capture_dictionary { CAPTURE_LINKS = 0, CAPTURE_OPTIONS = 1 };

/* Points. capture_point_add() gives the number of the point, registering it
 * when it is new; points keep the order in which they were registered. */
enum status capture_point_add(struct store *store, const char *name, uint32_t *point,
			      struct error *err) MUST_CHECK;
/* The name; cut to `room`. STATUS_INPUT when there is no such point. */
enum status capture_point_name(struct store_txn *txn, uint32_t point, char *name, size_t room,
			       struct error *err) MUST_CHECK;

/* ---- writing ---- */

struct capture_writer;

/* Begins a capture at a point. Clears away what dead writers left. */
enum status capture_begin(struct store *store, uint32_t point, struct capture_writer **out,
			  struct error *err) MUST_CHECK;
/* Adds a block of records (the last one's rows may be fewer than
 * RECORD_BLOCK_ROWS; an empty one is ignored). The block is the caller's to
 * use again. */
enum status capture_put_block(struct capture_writer *writer, const struct record_block *block,
			      struct error *err) MUST_CHECK;
/* Adds flows; numbers follow the order of the calls, from 0. */
enum status capture_put_flows(struct capture_writer *writer, const struct capture_flow *flows,
			      uint32_t count, struct error *err) MUST_CHECK;
/* Adds one entry to a dictionary; numbers follow the order of the calls, from 0. */
enum status capture_put_entry(struct capture_writer *writer, enum capture_dictionary which,
			      const uint8_t *bytes, uint32_t size, struct error *err) MUST_CHECK;
enum status capture_put_drop(struct capture_writer *writer, struct capture_drop drop,
			     struct error *err) MUST_CHECK;
/* Gives the capture its contents, as content_log_pack() packs them; the writer has the bytes
 * from then on. */
void capture_put_contents(struct capture_writer *writer, struct buffer *contents);
/* Commits the capture under what `capture` says of it (number, flows, links,
 * options, drop_places and records are filled in by the writer), unless the
 * same one is there: then everything written is taken back and *known is true.
 * Frees the writer either way; *writer becomes NULL. */
enum status capture_finish(struct capture_writer **writer, struct capture *capture, bool *known,
			   struct error *err) MUST_CHECK;
/* A live capture went on without a packet: it ran until then. *found is false where it is not there any more. */
enum status capture_widen(struct store *store, uint32_t number, int64_t until_ns, bool *found,
			  struct error *err) MUST_CHECK;
/* Takes back what was written. NULL is legal; *writer becomes NULL. */
void capture_abort(struct capture_writer **writer);

/* Removes a finished capture, in a write transaction. Results that tell of it are then of another store: reports
 * say so. */
enum status capture_remove(struct store_txn *txn, uint32_t number, struct error *err) MUST_CHECK;

/* ---- reading ---- */

/* All finished captures, in the order of their numbers. Caller frees *captures. */
enum status capture_list(struct store_txn *txn, struct capture **captures, uint32_t *count,
			 struct error *err) MUST_CHECK;
/* The order of a point's captures, for qsort(): by the first packet's time, then by the digest and
 * by what was taken of it; the order in which they were collected does not show. */
int capture_compare(const struct capture *a, const struct capture *b);
/* Block `block` of a capture (rows block * RECORD_BLOCK_ROWS ...; every block
 * but the last is full). Valid until the transaction ends. */
enum status capture_block(struct store_txn *txn, const struct capture *capture, uint32_t block,
			  struct record_chunk *chunk, struct error *err) MUST_CHECK;
uint32_t capture_blocks(const struct capture *capture);
/* All flows. Caller frees *flows. */
enum status capture_flows(struct store_txn *txn, const struct capture *capture,
			  struct capture_flow **flows, struct error *err) MUST_CHECK;
/* The same in two steps. Whether there are as many as the capture's row promises: nothing is to be
 * allocated before. Then all of them, into the caller's room. */
enum status capture_flows_there(struct store_txn *txn, const struct capture *capture,
				struct error *err) MUST_CHECK;
enum status capture_flows_read(struct store_txn *txn, const struct capture *capture,
			       struct capture_flow *flows, struct error *err) MUST_CHECK;
/* All drop places. Caller frees *drops. */
enum status capture_drops(struct store_txn *txn, const struct capture *capture,
			  struct capture_drop **drops, struct error *err) MUST_CHECK;

/* Its packed contents, valid until the transaction ends; NULL: it was collected without. */
enum status capture_contents(struct store_txn *txn, const struct capture *capture,
			     const uint8_t **bytes, size_t *size, struct error *err) MUST_CHECK;

/* A dictionary, opened. */
struct capture_entries {
	const uint8_t *bytes;         /* valid until the transaction ends */
	uint32_t *offset;             /* of each entry's first byte, count + 1 of them */
	uint32_t count;
};
/* Entry i (< count), borrowed from the transaction. */
static inline const uint8_t *capture_entry(const struct capture_entries *entries, uint32_t i,
					   uint32_t *size)
{
	*size = entries->offset[i + 1] - 2 - entries->offset[i];
	return entries->bytes + entries->offset[i];
}
enum status capture_entries_open(struct store_txn *txn, const struct capture *capture,
				 enum capture_dictionary which, struct capture_entries *entries,
				 struct error *err) MUST_CHECK;
void capture_entries_close(struct capture_entries *entries);

#endif
