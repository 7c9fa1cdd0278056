/* What crosstap-report is asked for: its options, and whether they go together. */
#ifndef CROSSTAP_REPORT_REQUEST_H
#define CROSSTAP_REPORT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/error.h"
#include "collect/export_ask.h"
#include "collect/options.h"
#include "report/compare_show.h"
#include "report/query.h"

/* What goes to the standard output. */
enum request_what {
	REQUEST_NOTHING, REQUEST_TEXT, REQUEST_CSV, REQUEST_JSON, REQUEST_HTML, REQUEST_PCAPNG,
	REQUEST_SESSION
};

struct request {
	struct option_common common;
	const char *verify;         /* a set to be checked, and nothing else done */
	const char *key_file;       /* --anonymize; NULL: as the store is */
	const char *expect;         /* --expect; NULL: as the store is */
	const char *store, *directory, *csv, *format, *fail_on, *filter, *verdicts;
	const char **captures;      /* directories */
	size_t captures_count;
	bool headers_only;
	struct export_ask export;
	struct compare_request compare; /* --before, --after */
	uint64_t session;           /* 0: none */
	enum request_what what;
	struct query *query;        /* of the filter; NULL: none */
	struct query_fault fault;   /* where it is wrong, if its text is not "" */
};

/* The command line, into a struct request that begins zeroed. */
extern const struct option_tool request_tool;

/* Whether what is asked for goes together; fills in `what` and `query`. */
enum status request_check(struct request *request, struct error *err) MUST_CHECK;
void request_free(struct request *request);

/* Two runs are compared, instead of one being shown. */
bool request_is_comparison(const struct request *request);

#endif
