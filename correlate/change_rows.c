#include "correlate/change_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/memory.h"

#define PAGE_SHIFT 12               /* sessions of one page: 4096 bits */
#define PAGE_WORDS ((1u << PAGE_SHIFT) / 64)
#define FIELD_ROWS 512u             /* counted of one field; more are `others` */
#define FIELD_ROWS_SHOWN 20u
#define SLOTS (1u << 16)            /* more than twice FIELDS_ALL * (FIELD_ROWS + 1) */
#define TTL_ROUTERS_MAX 32          /* a hop of more routers than that is none */
#define OFFLOAD_NEARLY 9u           /* broken ones to each that is not */
#define OFFLOAD_ANSWERS 8u          /* one answer at least to so many: nobody answers what is broken */
_Static_assert(SLOTS > 2 * FIELDS_ALL * (FIELD_ROWS + 1), "room in the slots");
_Static_assert(FIELDS_ALL <= 64, "a bit for each field");

/* ---- sessions ---- */

static uint32_t pages_of(const struct change_table *table)
{
	return (table->sessions >> PAGE_SHIFT) + 1;
}

static bool page_add(const struct change_table *table, struct change_row *row, uint32_t session)
{
	uint32_t at = session >> PAGE_SHIFT, bit = session & ((1u << PAGE_SHIFT) - 1);

	if (!row->page)
		row->page = calloc(pages_of(table), sizeof *row->page);
	if (row->page && !row->page[at])
		row->page[at] = calloc(PAGE_WORDS, sizeof **row->page);
	if (!row->page || !row->page[at])
		return false;
	row->page[at][bit / 64] |= UINT64_C(1) << bit % 64;
	return true;
}

static void pages_free(const struct change_table *table, struct change_row *row)
{
	uint32_t p;

	for (p = 0; row->page && p < pages_of(table); p++)
		free(row->page[p]);
	free(row->page);
	row->page = NULL;
}

/* Adds the sessions of a row to another's. */
static bool pages_merge(const struct change_table *table, struct change_row *into,
			const struct change_row *from)
{
	uint32_t p, k;

	if (from->page && !into->page)
		into->page = calloc(pages_of(table), sizeof *into->page);
	if (from->page && !into->page)
		return false;
	for (p = 0; from->page && p < pages_of(table); p++) {
		if (!from->page[p])
			continue;
		if (!into->page[p])
			into->page[p] = calloc(PAGE_WORDS, sizeof **into->page);
		if (!into->page[p])
			return false;
		for (k = 0; k < PAGE_WORDS; k++)
			into->page[p][k] |= from->page[p][k];
	}
	return true;
}

static uint32_t pages_count(const struct change_table *table, const struct change_row *row)
{
	uint32_t p, k, n = 0;

	for (p = 0; row->page && p < pages_of(table); p++)
		for (k = 0; row->page[p] && k < PAGE_WORDS; k++)
			n += (uint32_t)__builtin_popcountll(row->page[p][k]);
	return n;
}

/* ---- counting ---- */

static uint16_t *row_slot(struct change_table *table, enum change_field field, const char *name,
			  const char *from, const char *to)
{
	uint64_t hash = XXH3_64bits_withSeed(from, strlen(from), field);
	uint32_t at = (uint32_t)XXH3_64bits_withSeed(to, strlen(to), hash) & (SLOTS - 1);

	for (; table->slot[at]; at = (at + 1) & (SLOTS - 1)) {
		const struct change_row *row = &table->row[table->slot[at] - 1];

		if (row->field == field && strcmp(row->name, name) == 0 &&
		    strcmp(row->from, from) == 0 && strcmp(row->to, to) == 0)
			break;
	}
	return &table->slot[at];
}

