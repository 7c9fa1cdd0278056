/* Making samples. For compare_measure*.c only.
 */
#ifndef CROSSTAP_REPORT_COMPARE_MEASURE_MAKE_H
#define CROSSTAP_REPORT_COMPARE_MEASURE_MAKE_H

#include "report/compare_measure.h"

/* An empty sample; valid until the next one. NULL: no memory. */
struct measure *measure_add(struct measures *m, enum metric_number metric, const char *suffix,
			    const char *cause, const char *hop);
/* The sample of that name, made where it is not there yet. */
struct measure *measure_of(struct measures *m, enum metric_number metric, const char *suffix,
			   const char *cause, const char *hop);
void measures_sort(struct measures *m);

/* A word of the profile: what stands before, between and behind its two tabs. */
struct measure_word {
	char text[2][PROFILE_TEXT_MAX + 1];
	const char *hop; /* valid as long as the profile, and the text */
};
/* The third is a hop's name, or what a word has there. */
void measure_split(struct measure_word *word, const struct profile *profile, const char *text);

#endif
