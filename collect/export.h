/* Rows for an engine that joins what one machine does not hold: ClickHouse's RowBinary, or CSV for
 * any other.
 *
 * RowBinary has no header: a row is its cells one behind the other, numbers little-endian, texts
 * behind their length (LEB128), addresses as 16 bytes in network order, IPv4 in ::ffff:0:0/96. What
 * is not known is 0, or a byte 1 in place of the cell where its column says that it may be unknown;
 * in CSV it is an empty cell. The same rows give the same bytes.
 */
#ifndef CROSSTAP_COLLECT_EXPORT_H
#define CROSSTAP_COLLECT_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/aside.h"
#include "collect/error.h"

enum export_format { EXPORT_ROWBINARY, EXPORT_CSV };

enum export_type {
	EXPORT_UINT8,
	EXPORT_UINT16,
	EXPORT_UINT32,
	EXPORT_UINT64,
	EXPORT_INT64,
	EXPORT_INT64_OR_NULL,
	EXPORT_ADDRESS, /* 16 bytes */
	EXPORT_TEXT,
	EXPORT_WORD,    /* a small number, whose word CSV shows; an Enum8 of ClickHouse */
};

struct export_column {
	const char *name;
	enum export_type type;
	const char *const *words; /* of EXPORT_WORD, by number */
};

struct export_schema {
	const char *name;             /* of the file, without its ending */
	unsigned columns;             /* at most EXPORT_COLUMNS_MAX */
	const struct export_column *column;
};

#define EXPORT_COLUMNS_MAX 32
#define EXPORT_TEXT_MAX 1024 /* bytes; a longer text is cut */

struct export_cell {
	uint64_t number;        /* of an EXPORT_INT64, its bits */
	const uint8_t *address; /* borrowed until the row is written */
	const char *text;       /* borrowed until the row is written; NULL: "" */
	bool unknown;
};

struct export;

/* "rowbinary" or "csv"; NULL is rowbinary. */
enum status export_format_named(const char *name, enum export_format *format, struct error *err)
	MUST_CHECK;

/* Begins a file of a directory, which is there; directory NULL: the standard output. */
enum status export_open(struct export **out, const char *directory,
			const struct export_schema *schema, enum export_format format,
			struct error *err) MUST_CHECK;
/* Writes a row of as many cells as the schema has columns. */
enum status export_row(struct export *export, const struct export_cell *cells, struct error *err)
	MUST_CHECK;
/* The file appears. Frees; *export becomes NULL, on failure too. */
enum status export_finish(struct export **export, struct error *err) MUST_CHECK;
/* Removes what was written. NULL is legal; *export becomes NULL. */
void export_abort(struct export **export);

/* An address as EXPORT_ADDRESS has it; `bytes` as in struct capture_flow. */
void export_address(uint8_t out[16], uint8_t version, const uint8_t bytes[16]);

#endif
