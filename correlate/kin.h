/* Kin: points that share no packets, or next to none, because a proxy between them ends every
 * connection, but the same requests. What they share of those gives a coarse clock and
 * an order: the exchange that lasts longer encloses the other.
 */
#ifndef CROSSTAP_CORRELATE_KIN_H
#define CROSSTAP_CORRELATE_KIN_H

#include "collect/error.h"
#include "correlate/content.h"
#include "correlate/meeting.h"
#include "correlate/survey.h"
#include "correlate/view.h"

/* Looks for kin among the points that do not share a fair part of their packets, and notes it in the
 * meeting: pair[][].kin, votes on the order, and what set_clocks needs. */
enum status kin_find(struct meeting *meeting, const struct view *view,
		     const struct survey_flow *flows, const struct contents *contents,
		     struct error *err) MUST_CHECK;

#endif
