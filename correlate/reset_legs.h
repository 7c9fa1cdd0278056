/* What ended a proxied session first: read off both legs, for the RSTs in it.
 */
#ifndef CROSSTAP_CORRELATE_RESET_LEGS_H
#define CROSSTAP_CORRELATE_RESET_LEGS_H

#include "collect/error.h"
#include "correlate/reset.h"

/* Fills the facts about legs of all resets; see struct reset_facts. */
enum status reset_legs_find(struct resets *resets, const struct judging *judging,
			    const struct dossier_source *source, struct error *err) MUST_CHECK;

#endif
