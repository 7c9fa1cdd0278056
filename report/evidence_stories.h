/* The stories of sessions as a file for Wireshark: every packet of theirs at every point, with the
 * words of its verdict as a comment where it is another than matched.
 */
#ifndef CROSSTAP_REPORT_EVIDENCE_STORIES_H
#define CROSSTAP_REPORT_EVIDENCE_STORIES_H

#include "report/evidence_file.h"
#include "report/filter_match.h"

#define EVIDENCE_SESSIONS_MAX 200u /* the worst ones, some of every kind first */

/* Of one session (its number; 0: none), or of those that a filter takes, or of those that findings
 * are made of: not ok, or with a packet dropped, injected or reset. */
struct evidence_stories {
	uint64_t session;
	const struct filter_match *match; /* NULL: no filter */
};

/* STATUS_USAGE: there is no such session. `options->comment` is ignored: the file says which
 * sessions it has. */
enum status evidence_write_stories(struct output *output, struct store_txn *txn,
				   const struct evidence_stories *stories,
				   const struct evidence_options *options,
				   struct evidence_result *result, struct error *err) MUST_CHECK;

#endif
