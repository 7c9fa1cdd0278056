#include "report/worst.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/memory.h"
#include "correlate/results.h"
#include "report/cell.h"

/* So many of each kind come before any further ones, and then so many. */
static const uint32_t worst_steps[] = {1, 4, 16, 64};
#define WORST_STEPS (sizeof worst_steps / sizeof worst_steps[0])
#define WORST_CALM 8 /* one in so many is of those that nothing ails */

static const char *const worst_outcomes[] = {"failed", "aborted", "degraded", "open"};
#define WORST_OUTCOMES (sizeof worst_outcomes / sizeof worst_outcomes[0])

/* What is looked at. */
#define WORST_BIT(column) ((uint64_t)1 << SESSIONS_##column)
#define WORST_COLUMNS                                                                                   \
	(WORST_BIT(SESSION) | WORST_BIT(PROTO) | WORST_BIT(OUTCOME) | WORST_BIT(CAUSE) | WORST_BIT(HOP) | \
	 WORST_BIT(SERVER) | WORST_BIT(SERVER_PORT) | WORST_BIT(PACKETS_FORWARD) |                       \
	 WORST_BIT(PACKETS_REVERSE) | WORST_BIT(DROPPED) | WORST_BIT(INJECTED) | WORST_BIT(RESETS))

struct worst_row {
	uint64_t kind, odd;      /* a hash; packets dropped, injected, resets */
	uint32_t session, packets, turn;
	uint8_t outcome, step;
};

static uint8_t worst_outcome(const struct cell *outcome)
{
	size_t i;

	for (i = 0; i < WORST_OUTCOMES; i++)
		if (outcome->known && strcmp(outcome->text, worst_outcomes[i]) == 0)
			break;
	return (uint8_t)i;
}

static bool worst_is_bad(const struct worst_row *row)
{
	return row->outcome < WORST_OUTCOMES - 1 || row->odd;
}

/* What makes sessions the same kind. */
static uint64_t worst_kind(const struct cell *cell)
{
	static const uint8_t texts[] = {SESSIONS_PROTO, SESSIONS_OUTCOME, SESSIONS_CAUSE, SESSIONS_HOP};
	uint64_t kind = 0;
	size_t i;

	for (i = 0; i < sizeof texts; i++) {
		const char *text = cell[texts[i]].known ? cell[texts[i]].text : "";

		kind = XXH3_64bits_withSeed(text, strlen(text), kind);
	}
	if (cell[SESSIONS_SERVER].known)
		kind = XXH3_64bits_withSeed(cell[SESSIONS_SERVER].bytes, cell[SESSIONS_SERVER].size, kind);
	if (cell[SESSIONS_SERVER_PORT].known)
		kind ^= (uint64_t)cell[SESSIONS_SERVER_PORT].number;
	return kind;
}

static uint64_t worst_number(const struct cell *cell)
{
	return cell->known && cell->number > 0 ? (uint64_t)cell->number : 0;
}

static struct worst_row worst_row(const struct cell *cell)
{
	uint64_t packets = worst_number(&cell[SESSIONS_PACKETS_FORWARD]) +
			   worst_number(&cell[SESSIONS_PACKETS_REVERSE]);

	return (struct worst_row){
		.odd = worst_number(&cell[SESSIONS_DROPPED]) + worst_number(&cell[SESSIONS_INJECTED]) +
		       worst_number(&cell[SESSIONS_RESETS]),
		.session = (uint32_t)(cell[SESSIONS_SESSION].number - 1),
		.packets = packets < UINT32_MAX ? (uint32_t)packets : UINT32_MAX,
		.outcome = worst_outcome(&cell[SESSIONS_OUTCOME]),
	};
}

static int worst_compare(const void *x, const void *y)
{
	const struct worst_row *a = x, *b = y;

	if (a->outcome != b->outcome)
		return a->outcome < b->outcome ? -1 : 1;
	if (a->odd != b->odd)
		return a->odd > b->odd ? -1 : 1;
	return (a->session > b->session) - (a->session < b->session);
}

static int worst_compare_kinds(const void *x, const void *y)
{
	const struct worst_row *a = x, *b = y;

	return a->kind != b->kind ? (a->kind < b->kind ? -1 : 1) : worst_compare(x, y);
}

