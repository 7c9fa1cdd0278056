/* The captures of a store as rows for another engine: `packets`, a row for each frame, and
 * `captures`, which says what these are of. Rows of many stores may lie in one table when the stores have one
 * seed: then the same packet has the same fingerprint in all of them.
 */
#ifndef CROSSTAP_COLLECT_EXPORT_PACKETS_H
#define CROSSTAP_COLLECT_EXPORT_PACKETS_H

#include "collect/capture.h"
#include "collect/export.h"
#include "collect/store.h"

struct progress;

struct export_request {
	const char *store;
	const char *directory;  /* NULL: rows of packets to standard output */
	enum export_format format;
	bool headers;           /* fingerprints of headers alone: see fingerprint_header() */
	struct progress *progress; /* NULL: none */
};

struct export_result {
	uint64_t packets, short_prefixes; /* of those, without a fingerprint of their payload */
};

/* Points in the order of their names, a point's captures by capture_compare(), frames in the order
 * of the file: the order of collecting does not show. */
enum status export_packets(const struct export_request *request, struct export_result *result,
			   struct error *err) MUST_CHECK;

/* `captures` alone, of the transaction's store, into a directory that is there. */
enum status export_captures(struct store_txn *txn, const char *directory, enum export_format format,
			    struct error *err) MUST_CHECK;

/* What names a capture in rows of any store: the first 8 bytes of its digest. */
uint64_t export_capture_id(const struct capture *capture);

#endif
