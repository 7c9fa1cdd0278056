#include "correlate/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "correlate/change_field.h"
#include "correlate/change_rows.h"

#define CASES 4096u          /* a power of two */
#define CASES_MAX 3072u      /* then the table is emptied */
#define CASE_ROWS 64u        /* more than one packet can change */
#define CASE_AHEAD 8u
#define GUESSES 64u

/* All packets with one key. */
struct change_case {
	struct change_key key;
	uint32_t id;             /* never used again; 0: the place is free */
	uint64_t packets;
	int64_t first_ns;        /* of those that went into the rows one by one */
	bool modified;           /* surely */
	uint64_t guess;          /* fields that may be it, enum change_field bit by bit */
	uint16_t rows, row[CASE_ROWS];
};

/* Packets that are modified if one of these fields proves to be changed by the hop. */
struct change_guess {
	uint64_t fields, packets;
};

struct changes {
	struct change_reader *reader;
	const struct change_book *book;
	const struct judging *j;
	struct hop_session *session;
	unsigned direction;
	struct change_case *list; /* CASES, by hash */
	uint32_t cases, last_id;
	struct change_table table;
	struct change_guess guess[GUESSES];
	uint64_t packets, modified;
	bool failed;              /* no memory */
};

struct changes *changes_new(const struct change_book *book, const struct judging *judging,
			    unsigned direction, struct hop_session *session)
{
	struct changes *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->book = book;
	c->j = judging;
	c->direction = direction;
	c->session = session;
	c->table.sessions = judging->sessions->count;
	c->reader = change_reader_new(book, judging, direction, session);
	c->list = calloc(CASES, sizeof *c->list);
	if (!c->reader || !c->list)
		changes_free(&c);
	return c;
}

void changes_free(struct changes **changes)
{
	struct changes *c = *changes;

	if (!c)
		return;
	change_table_free(&c->table);
	change_reader_free(&c->reader);
	free(c->list);
	free(c);
	*changes = NULL;
}

/* ---- cases ---- */

/* Puts what was counted of all cases into their rows, and forgets them. */
static void cases_flush(struct changes *c)
{
	uint32_t i, k;

	for (i = 0; i < CASES; i++) {
		struct change_case *one = &c->list[i];
		bool guessed = one->key.bits & CHANGE_REPEATED;

		if (!one->id)
			continue;
		for (k = 0; k < one->rows; k++)
			change_table_count(&c->table, one->row[k], guessed, one->packets);
		if (one->modified)
			c->modified += one->packets;
		for (k = 0; !one->modified && one->guess && k < GUESSES; k++)
			if (!c->guess[k].fields || c->guess[k].fields == one->guess) {
				c->guess[k].fields = one->guess;
				c->guess[k].packets += one->packets;
				break;
			}
		one->id = 0;
	}
	c->cases = 0;
}

struct case_teller {
	struct change_teller teller;
	struct changes *changes;
	struct change_case *one;
};

static void case_take(struct change_teller *teller, enum change_field field, bool expected,
		      const char *name, const char *from, const char *to)
{
	struct case_teller *t = (struct case_teller *)teller;
	const struct change_field_row *row = &change_fields[field];
	bool guessed = row->copies_differ && teller->key->bits & CHANGE_REPEATED;
	int at = change_table_row(&t->changes->table, field, expected, name, from, to);

	if (at < 0) {
		t->changes->failed = true;
		return;
	}
	if (t->one->rows < CASE_ROWS)
		t->one->row[t->one->rows++] = (uint16_t)at;
	if (expected || row->carried)
		return;
	/* Of wrong sums only all of them together tell whose they are. */
	if (guessed || field == FIELD_CHECKSUM)
		t->one->guess |= UINT64_C(1) << field;
	else
		t->one->modified = true;
}

static void case_begin(struct changes *c, struct change_case *one, const struct change_key *key)
{
	struct case_teller t = {{c->book, key, case_take}, c, one};

	one->key = *key;
	if (!++c->last_id)
		c->last_id++;
	one->id = c->last_id;
	one->packets = 0;
	one->first_ns = INT64_MAX;
	one->modified = false;
	one->guess = 0;
	one->rows = 0;
	c->cases++;
	change_tell(&t.teller);
}

