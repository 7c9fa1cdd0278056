/* How a capture lies in the store, for capture*.c only.
 *
 * 'C': its row, in the order of the table in capture.c (a store of before has no path, or no times between which it ran).
 * 'I': one byte, as long as it is being written.
 * 'R': blocks of records, see record.h.
 * 'F': blocks of flows: version, protocol, port a and b (16 bits each), 2 zeros,
 *      address a and b (16 bytes each), generation (32 bits).
 * 'D': dictionaries, by their number: each entry's size (16 bits) and bytes; and
 *      the drop places: time and packets (64 bits each); and the contents, see
 *      content_keep.h (a store of before has none).
 */
#ifndef CROSSTAP_COLLECT_CAPTURE_ROW_H
#define CROSSTAP_COLLECT_CAPTURE_ROW_H

#include "collect/buffer.h"
#include "collect/capture.h"

#define CAPTURE_FLOW_BYTES 44
#define CAPTURE_FLOWS_BLOCK 16384u
#define CAPTURE_DROP_BYTES 16
#define CAPTURE_DICTIONARIES 2
#define CAPTURE_DROP_DICTIONARY 2 /* the 'D' value behind the two dictionaries */
#define CAPTURE_CONTENTS 3        /* the 'D' value behind that */

void capture_row_put(struct buffer *out, const struct capture *capture);

/* The finished capture with the least number that is not below *from; *from
 * becomes the number behind it. *found is false behind the last. */
enum status capture_row_next(struct store_txn *txn, uint64_t *from, struct capture *capture,
			     bool *found, struct error *err) MUST_CHECK;

#endif