/* What is bad comes before what is not, and of both some of each kind first. */
static int worst_compare_steps(const void *x, const void *y)
{
	const struct worst_row *a = x, *b = y;

	if (worst_is_bad(a) != worst_is_bad(b))
		return worst_is_bad(a) ? -1 : 1;
	return a->step != b->step ? (a->step < b->step ? -1 : 1) : worst_compare(x, y);
}

static int worst_compare_turns(const void *x, const void *y)
{
	const struct worst_row *a = x, *b = y;

	return a->step != b->step ? (a->step < b->step ? -1 : 1) : worst_compare_steps(x, y);
}

/* The first `most` rows become those chosen. */
static void worst_choose(struct worst_row *row, uint32_t rows, uint32_t bad, uint32_t most)
{
	uint32_t i, before = 0, calm = rows - bad < most / WORST_CALM ? rows - bad : most / WORST_CALM;

	if (!rows)
		return;
	qsort(row, rows, sizeof *row, worst_compare_kinds);
	for (i = 0; i < rows; i++) {
		if (i && row[i].kind != row[i - 1].kind)
			before = i;
		while (row[i].step < WORST_STEPS && i - before >= worst_steps[row[i].step])
			row[i].step++;
	}
	qsort(row, rows, sizeof *row, worst_compare_steps);
	if (rows > most && bad > most - calm)
		memmove(row + most - calm, row + bad, calm * sizeof *row);
	rows = rows < most ? rows : most;
	qsort(row, rows, sizeof *row, worst_compare_turns);
	for (i = 0; i < rows; i++)
		row[i].turn = i;
	qsort(row, rows, sizeof *row, worst_compare);
}

/* All that are bad, and of each other outcome as many as can be wanted. */
static enum status worst_read(struct worst *worst, struct worst_row **list, uint32_t *count,
			      struct store_txn *txn, const struct filter_match *match, uint32_t most,
			      struct error *err)
{
	struct rows *rows;
	enum status status = rows_open_table(&rows, txn, &results_sessions, err);
	uint32_t well[WORST_OUTCOMES + 1] = {0};
	uint64_t room = 0;
	bool more = true;

	if (!status)
		rows_want(rows, WORST_COLUMNS);
	while (!status) {
		const struct cell *cell;
		struct worst_row *at, one;

		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		cell = rows_cells(rows);
		if (!cell[SESSIONS_SESSION].known ||
		    (match && !filter_match_takes(match, cell[SESSIONS_SESSION].number)))
			continue;
		worst->sessions++;
		one = worst_row(cell);
		if (worst_is_bad(&one))
			worst->bad++;
		else if (well[one.outcome]++ >= most)
			continue;
		one.kind = worst_kind(cell);
		at = memory_room(*list, *count, &room, sizeof *at);
		if (!at) {
			status = error_errno(err, ENOMEM, "sessions");
			break;
		}
		*list = at;
		at[(*count)++] = one;
	}
	rows_close(&rows);
	return status;
}

enum status worst_find(struct worst *worst, struct store_txn *txn, const struct filter_match *match,
		       uint32_t most, struct error *err)
{
	struct worst_row *list = NULL;
	uint32_t count = 0, i;
	enum status status;

	*worst = (struct worst){0};
	status = worst_read(worst, &list, &count, txn, match, most, err);
	if (!status) {
		worst_choose(list, count, (uint32_t)worst->bad, most);
		worst->count = count < most ? count : most;
		worst->list = calloc((size_t)worst->count + 1, sizeof *worst->list);
		if (!worst->list)
			status = error_errno(err, ENOMEM, "sessions");
	}
	for (i = 0; !status && i < worst->count; i++)
		worst->list[i] = (struct worst_session){list[i].session, list[i].packets, list[i].turn,
							worst_is_bad(&list[i])};
	free(list);
	return status;
}

void worst_free(struct worst *worst)
{
	free(worst->list);
	*worst = (struct worst){0};
}

int worst_compare_numbers(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

uint32_t *worst_by_turn(const struct worst *worst)
{
	uint32_t *place = calloc((size_t)worst->count + 1, sizeof *place), i;

	for (i = 0; place && i < worst->count; i++)
		place[worst->list[i].turn] = i;
	return place;
}
