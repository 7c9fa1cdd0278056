/* What every page has around its sections: one file that asks nothing of anybody, with its style
 * sheet and script inside and a policy that allows only those.
 */
#ifndef CROSSTAP_REPORT_PAGE_FRAME_H
#define CROSSTAP_REPORT_PAGE_FRAME_H

#include <stdbool.h>
#include <stdio.h>

/* Up to the navigation; links to sections follow, then page_frame_main(). `title` is raw; without
 * `script` no script may run. False: no memory. */
bool page_frame_begin(FILE *stream, const char *title, bool script);
void page_frame_link(FILE *stream, const char *id, const char *name);
void page_frame_main(FILE *stream, const char *heading);
/* From the footer on, which says `about` behind the version. */
void page_frame_end(FILE *stream, const char *about, bool script);

#endif
