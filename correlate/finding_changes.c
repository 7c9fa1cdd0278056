/* Findings: header fields that a hop changed, where that hurts. One for each hop, direction and
 * kind; changes.csv has all of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/change_field.h"
#include "correlate/finding_list.h"
#include "correlate/finding_words.h"

/* ---- which rows ---- */

static bool row_any(const struct change_row *row)
{
	return true;
}

static bool row_removed(const struct change_row *row)
{
	return strcmp(row->to, CHANGE_NONE) == 0;
}

static bool row_has_values(const struct change_row *row)
{
	return strcmp(row->from, CHANGE_NONE) != 0 && strcmp(row->to, CHANGE_NONE) != 0 &&
	       strcmp(row->to, CHANGE_OTHERS) != 0;
}

static bool row_lowered(const struct change_row *row)
{
	return row_has_values(row) && atol(row->to) < atol(row->from);
}

static bool row_not_ect(const struct change_row *row)
{
	return strcmp(row->to, "Not-ECT") == 0;
}

static bool row_not_translated(const struct change_row *row)
{
	return strcmp(row->to, CHANGE_NOT_TRANSLATED) == 0;
}

static bool row_broken(const struct change_row *row)
{
	return strcmp(row->to, CHANGE_BROKEN) == 0;
}

static const struct change_finding {
	uint8_t field;
	bool (*is)(const struct change_row *row);
	uint8_t severity;
	const char *kind, *did, *evidence;
} change_findings[] = {
	{FIELD_SACK_BLOCKS, row_not_translated, SEVERITY_HIGH, "changes.sack_broken",
	 "shifted the sequence numbers, but not those in the SACK blocks, of",
	 "the blocks' edges are the same on both sides, the acknowledgment numbers are not: the "
	 "sender drops such acknowledgments or repeats what has arrived"},
	{FIELD_CHECKSUM, row_broken, SEVERITY_HIGH, "changes.checksum_broken",
	 "made a right checksum wrong in",
	 "the receiver drops such a packet without a word"},
	{FIELD_IP_CHECKSUM, row_broken, SEVERITY_HIGH, "changes.checksum_broken",
	 "made a right checksum wrong in",
	 "the receiver drops such a packet without a word"},
	{FIELD_WINDOW_SCALE, row_has_values, SEVERITY_HIGH, "changes.window_scale_changed",
	 "changed the window scale in",
	 "the ends count the same window differently (RFC 7323 2.2)"},
	{FIELD_WINDOW_SCALE, row_removed, SEVERITY_MEDIUM, "changes.window_scale_removed",
	 "removed the window scale from",
	 "no window above 64 KiB without it: slow on long paths (RFC 7323 2.2)"},
	{FIELD_ECN, row_not_ect, SEVERITY_MEDIUM, "changes.ecn_cleared", "cleared the ECN field of",
	 "congestion behind or in front of the hop is told by loss only (RFC 3168)"},
	{FIELD_PAYLOAD, row_any, SEVERITY_MEDIUM, "changes.payload", "changed the payload of",
	 "an application gateway that rewrites addresses, an inspection, or damage"},
	{FIELD_SACK_PERMITTED, row_removed, SEVERITY_LOW, "changes.sack_removed",
	 "removed SACK permitted from", "recovery from loss is slower without (RFC 2018)"},
	{FIELD_TIMESTAMPS, row_removed, SEVERITY_LOW, "changes.timestamps_removed",
	 "removed timestamps from",
	 "round trips are measured worse without, and old segments are not told (RFC 7323 5)"},
	{FIELD_DSCP, row_any, SEVERITY_LOW, "changes.dscp", "rewrote DSCP of",
	 "queues behind the hop serve such packets by another class"},
	{FIELD_MSS, row_lowered, SEVERITY_INFO, "changes.mss_clamped", "lowered the MSS of",
	 "usual in front of tunnels and PPPoE, so that no packet is too large"},
};
#define CHANGE_FINDINGS (sizeof change_findings / sizeof change_findings[0])

/* ---- telling ---- */

/* "fw-in > fw-out lowered the MSS of 12 packets: 1460 -> 1200" */
static void change_text(struct finding *one, const char *hop, const char *did, uint64_t packets,
			const struct change_row *row, uint32_t rows)
{
	char number[32];
	struct words words;

	finding_number(number, sizeof number, packets);
	words_begin(&words);
	words_add(&words, hop);
	words_add(&words, " ");
	words_add(&words, did);
	words_add(&words, " ");
	words_add(&words, number);
	words_add(&words, packets == 1 ? " packet" : " packets");
	if (strcmp(row->from, row->to) != 0) {
		words_add(&words, ": ");
		words_add(&words, row->from);
		words_add(&words, " -> ");
		words_add(&words, row->to);
		if (rows > 1)
			words_add(&words, ", and others");
	}
	finding_say(one->text, &words);
}

/* Rows of a kind: the one with most packets stands for them. */
static void change_finding(struct findings *f, uint32_t hop, unsigned direction,
			   const struct change_finding *kind, const struct change_row *row,
			   uint64_t packets, uint32_t rows)
{
	const struct view_point *point = &f->j->view->point[row->point];
	struct finding *one = finding_new(f, kind->severity, kind->kind);
	char name[FINDING_HOP];

	if (!one)
		return;
	finding_hop(f->j, hop, (int)direction, name, sizeof name);
	change_text(one, name, kind->did, packets, row, rows);
	snprintf(one->evidence, sizeof one->evidence,
		 "%s; for example frame %lld at %s, session %lu", kind->evidence,
		 (long long)view_get(point, RECORD_FRAME, row->index), point->name,
		 (unsigned long)row->session + 1);
	one->count = packets;
	one->hop = hop;
	one->direction = (int)direction;
}

static void change_find(struct findings *f, uint32_t hop, unsigned direction,
			const struct change_finding *kind)
{
	const struct change_row *row, *most = NULL;
	uint64_t packets = 0;
	uint32_t count, rows = 0, i;

	row = changes_rows(f->v->hop[hop].changes[direction], &count);
	for (i = 0; i < count; i++) {
		if (row[i].field != kind->field || row[i].expected || !kind->is(&row[i]))
			continue;
		if (!most || row[i].packets > most->packets)
			most = &row[i];
		packets += row[i].packets;
		rows++;
	}
	if (most)
		change_finding(f, hop, direction, kind, most, packets, rows);
}

void findings_of_changes(struct findings *f)
{
	uint32_t h;
	unsigned d;
	size_t k;

	for (h = 0; h < f->v->hops; h++)
		for (d = 0; d < 2; d++)
			for (k = 0; k < CHANGE_FINDINGS; k++)
				change_find(f, h, d, &change_findings[k]);
}

/* ---- sessions ---- */

bool finding_said_by_changes(const struct findings *f, uint32_t hop, unsigned find)
{
	static const struct {
		uint8_t find;
		const char *kind;
	} rows[] = {
		{FIND_CHECKSUM_ERROR, "changes.checksum_broken"},
		{FIND_SACK_BROKEN, "changes.sack_broken"},
		{FIND_OPTIONS_STRIPPED, "changes.window_scale_removed"},
		{FIND_OPTIONS_STRIPPED, "changes.sack_removed"},
		{FIND_OPTIONS_STRIPPED, "changes.timestamps_removed"},
	};
	uint32_t i, k;

	for (k = 0; k < sizeof rows / sizeof rows[0]; k++)
		for (i = 0; rows[k].find == find && i < f->count; i++)
			if (f->list[i].hop == hop &&
			    strcmp(f->list[i].kind_text, rows[k].kind) == 0)
				return true;
	return false;
}
