/* What the run learned of proxies, as rows of translations.csv.
 */
#ifndef CROSSTAP_CORRELATE_STORY_LEGS_H
#define CROSSTAP_CORRELATE_STORY_LEGS_H

#include "collect/table.h"
#include "correlate/story.h"

/* Adds a row for each pair of a client's and a server's connection, in the order of time. */
enum status story_legs_write(struct table_writer *writer, const struct judging *judging,
			     struct error *err) MUST_CHECK;

#endif
