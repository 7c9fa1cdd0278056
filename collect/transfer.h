/* Captures out of one store into another: to compare what others collected at their points, and to
 * make a store of aliases of one that has everything.
 *
 * Points of the same name are one. A capture that is there already is passed over, as when it is
 * collected again. The results of a store do not come along.
 *
 * A store comes from others: all of it is read and checked before anything is written, so that a
 * damaged one leaves no trace.
 */
#ifndef CROSSTAP_COLLECT_TRANSFER_H
#define CROSSTAP_COLLECT_TRANSFER_H

#include <stdint.h>

#include "collect/capture.h"
#include "collect/error.h"
#include "collect/holding.h"
#include "collect/store.h"

struct transfer_result {
	uint32_t captures, known; /* all of them, and those that were there before */
	uint64_t packets;
};

/* `holding` is the target's (see holding_bind()). STATUS_USAGE: the stores have other seeds, or `from` holds
 * something else, which only more can be taken away from: everything may become a store of
 * aliases, but no alias an address again. */
enum status transfer_run(struct store *from, struct store *to, const struct holding *holding,
			 struct transfer_result *result, struct error *err) MUST_CHECK;

/* Reads all of a capture, and writes nothing: whether its values fit one another. */
enum status transfer_look(struct store_txn *txn, const struct capture *capture, struct error *err)
	MUST_CHECK;

#endif
