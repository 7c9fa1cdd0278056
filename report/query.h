/* Queries: the language of --filter, which says what sessions are wanted. The words are
 * those of pcap-filter(7) where it has them; crosstap-report(1) documents all of it.
 *
 *	expression = chain { "or" chain }
 *	chain      = term { "and" term }
 *	term       = "not" term | "(" expression ")" | test
 *
 * A query is a list of nodes, operands before the operators that join them: whoever answers
 * it walks the list once and needs neither a stack nor memory of its own. Nothing is known
 * here of a store: whether there is such a hop or point is found out by who answers.
 */
#ifndef CROSSTAP_REPORT_QUERY_H
#define CROSSTAP_REPORT_QUERY_H

#include <stdint.h>

#include "collect/error.h"

#define QUERY_TEXT_MAX 4096  /* bytes of an expression */
#define QUERY_NODES_MAX 256u
#define QUERY_DEPTH_MAX 64u  /* of parentheses and `not` */
#define QUERY_HOPS_MAX 64u   /* tests of hops: bits of a scope */

enum query_kind {
	QUERY_AND, QUERY_OR, QUERY_NOT,                 /* of other nodes */
	QUERY_ADDRESS, QUERY_PORT, QUERY_PROTO, QUERY_VERSION,
	QUERY_OUTCOME, QUERY_CAUSE, QUERY_STATE, QUERY_HOP, QUERY_POINT,
	QUERY_NUMBER                                    /* a column of sessions */
};

enum query_end { QUERY_EITHER, QUERY_CLIENT, QUERY_SERVER };

enum query_compare { QUERY_LESS, QUERY_LESS_EQUAL, QUERY_EQUAL, QUERY_NOT_EQUAL,
		     QUERY_GREATER_EQUAL, QUERY_GREATER };

struct query_node {
	uint8_t kind;           /* enum query_kind */
	uint8_t end;            /* enum query_end: ADDRESS, PORT */
	uint8_t compare;        /* enum query_compare: NUMBER */
	uint8_t column;         /* enum sessions_column: NUMBER */
	uint8_t address_bytes;  /* ADDRESS: 4 or 16 */
	uint8_t prefix_bits;    /* ADDRESS */
	uint8_t address[16];    /* ADDRESS: network order */
	uint16_t left, right;   /* AND, OR; NOT has a left only */
	uint32_t offset;        /* where the test, or its name, stands in the expression */
	int64_t from, to;       /* PORT: both included. VERSION: 4 or 6 in `from`.
				   NUMBER: `from`, in the column's own unit (ns) */
	const char *text;       /* names and words */
	uint64_t scope;         /* NUMBER: counts packets at these hops only; bit k: the hop that
				   node query->hop[k] names. None: everywhere */
};

struct query {
	struct query_node node[QUERY_NODES_MAX];
	uint32_t nodes;         /* the last one is the answer */
	uint16_t hop[QUERY_HOPS_MAX]; /* nodes of QUERY_HOP */
	uint32_t hops;
	char *names;            /* what the nodes' texts point into */
};

/* Where an expression is wrong, and what was expected there. */
struct query_fault {
	uint32_t offset;        /* bytes into the expression */
	char text[256];         /* may hold raw bytes of the expression */
};

/* STATUS_USAGE: *fault is filled, and *err says the same in a line. */
enum status query_parse(struct query **out, const char *expression, struct query_fault *fault,
			struct error *err) MUST_CHECK;
/* NULL is legal; *query becomes NULL. */
void query_free(struct query **query);

/* Fills *fault and *err; returns STATUS_USAGE. */
enum status query_wrong(struct query_fault *fault, struct error *err, uint32_t offset,
			const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Two lines for a terminal: the expression (a long one's part), and a caret below the place.
 * The caller frees; NULL without memory. */
char *query_caret(const char *expression, uint32_t offset);

#endif
