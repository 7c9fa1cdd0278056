/* Shifts: by how much a box moved the sequence numbers of each session and direction, learned from
 * packets that are the same but for their numbers.
 *
 * Flows of one tuple are held against each other by their SYNs, and by segments of the same payload
 * or with the same timestamp; flows of any tuples (NAT) by rare payloads and timestamps alone. A
 * key that a point shows twice says nothing. What the keys of two flows say of the
 * difference is put to the vote.
 */
#ifndef CROSSTAP_CORRELATE_SHIFT_H
#define CROSSTAP_CORRELATE_SHIFT_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/journey.h"
#include "correlate/links.h"
#include "correlate/meeting.h"
#include "correlate/path.h"
#include "correlate/renumber.h"
#include "correlate/survey.h"
#include "correlate/view.h"

/* Learns the shifts of all TCP flows, renumbers the view's flows by them, and the survey's numbers
 * with them. *found: how many flows have other numbers now than their first point. */
enum status shifts_learn(struct view *view, struct survey_flow *flows, uint32_t *found,
			 struct error *err) MUST_CHECK;

/* The same of the sessions of which no packet passed some hop, where both sides of one have
 * such: to be asked when packets are matched; `links` are counted then. *found is 0 as a rule, and nothing changes then. */
enum status shifts_learn_rest(struct view *view, struct survey_flow *flows, const struct path *path,
			      const struct journeys *journeys,
			      const struct link_count *links, uint32_t *found,
			      struct error *err) MUST_CHECK;

/* Parts of that. Of the flows that are wanted (a byte by node) shift_pick() leaves those that are
 * shifted against each other; shift_learn_of() learns from no others (NULL: from all), and
 * renumbers them. False: no memory. */
bool shift_pick(struct view *view, struct survey_flow *flows, uint8_t *wanted, bool *any);
bool shift_learn_of(struct view *view, struct survey_flow *flows, const uint8_t *wanted,
		    uint32_t *found);

/* What was learned, once more for the flows of a point (`flows` is the point's) that were surveyed
 * anew. */
void shifts_renumber_survey(const struct view_point *point, struct survey_flow *flows);

/* With clocks and path known: which of the handshakes that are held a SYN proxy made (it answers
 * the client before it asks the server); the others are released. */
enum status shifts_settle(struct view *view, const struct survey_flow *flows,
			  const struct meeting *meeting, struct error *err) MUST_CHECK;

#endif
