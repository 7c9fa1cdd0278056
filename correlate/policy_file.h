/* Policy files: CSV, with comments (#), blank lines, quotes, a byte order mark and any line ends. For
 * policy.c only.
 */
#ifndef CROSSTAP_CORRELATE_POLICY_FILE_H
#define CROSSTAP_CORRELATE_POLICY_FILE_H

#include "correlate/policy.h"

enum status policy_file_read(struct policy **out, const char *path, struct error *err) MUST_CHECK;
void policy_row_clear(struct policy_row *row);

#endif
