/* The manifest: what was read, one row for each capture, so that a report says
 * which bytes it is of. By point as the path has them (then as they were first
 * collected), then time of the first packet, then digest: the order in which
 * the files were collected does not show.
 */
#ifndef CROSSTAP_REPORT_MANIFEST_H
#define CROSSTAP_REPORT_MANIFEST_H

#include "collect/capture.h"
#include "report/rows.h"

enum manifest_column {
	MANIFEST_POINT, MANIFEST_CAPTURE, MANIFEST_FORMAT, MANIFEST_LINK_TYPE, MANIFEST_BYTES,
	MANIFEST_SHA256, MANIFEST_PACKETS, MANIFEST_FIRST, MANIFEST_LAST, MANIFEST_SNAPLEN,
	MANIFEST_CAPTURE_DROPS, MANIFEST_TRUNCATED_PACKETS, MANIFEST_DAMAGE_OFFSET,
	MANIFEST_DAMAGE, MANIFEST_COLUMNS
};

/* In this order; for other sheets that have them, too. */
#define MANIFEST_COLUMN_LIST                                                \
	{"point", TABLE_FOREIGN, 0},         {"capture", TABLE_FOREIGN, 0}, \
	{"format", TABLE_TEXT, 0},           {"link_type", TABLE_TEXT, 0},  \
	{"bytes", TABLE_INT, 0},             {"sha256", TABLE_TEXT, 0},     \
	{"packets", TABLE_INT, 0},           {"first", TABLE_TIME, 9},      \
	{"last", TABLE_TIME, 9},             {"snaplen", TABLE_INT, 0},     \
	{"capture_drops", TABLE_INT, 0},     {"truncated_packets", TABLE_INT, 0}, \
	{"damage_offset", TABLE_INT, 0},     {"damage", TABLE_FOREIGN, 0}

extern const struct table_schema manifest_schema;

/* As rows_open_table(). */
enum status manifest_open(struct rows **out, struct store_txn *txn,
			  const struct table_schema *schema, struct error *err) MUST_CHECK;

#endif
