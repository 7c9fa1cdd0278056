/* The judge: a verdict, a reason and a confidence for each packet that no link
 * explains, in the order: edge, local, uncaptured, dropped or injected.
 */
#ifndef CROSSTAP_CORRELATE_JUDGE_H
#define CROSSTAP_CORRELATE_JUDGE_H

#include "correlate/odd.h"

/* Judges the odd packets of one hop. */
enum status judge_hop(struct odd *odd, uint64_t odds, uint32_t hop,
		      const struct hop_session *session, const struct hop_result *result,
		      const struct judging *judging, struct error *err) MUST_CHECK;

/* The sentence behind a verdict, with the names of the points in it. */
void reason_text(const struct judging *judging, const struct odd *odd, char *text, size_t room);

#endif
