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

extern const struct table_schema manifest_schema;

/* As rows_open_table(). */
enum status manifest_open(struct rows **out, struct store_txn *txn,
			  const struct table_schema *schema, struct error *err) MUST_CHECK;

#endif
