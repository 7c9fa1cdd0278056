/* The summary for people, on a terminal or in summary.txt: the answer in a sentence,
 * the path and how it was found, the worst findings, the hops in numbers, and
 * what was read. At most TEXT_WIDTH columns wide; whatever came from a packet or a file
 * name is escaped (collect/terminal.h).
 */
#ifndef CROSSTAP_REPORT_TEXT_H
#define CROSSTAP_REPORT_TEXT_H

#include <stdbool.h>

#include "collect/error.h"
#include "collect/store.h"
#include "report/output.h"

#define TEXT_WIDTH 100
#define TEXT_FINDINGS_MAX 20 /* the rest is in findings.csv */
#define TEXT_NOTES_MAX 20    /* about captures; the rest is in manifest.csv */

struct text_options {
	bool colour;
	bool ascii;          /* bars of delay: for a terminal that knows no other characters */
	const char *closing; /* the last sentence: where the files are */
};

/* How the path was found, in words: "found by the packets' TTL", for path_evidence of the run. */
const char *text_path_how(const char *evidence);

enum status text_write(struct output *output, struct store_txn *txn,
		       const struct text_options *options, struct error *err) MUST_CHECK;

#endif