int change_table_row(struct change_table *table, enum change_field field, bool expected,
		     const char *name, const char *from, const char *to)
{
	struct change_row *list, *row;
	uint16_t *slot;

	if (!table->slot)
		table->slot = calloc(SLOTS, sizeof *table->slot);
	if (!table->slot)
		return -1;
	slot = row_slot(table, field, name, from, to);
	if (!*slot && table->of_field[field] >= FIELD_ROWS) {
		name = change_fields[field].name;
		from = to = CHANGE_OTHERS;
		slot = row_slot(table, field, name, from, to);
	}
	if (*slot)
		return *slot - 1;
	list = memory_room(table->row, table->rows, &table->room, sizeof *list);
	if (!list)
		return -1;
	table->row = list;
	row = &table->row[table->rows++];
	*row = (struct change_row){.field = (uint8_t)field, .expected = expected,
				   .first_ns = INT64_MAX};
	snprintf(row->name, sizeof row->name, "%s", name);
	snprintf(row->from, sizeof row->from, "%s", from);
	snprintf(row->to, sizeof row->to, "%s", to);
	table->of_field[field]++;
	*slot = (uint16_t)table->rows;
	return *slot - 1;
}

void change_table_count(struct change_table *table, uint32_t at, bool guessed, uint64_t packets)
{
	struct change_row *row = &table->row[at];

	if (guessed && change_fields[row->field].copies_differ)
		row->guessed += packets;
	else
		row->packets += packets;
}

bool change_table_example(struct change_table *table, uint32_t at, bool guessed,
			  const struct change_example *example)
{
	struct change_row *row = &table->row[at];

	if (example->time_ns < row->first_ns &&
	    !(guessed && change_fields[row->field].copies_differ)) {
		row->first_ns = example->time_ns;
		row->session = example->session;
		row->point = example->point;
		row->index = example->index;
	}
	return page_add(table, row, example->session);
}

bool change_table_has(const struct change_table *table, enum change_field field)
{
	uint32_t i;

	for (i = 0; i < table->rows; i++)
		if (table->row[i].field == field && table->row[i].packets &&
		    !table->row[i].expected)
			return true;
	return false;
}

void change_table_offload(struct change_table *table, uint64_t packets, uint64_t answers)
{
	uint32_t i;

	for (i = 0; i < table->rows; i++) {
		struct change_row *row = &table->row[i];

		if (row->field != FIELD_CHECKSUM || strcmp(row->to, CHANGE_BROKEN) != 0 ||
		    row->packets / OFFLOAD_NEARLY < (packets - row->packets) ||
		    answers * OFFLOAD_ANSWERS < packets)
			continue;
		row->expected = true;
		snprintf(row->to, sizeof row->to, CHANGE_OFFLOAD);
	}
}

/* ---- settling ---- */

/* Adds a row to another and empties it. */
static bool row_merge(struct change_table *table, struct change_row *into, struct change_row *from)
{
	bool ok = pages_merge(table, into, from);

	into->packets += from->packets;
	into->guessed += from->guessed;
	into->expected &= from->expected;
	if (from->first_ns < into->first_ns) {
		into->first_ns = from->first_ns;
		into->session = from->session;
		into->point = from->point;
		into->index = from->index;
	}
	pages_free(table, from);
	from->packets = from->guessed = 0;
	return ok;
}

/* Gives what only the digest told its field. */
static bool rows_digest(struct change_table *table, bool echo)
{
	uint32_t i, rows = table->rows;
	bool ok = true;

	for (i = 0; i < rows && ok; i++) {
		enum change_field field = table->row[i].field, to;
		int at;

		if (field < FIELDS)
			continue;
		to = echo ? FIELD_TSECR : FIELD_SACK_BLOCKS;
		at = change_table_row(table, to, false, change_fields[to].name, CHANGE_VARIES,
				      CHANGE_VARIES);
		ok = at >= 0 && row_merge(table, &table->row[at], &table->row[i]);
	}
	return ok;
}

/* What the hop's routers take of the TTL: what most of its packets lose. */
static int rows_ttl_usual(const struct change_table *table)
{
	uint64_t lowered[TTL_ROUTERS_MAX + 1] = {0};
	int by, usual = 1;
	uint32_t i;

	for (i = 0; i < table->rows; i++) {
		by = atoi(table->row[i].from) - atoi(table->row[i].to);
		if (table->row[i].field == FIELD_TTL && by > 0 && by <= TTL_ROUTERS_MAX)
			lowered[by] += table->row[i].packets;
	}
	for (by = 2; by <= TTL_ROUTERS_MAX; by++)
		if (lowered[by] > lowered[usual])
			usual = by;
	return usual;
}

