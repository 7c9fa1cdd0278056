#include "report/closing.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/terminal.h"
#include "report/wording.h"

char *closing_filter(const char *filter, const struct filter_match *match, bool files)
{
	char taken[TERMINAL_NUMBER_MAX], all[WORDING_ROOM], *safe = wording_safe(filter), *closing;

	if (!safe || asprintf(&closing,
			      "--filter '%s' takes %s of %s: %s the rows of sessions, "
			      "session_points, drops, injected and resets are theirs only. This "
			      "summary and all other tables are of all sessions.", safe,
			      terminal_number(taken, match->taken),
			      wording_count(all, match->sessions, "session"),
			      files ? "in the CSV files" : "with --csv or -o DIR") < 0)
		closing = NULL;
	free(safe);
	return closing;
}
