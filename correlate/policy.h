/* A policy: the rows of a rule base, as a CSV file says them, and which row a session is of.
 *
 * Columns are known by their names, in any order: name, src, dst, proto, dport and expect; only `name` may
 * be missing, and others are left alone. Rows are looked at from the top, and the first that matches holds,
 * as in a firewall. What a row says is what the client asks for, as it asks: before any NAT.
 */
#ifndef CROSSTAP_CORRELATE_POLICY_H
#define CROSSTAP_CORRELATE_POLICY_H

#include "correlate/policy_cell.h"

#define POLICY_ROWS_MAX 10000u
#define POLICY_BYTES_MAX (16u << 20) /* of the file */
#define POLICY_SHA256_TEXT 65
#define POLICY_NO_ROW UINT32_MAX

enum policy_expect { POLICY_ALLOW, POLICY_DENY, POLICY_REJECT, POLICY_EXPECTS };

/* The cells that are text, as they are written in the file. */
enum policy_text { POLICY_NAME, POLICY_SRC, POLICY_DST, POLICY_PROTO, POLICY_DPORT, POLICY_TEXTS };

struct policy_row {
	char *text[POLICY_TEXTS];
	struct policy_ranges src, dst;
	struct policy_protocols proto;
	struct policy_ports dport; /* no list: any, and what has no ports */
	uint32_t line;             /* of the file, from 1 */
	uint8_t expect;            /* enum policy_expect */
};

struct policy {
	struct policy_row *row;
	uint32_t rows;
	char sha256[POLICY_SHA256_TEXT]; /* of the file */
	const char *file;                /* its name without directories; borrowed from the path */
};

/* What a session asks for. */
struct policy_ask {
	struct policy_address src, dst;
	uint16_t dport;
	uint8_t version, proto;
};

/* STATUS_INPUT names the first bad row by file, line and column, and the lines of others. *out is NULL
 * then. The path must outlive the policy. */
enum status policy_read(struct policy **out, const char *path, struct error *err) MUST_CHECK;
void policy_free(struct policy **policy); /* NULL is legal */

/* The number of the first row that matches, from 0, or POLICY_NO_ROW. */
uint32_t policy_find(const struct policy *policy, const struct policy_ask *ask);
/* The first row before `row` that takes all that `row` might, so that it never can; or POLICY_NO_ROW. */
uint32_t policy_hidden_by(const struct policy *policy, uint32_t row);

const char *policy_expect_name(enum policy_expect expect);

#endif