static void rows_ttl(struct change_table *table)
{
	int usual = rows_ttl_usual(table), by;
	uint32_t i;

	for (i = 0; i < table->rows; i++) {
		struct change_row *row = &table->row[i];

		if (row->field != FIELD_TTL || strcmp(row->from, CHANGE_OTHERS) == 0)
			continue;
		by = atoi(row->from) - atoi(row->to);
		row->expected = by == 1 || by == usual;
	}
}

static int row_compare(const void *x, const void *y)
{
	const struct change_row *a = x, *b = y;
	int by;

	if (a->field != b->field)
		return a->field < b->field ? -1 : 1;
	/* The one for all others comes behind them. */
	by = (strcmp(a->from, CHANGE_OTHERS) == 0) - (strcmp(b->from, CHANGE_OTHERS) == 0);
	if (by)
		return by;
	if (a->packets != b->packets)
		return a->packets > b->packets ? -1 : 1;
	by = strcmp(a->name, b->name);
	if (!by)
		by = strcmp(a->from, b->from);
	return by ? by : strcmp(a->to, b->to);
}

/* Takes out what no packet shows for sure: a retransmission may have been taken for another. */
static void rows_sure(struct change_table *table)
{
	uint32_t i, n = 0;

	for (i = 0; i < table->rows; i++) {
		struct change_row *row = &table->row[i];

		if (row->packets) {
			row->packets += row->guessed;
			table->row[n++] = *row;
		} else {
			pages_free(table, row);
		}
	}
	table->rows = n;
}

static void row_name_others(struct change_row *row)
{
	snprintf(row->name, sizeof row->name, "%s", change_fields[row->field].name);
	snprintf(row->from, sizeof row->from, CHANGE_OTHERS);
	snprintf(row->to, sizeof row->to, CHANGE_OTHERS);
}

/* Of a field with many rows, those with the fewest packets become one. */
static bool rows_few(struct change_table *table)
{
	uint32_t i, n = 0, shown = 0;
	bool ok = true;

	for (i = 0; i < table->rows; i++) {
		struct change_row *row = &table->row[i], *last = n ? &table->row[n - 1] : NULL;
		bool more = i + 1 < table->rows && row[1].field == row->field;

		shown = last && last->field == row->field ? shown + 1 : 1;
		if (shown > FIELD_ROWS_SHOWN + 1) {
			ok &= row_merge(table, last, row);
			continue;
		}
		table->row[n++] = *row;
		/* A single one more needs no row for others. */
		if (shown == FIELD_ROWS_SHOWN + 1 && more)
			row_name_others(&table->row[n - 1]);
	}
	table->rows = n;
	return ok;
}

bool change_table_settle(struct change_table *table, bool echo)
{
	bool ok = rows_digest(table, echo);
	uint32_t i;

	rows_sure(table);
	rows_ttl(table);
	if (table->rows)
		qsort(table->row, table->rows, sizeof *table->row, row_compare);
	ok = rows_few(table) && ok;
	for (i = 0; i < table->rows; i++) {
		table->row[i].sessions = pages_count(table, &table->row[i]);
		if (table->row[i].field != FIELD_SACK_BLOCKS) /* that row is asked whose they are */
			pages_free(table, &table->row[i]);
	}
	free(table->slot);
	table->slot = NULL;
	return ok;
}

bool change_table_holds(const struct change_table *table, const struct change_row *row, uint32_t session)
{
	uint32_t bit = session & ((1u << PAGE_SHIFT) - 1);

	return row->page && session < table->sessions && row->page[session >> PAGE_SHIFT] &&
	       (row->page[session >> PAGE_SHIFT][bit / 64] >> bit % 64 & 1);
}

void change_table_free(struct change_table *table)
{
	uint32_t i;

	for (i = 0; i < table->rows; i++)
		pages_free(table, &table->row[i]);
	free(table->row);
	free(table->slot);
}
