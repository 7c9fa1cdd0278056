/* A round as people read it, and as rows of CSV. Names that come from captures are written harmless. */
#ifndef CROSSTAP_CORRELATE_FOLLOW_SHOW_H
#define CROSSTAP_CORRELATE_FOLLOW_SHOW_H

#include <stdio.h>

#include "correlate/follow.h"

/* Some lines: the window, a table of hops and directions, RSTs by cause, what captures lost, who has stopped,
 * findings. */
void follow_show(FILE *stream, const struct follow_round *round);
/* The header row, and one row for each hop and direction. */
void follow_csv_header(FILE *stream);
void follow_csv(FILE *stream, const struct follow_round *round);

#endif
