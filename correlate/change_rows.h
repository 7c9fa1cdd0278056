/* The rows of one hop's changes in one direction, while they are counted and when they are
 * settled: see change.h.
 */
#ifndef CROSSTAP_CORRELATE_CHANGE_ROWS_H
#define CROSSTAP_CORRELATE_CHANGE_ROWS_H

#include "correlate/change_field.h"

struct change_table {
	uint32_t sessions;          /* in all */
	struct change_row *row;
	uint32_t rows;
	uint64_t room;
	uint32_t of_field[FIELDS_ALL];
	uint16_t *slot;             /* number of a row + 1, by hash of what it says */
};

/* A packet that a row may be shown by. */
struct change_example {
	uint32_t session, point, index;
	int64_t time_ns;
};

/* The row of a change, a new one where there is none yet; very many of one field share one. -1: no
 * memory. Numbers stay until change_table_settle(). */
int change_table_row(struct change_table *table, enum change_field field, bool expected,
		     const char *name, const char *from, const char *to);
/* Counts packets; `guessed`: which copies they were is a guess. */
void change_table_count(struct change_table *table, uint32_t row, bool guessed, uint64_t packets);
/* Notes a session, and the packet where it is the first. False: no memory. */
bool change_table_example(struct change_table *table, uint32_t row, bool guessed,
			  const struct change_example *example);

/* Where the card of the box that captured behind the hop makes the checksums, nearly all packets of
 * the direction look broken, and are answered all the same: then that is expected. `packets` were
 * compared in this direction, `answers` in the other. */
void change_table_offload(struct change_table *table, uint64_t packets, uint64_t answers);

/* Whether there is a packet that surely has this field changed in a way that is not expected. */
bool change_table_has(const struct change_table *table, enum change_field field);

/* Settles what the rows say: which are sure, which belong together, and their order. `echo`: the
 * hop changes what timestamps echo. False: no memory. */
bool change_table_settle(struct change_table *table, bool echo);

/* Settled: whether a row of SACK blocks is about a session, too. */
bool change_table_holds(const struct change_table *table, const struct change_row *row,
			uint32_t session);

void change_table_free(struct change_table *table);

#endif
