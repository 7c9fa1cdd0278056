/* The terminal's screen: a round in place of the one before. */
#ifndef CROSSTAP_CORRELATE_FOLLOW_SCREEN_H
#define CROSSTAP_CORRELATE_FOLLOW_SCREEN_H

#include <stdio.h>

#include "correlate/follow.h"

struct follow_screen;

/* Takes the screen, and keys as they are pressed; *screen is NULL where `out` or standard input is no terminal. */
enum status follow_screen_open(struct follow_screen **screen, FILE *out, const char *title,
			       struct error *err) MUST_CHECK;
enum status follow_screen_draw(struct follow_screen *screen, const struct follow_round *round,
			       struct error *err) MUST_CHECK;
/* Gives the terminal back as it was, with the last round on it. NULL is legal; *screen becomes NULL. */
void follow_screen_close(struct follow_screen **screen);

#endif
