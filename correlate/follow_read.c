/* What a round shows of the tables of results. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/follow.h"
#include "correlate/results.h"

static const unsigned follow_columns[FOLLOW_NUMBERS] = {
	[FOLLOW_PACKETS] = HOPS_PACKETS,	 [FOLLOW_MATCHED] = HOPS_MATCHED,
	[FOLLOW_DROPPED] = HOPS_DROPPED,	 [FOLLOW_INJECTED] = HOPS_INJECTED,
	[FOLLOW_LOCAL] = HOPS_LOCAL,		 [FOLLOW_UNCAPTURED] = HOPS_UNCAPTURED,
	[FOLLOW_EDGE] = HOPS_EDGE,		 [FOLLOW_AMBIGUOUS] = HOPS_AMBIGUOUS,
	[FOLLOW_EXCLUDED] = HOPS_EXCLUDED,	 [FOLLOW_DELAY_P50] = HOPS_DELAY_P50,
	[FOLLOW_DELAY_P99] = HOPS_DELAY_P99,	 [FOLLOW_DELAY_MAX] = HOPS_DELAY_MAX,
	[FOLLOW_CLOCK_ERROR] = HOPS_CLOCK_ERROR,
};

static void follow_text(char *to, size_t room, const struct table_reader *row, unsigned column)
{
	snprintf(to, room, "%s", table_text(row, column));
}

static enum status read_hop(const struct table_reader *row, struct follow_round *round, struct error *err)
{
	struct follow_hop *grown = realloc(round->hop, ((size_t)round->hops + 1) * sizeof *grown), *hop;
	unsigned n;

	if (!grown)
		return error_errno(err, ENOMEM, "hops");
	round->hop = grown;
	hop = &grown[round->hops++];
	memset(hop, 0, sizeof *hop);
	follow_text(hop->hop, sizeof hop->hop, row, HOPS_HOP);
	follow_text(hop->direction, sizeof hop->direction, row, HOPS_DIRECTION);
	for (n = 0; n < FOLLOW_NUMBERS; n++)
		hop->number[n] = table_int(row, follow_columns[n]);
	hop->loss_ratio = table_real(row, HOPS_LOSS_RATIO);
	return STATUS_OK;
}

/* RSTs that a box made in another's name: how many, by cause; those of causes beyond the list by hop only. */
static enum status read_reset(const struct table_reader *row, struct follow_round *round, struct error *err)
{
	struct follow_reset one = {.count = 0};
	uint32_t i;

	if (strcmp(table_text(row, RESETS_VERDICT), "injected") != 0)
		return STATUS_OK;
	follow_text(one.hop, sizeof one.hop, row, RESETS_HOP);
	follow_text(one.direction, sizeof one.direction, row, RESETS_DIRECTION);
	follow_text(one.cause, sizeof one.cause, row, RESETS_CAUSE);
	for (i = 0; i < round->hops; i++)
		round->hop[i].resets += strcmp(round->hop[i].hop, one.hop) == 0 &&
					strcmp(round->hop[i].direction, one.direction) == 0;
	for (i = 0; i < round->resets; i++)
		if (strcmp(round->reset[i].hop, one.hop) == 0 && strcmp(round->reset[i].cause, one.cause) == 0 &&
		    strcmp(round->reset[i].direction, one.direction) == 0)
			break;
	if (i == round->resets && i == FOLLOW_RESETS_MAX)
		return STATUS_OK;
	if (i == round->resets)
		round->reset[round->resets++] = one;
	round->reset[i].count++;
	return STATUS_OK;
}

static enum status read_finding(const struct table_reader *row, struct follow_round *round, struct error *err)
{
	struct follow_finding *finding = &round->finding[round->findings];

	if (round->findings == FOLLOW_FINDINGS_MAX)
		return STATUS_OK;
	follow_text(finding->severity, sizeof finding->severity, row, FINDINGS_SEVERITY);
	follow_text(finding->text, sizeof finding->text, row, FINDINGS_TEXT);
	round->findings++;
	return STATUS_OK;
}

/* Hops first: RSTs are counted there, too. */
static const struct {
	const struct table_schema *schema;
	enum status (*row)(const struct table_reader *row, struct follow_round *round, struct error *err);
} follow_tables[] = {
	{&results_hops, read_hop}, {&results_resets, read_reset}, {&results_findings, read_finding},
};

static enum status read_table(struct store_txn *txn, size_t which, struct follow_round *round,
			      struct error *err)
{
	struct table_reader *reader = NULL;
	enum status status = table_open(txn, follow_tables[which].schema, &reader, err);
	bool more = true;

	while (!status) {
		status = table_next(reader, &more, err);
		if (status || !more)
			break;
		status = follow_tables[which].row(reader, round, err);
	}
	table_close(&reader);
	return status;
}

enum status follow_read(struct store *store, struct follow_round *round, struct error *err)
{
	struct store_txn *txn = NULL;
	enum status status = store_begin(store, false, &txn, err);
	size_t i;

	for (i = 0; i < sizeof follow_tables / sizeof follow_tables[0] && !status; i++)
		status = read_table(txn, i, round, err);
	store_abort(&txn);
	return status;
}
