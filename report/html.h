/* HTML: text that cannot become markup, and numbers as people read them.
 *
 * Whatever came from a packet or a file name is escaped twice: as for a terminal
 * (collect/terminal.h: control characters, what turns the direction of writing, bytes
 * that are no UTF-8), then as HTML.
 */
#ifndef CROSSTAP_REPORT_HTML_H
#define CROSSTAP_REPORT_HTML_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/rows.h"

/* As text between tags or in a quoted attribute. False: no memory. */
bool html_text(FILE *stream, const char *text);
/* A hop's name, with blanks around '>'. */
bool html_hop(FILE *stream, const char *hop);
/* As a JSON string, with its quotes, that cannot end a script element. */
bool html_json(FILE *stream, const char *text);

/* A number with commas between the thousands. */
void html_count(FILE *stream, uint64_t count);
/* A length of time in a fitting unit. */
void html_duration(FILE *stream, int64_t value_ns);
/* The same, finer, to compare clocks by. */
void html_offset(FILE *stream, int64_t value_ns);

/* The cell as CSV has it; "" where it is unknown. */
bool html_exact(FILE *stream, const struct table_column *column, const struct cell *cell);

#endif
