/* The ladder: one session's story at all points, packet by packet in the order of time, as
 * text for people. A column for each stage of the path; each packet an arrow from where it
 * was seen first to where it was seen last, the time on the path between them, and below it
 * what the tables say of it: why it was dropped, where it came from.
 *
 * Nothing is concluded here but what is a retransmission of what, which the packets shown
 * say by themselves.
 */
#ifndef CROSSTAP_REPORT_LADDER_H
#define CROSSTAP_REPORT_LADDER_H

#include <stdbool.h>

#include "collect/store.h"
#include "report/output.h"

#define LADDER_WIDTH 100 /* columns, where the path is not too long for it */

/* `session` is the number in sessions.csv. STATUS_USAGE: there is no such one. */
enum status ladder_write(struct output *output, struct store_txn *txn, uint64_t session,
			 bool colour, struct error *err) MUST_CHECK;

#endif
