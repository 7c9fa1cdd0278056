/* Repeats: packets whose fingerprint was seen more than once at some point -
 * copies in the capture, duplicates that the network made, retransmissions,
 * keep-alives - told apart and linked, session by session.
 */
#ifndef CROSSTAP_CORRELATE_REPEAT_H
#define CROSSTAP_CORRELATE_REPEAT_H

#include "collect/error.h"
#include "correlate/hop.h"
#include "correlate/journey.h"
#include "correlate/meeting.h"
#include "correlate/path.h"
#include "correlate/session.h"
#include "correlate/view.h"

/* Marks the copies of captures that hold everything twice (SPAN, `-i any`) and
 * takes them out of the groups; what is left of a group and is at most once on
 * every stage is linked. To be done before anything is learned from links. */
enum status repeats_drop_copies(struct repeats *repeats, struct journeys *journeys,
				const struct view *view, const struct path *path,
				const struct meeting *meeting, struct error *err) MUST_CHECK;

/* Resolves all groups: marks duplicates and ambiguous records in
 * `journeys`, links the others. Where one flow on each side is left over with
 * nothing else to go by, they are joined to one session. */
enum status repeats_resolve(const struct repeats *repeats, struct journeys *journeys,
			    struct sessions *sessions, const struct hops *hops,
			    const struct view *view, const struct path *path,
			    const struct meeting *meeting, int64_t tmax_ns,
			    struct error *err) MUST_CHECK;

#endif
