/* Operands of the front door: POINT=FILE[,FILE...], gathered by point.
 *
 * A comma separates files, unless a file of the longer name is there:
 * "a,b.pcap,c.pcap" is two files where "a,b.pcap" exists. The same point may come
 * several times; points keep the order in which they come first.
 */
#ifndef CROSSTAP_REPORT_OPERAND_H
#define CROSSTAP_REPORT_OPERAND_H

#include <stdbool.h>
#include <stddef.h>

#include "collect/error.h"

struct operand_point {
	char *name;
	char **file; /* as crosstap-collect takes them */
	size_t files;
};

/* Starts as {0}. */
struct operands {
	struct operand_point *point;
	size_t points;
};

/* Takes one operand in. STATUS_USAGE says what is wrong with it. */
enum status operands_add(struct operands *operands, const char *text, struct error *err) MUST_CHECK;
/* The directories that the files are in, each once, in order of first sight: what stands in front of their
 * names. False: no memory. The list, and what it has so far, is the caller's to free with
 * operands_free_folders(). */
bool operands_folders(const struct operands *operands, char ***folder, size_t *count);
void operands_free_folders(char **folder, size_t count);
void operands_free(struct operands *operands);

#endif
