/* What the run learned of shifted sequence numbers, as rows of translations.csv.
 */
#ifndef CROSSTAP_CORRELATE_STORY_SHIFTS_H
#define CROSSTAP_CORRELATE_STORY_SHIFTS_H

#include "collect/table.h"
#include "correlate/story.h"

/* Adds them to the table, in the order of sessions. */
enum status story_shifts_write(struct table_writer *writer, const struct judging *judging,
			       struct error *err) MUST_CHECK;

#endif
