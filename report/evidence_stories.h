/* The stories of sessions as a file for Wireshark: every packet of theirs at every point, with the
 * words of its verdict as a comment where it is another than matched.
 */
#ifndef CROSSTAP_REPORT_EVIDENCE_STORIES_H
#define CROSSTAP_REPORT_EVIDENCE_STORIES_H

#include "report/evidence_file.h"
#include "report/stories.h"

/* Of the sessions that have a ladder those that findings are made of (failed, aborted or degraded, or with a packet
 * dropped, injected or reset); all of them where they are of a filter, or one that was asked for.
 * Where they have more packets than fit the worst are taken, each whole. `options->comment` is
 * ignored: the file says which sessions it has. */
enum status evidence_write_stories(struct output *output, const struct stories *stories,
				   const struct evidence_options *options,
				   struct evidence_result *result, struct error *err) MUST_CHECK;

#endif
