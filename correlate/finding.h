/* Findings: what a person should read first. One finding for each cause,
 * service and hop, not one for each packet, most serious first.
 */
#ifndef CROSSTAP_CORRELATE_FINDING_H
#define CROSSTAP_CORRELATE_FINDING_H

#include "collect/error.h"
#include "collect/store.h"
#include "correlate/expect.h"
#include "correlate/reset.h"
#include "correlate/story.h"
#include "correlate/verdict.h"

/* Writes findings.csv's rows. `expects` may be NULL. *gathered becomes the number of findings that share
 * a row. */
enum status findings_write(const struct judging *judging, const struct verdicts *verdicts,
			   const struct resets *resets, const struct stories *stories,
			   const struct expects *expects, struct store *store, uint32_t generation,
			   uint64_t *gathered, struct error *err) MUST_CHECK;

#endif
