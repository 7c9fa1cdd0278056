#include "report/reset_kinds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"
#include "correlate/results.h"

static const char *reset_text(const struct cell *row, unsigned column)
{
	return row[column].known ? row[column].text : "";
}

static bool reset_is_taken(const struct filter_match *match, const struct cell *row)
{
	return !match || (row[RESETS_SESSION].known &&
			  filter_match_takes(match, row[RESETS_SESSION].number));
}

/* The place of the row's kind; count: there is none yet. */
static uint32_t reset_kinds_find(const struct reset_kinds *kinds, const struct cell *row)
{
	uint32_t k;

	for (k = 0; k < kinds->count; k++) {
		const struct reset_kind *kind = &kinds->list[k];

		if (strcmp(kind->origin, reset_text(row, RESETS_ORIGIN)) == 0 &&
		    strcmp(kind->direction, reset_text(row, RESETS_DIRECTION)) == 0 &&
		    strcmp(kind->verdict, reset_text(row, RESETS_VERDICT)) == 0 &&
		    strcmp(kind->cause, reset_text(row, RESETS_CAUSE)) == 0)
			break;
	}
	return k;
}

static bool reset_kinds_add(struct reset_kinds *kinds, uint64_t *room, const struct cell *row)
{
	struct reset_kind *list = memory_room(kinds->list, kinds->count, room, sizeof *list), *kind;

	if (!list)
		return false;
	kinds->list = list;
	kind = &list[kinds->count++];
	*kind = (struct reset_kind){
		.origin = strdup(reset_text(row, RESETS_ORIGIN)),
		.direction = strdup(reset_text(row, RESETS_DIRECTION)),
		.verdict = strdup(reset_text(row, RESETS_VERDICT)),
		.cause = strdup(reset_text(row, RESETS_CAUSE)),
	};
	return kind->origin && kind->direction && kind->verdict && kind->cause;
}

static bool reset_kinds_count(struct reset_kinds *kinds, uint64_t *room,
			      const struct filter_match *match, const struct cell *row)
{
	uint32_t k = reset_kinds_find(kinds, row);
	struct reset_kind *kind;

	if (k == kinds->count && !reset_kinds_add(kinds, room, row))
		return false;
	kind = &kinds->list[k];
	kind->count++;
	if (!reset_is_taken(match, row))
		return true;
	kinds->taken++;
	if (!kind->taken++)
		kind->evidence = strdup(reset_text(row, RESETS_EVIDENCE));
	return kind->evidence != NULL;
}

enum status reset_kinds_read(struct reset_kinds *kinds, struct store_txn *txn,
			     const struct filter_match *match, struct error *err)
{
	struct rows *rows;
	enum status status = rows_open_table(&rows, txn, &results_resets, err);
	uint64_t room = 0;
	bool more = true;

	*kinds = (struct reset_kinds){0};
	while (!status) {
		status = rows_next(rows, &more, err);
		if (status || !more)
			break;
		if (!reset_kinds_count(kinds, &room, match, rows_cells(rows)))
			status = error_errno(err, ENOMEM, "resets");
	}
	rows_close(&rows);
	return status;
}

void reset_kinds_free(struct reset_kinds *kinds)
{
	uint32_t k;

	for (k = 0; k < kinds->count; k++) {
		free(kinds->list[k].origin);
		free(kinds->list[k].direction);
		free(kinds->list[k].verdict);
		free(kinds->list[k].cause);
		free(kinds->list[k].evidence);
	}
	free(kinds->list);
	*kinds = (struct reset_kinds){0};
}

/* ---- some of each kind ---- */

struct reset_share {
	const struct reset_kinds *kinds;
	const struct filter_match *match;
	uint64_t *seen; /* of each kind; owned by whoever reads */
	uint64_t share;
};

static bool reset_share_takes(const void *context, const struct cell *row)
{
	const struct reset_share *share = context;
	uint32_t k = reset_kinds_find(share->kinds, row);
	uint64_t all, seen;

	if (k == share->kinds->count || !reset_is_taken(share->match, row))
		return false;
	all = share->kinds->list[k].taken;
	seen = share->seen[k]++;
	return all <= share->share || (seen * share->share + all - 1) / all !=
					      ((seen + 1) * share->share + all - 1) / all;
}

enum status reset_kinds_hold(const struct reset_kinds *kinds, struct held *held,
			     struct store_txn *txn, const struct filter_match *match,
			     uint32_t most, struct error *err)
{
	struct reset_share share = {.kinds = kinds, .match = match};
	const struct held_choice choice = {reset_share_takes, &share, UINT64_MAX};
	enum status status;

	if (most < kinds->count)
		most = kinds->count;
	share.share = kinds->count ? most / kinds->count : 1;
	share.seen = calloc((size_t)kinds->count + 1, sizeof *share.seen);
	if (!share.seen)
		return error_errno(err, ENOMEM, "resets");
	status = held_read(held, txn, "resets", most, &choice, err);
	free(share.seen);
	return status;
}