static uint32_t case_hash(const struct changes *c, const struct change_key *key)
{
	return (uint32_t)XXH3_64bits_withSeed(key, sizeof *key, c->j->view->seed) & (CASES - 1);
}

static struct change_case *case_of(struct changes *c, const struct change_key *key)
{
	uint32_t at = case_hash(c, key);

	while (c->list[at].id && memcmp(&c->list[at].key, key, sizeof *key) != 0)
		at = (at + 1) & (CASES - 1);
	if (c->list[at].id)
		return &c->list[at];
	if (c->cases == CASES_MAX) {
		cases_flush(c);
		at = case_hash(c, key);
	}
	case_begin(c, &c->list[at], key);
	return &c->list[at];
}

/* ---- packets ---- */

/* The first packet of a case in its session, or in all. */
static void change_first(struct changes *c, struct change_case *one,
			 const struct change_batch *batch, uint32_t i, uint32_t session)
{
	const struct change_side *up = &batch->side[c->direction == HOP_REVERSE];
	struct change_example example = {session, up->point[i], up->index[i], batch->near_ns[i]};
	bool guessed = one->key.bits & CHANGE_REPEATED;
	uint32_t k;

	if (example.time_ns < one->first_ns)
		one->first_ns = example.time_ns;
	for (k = 0; k < one->rows; k++)
		c->failed |= !change_table_example(&c->table, one->row[k], guessed, &example);
}

bool changes_see(struct changes *c, const struct change_batch *batch)
{
	const struct change_key *key = change_read(c->reader, batch);
	uint32_t i;

	c->packets += batch->rows;
	for (i = 0; i < batch->rows; i++) {
		uint32_t session = c->j->sessions->of_node[batch->way[i] >> 1];
		struct hop_session *s = &c->session[session];
		struct change_case *one = case_of(c, &key[i]);

		one->packets++;
		if (s->change[c->direction] == one->id && batch->near_ns[i] >= one->first_ns)
			continue;
		s->change[c->direction] = one->id;
		change_first(c, one, batch, i, session);
	}
	return !c->failed;
}

/* ---- the end ---- */

/* Whether the hop changes what timestamps echo: then a digest says nothing of SACK edges. */
static bool changes_echo(const struct changes *own, const struct changes *other)
{
	return change_table_has(&own->table, FIELD_TSECR) ||
	       change_table_has(&other->table, FIELD_TSVAL);
}

static void changes_guess(struct changes *c)
{
	uint32_t k, field;

	for (k = 0; k < GUESSES && c->guess[k].fields; k++)
		for (field = 0; field < FIELDS_ALL; field++)
			if (c->guess[k].fields >> field & 1 &&
			    change_table_has(&c->table, field)) {
				c->modified += c->guess[k].packets;
				break;
			}
}

enum status changes_settle(struct changes *const changes[2], struct error *err)
{
	bool echo[2];
	unsigned d;

	for (d = 0; d < 2; d++) {
		cases_flush(changes[d]);
		change_table_offload(&changes[d]->table, changes[d]->packets, changes[!d]->packets);
		changes_guess(changes[d]);
	}
	for (d = 0; d < 2; d++)
		echo[d] = changes_echo(changes[d], changes[!d]);
	for (d = 0; d < 2; d++) {
		if (!change_table_settle(&changes[d]->table, echo[d]))
			return error_errno(err, ENOMEM, "changes");
		change_reader_free(&changes[d]->reader);
		free(changes[d]->list);
		changes[d]->list = NULL;
	}
	return STATUS_OK;
}

const struct change_row *changes_rows(const struct changes *changes, uint32_t *count)
{
	*count = changes->table.rows;
	return changes->table.row;
}

bool changes_broke_sack(const struct changes *changes, uint32_t session)
{
	const struct change_table *table = &changes->table;
	uint32_t i;

	for (i = 0; i < table->rows; i++)
		if (table->row[i].field == FIELD_SACK_BLOCKS &&
		    strcmp(table->row[i].to, CHANGE_NOT_TRANSLATED) == 0 &&
		    change_table_holds(table, &table->row[i], session))
			return true;
	return false;
}

uint64_t changes_modified(const struct changes *changes)
{
	return changes->modified;
}
