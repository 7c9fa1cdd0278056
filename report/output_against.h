/* What a set would be, against what lies in a folder: the same writers write, but each byte is only
 * compared with the file that is there. Nothing is written anywhere.
 */
#ifndef CROSSTAP_REPORT_OUTPUT_AGAINST_H
#define CROSSTAP_REPORT_OUTPUT_AGAINST_H

#include <stdint.h>

#include "report/output.h"

#define OUTPUT_AGAINST_NAME 64

enum against_found {
	AGAINST_SAME,
	AGAINST_DIFFERS, /* at this byte and line */
	AGAINST_SHORT,   /* the file ends where more was to come */
	AGAINST_LONG,    /* it goes on where nothing was to come */
	AGAINST_NONE,    /* it cannot be read: see error_number */
};

struct against_result {
	char name[OUTPUT_AGAINST_NAME];
	enum against_found found;
	uint64_t byte, line; /* from 1 */
	int error_number;
};

struct output_against;

/* `directory` is an open one, and stays the caller's. */
struct output_against *output_against_new(int directory); /* NULL: no memory */
void output_against_free(struct output_against **against);

/* The files that were finished so far. Borrowed until the next one is. */
const struct against_result *output_against_results(const struct output_against *against,
						    uint32_t *count);

/* Opens a regular file below an open directory, to be read, and nothing else: no link is followed,
 * and nothing waited for, as a pipe would have it. -1 and errno. */
int output_open_there(int directory, const char *name);

/* Behind output_open_in() and output_finish(). */
enum status output_against_begin(struct output_against *against, const char *name,
				 struct output *output, struct error *err) MUST_CHECK;
enum status output_against_finish(struct output *output, struct error *err) MUST_CHECK;
void output_against_abort(struct output *output);

#endif
