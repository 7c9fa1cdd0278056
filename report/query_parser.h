/* Parsing a query: what its parts share, operators (query.c) and tests (query_words.c).
 * For these and query_values.c only. */
#ifndef CROSSTAP_REPORT_QUERY_PARSER_H
#define CROSSTAP_REPORT_QUERY_PARSER_H

#include <stdbool.h>
#include <stddef.h>

#include "report/query.h"

struct query_parser {
	const char *text;          /* the expression */
	uint32_t at;               /* the next byte to be read */
	struct query *query;
	char *names;               /* room for the next name */
	bool again;                /* an address or port test came before: "port 80 or 443" */
	struct query_node before;  /* ... this one */
	const struct query_word *before_word; /* ... and its word */
	bool qualified;            /* ... and a protocol stood in front of it: */
	struct query_node qualifier;
	struct query_fault *fault;
	struct error *err;
};

/* Each reads from the next byte that is no blank. */

void query_skip_blanks(struct query_parser *parser);
/* Takes a word or a sign, if it is there as a whole. */
bool query_take(struct query_parser *parser, const char *token);
/* What was expected and what is there instead. */
enum status query_expected(struct query_parser *parser, const char *what) MUST_CHECK;
/* Bytes of the word that a text begins with. */
uint32_t query_word_bytes(const char *text);

/* The next word, cut, as text of its own; returns its bytes, and takes nothing. */
uint32_t query_peek(struct query_parser *parser, char *word, size_t room);

/* Each adds a node and gives its number. */
enum status query_add(struct query_parser *parser, const struct query_node *node,
		      uint16_t *number) MUST_CHECK;
enum status query_join(struct query_parser *parser, enum query_kind kind, uint16_t left,
		       uint16_t right, uint16_t *number) MUST_CHECK;
/* One test, such as "tcp port 80" or "dropped > 0". */
enum status query_parse_test(struct query_parser *parser, uint16_t *number) MUST_CHECK;

/* Each reads what follows a test's word into its node. */
typedef enum status query_read_value(struct query_parser *parser, struct query_node *node);
query_read_value query_read_host, query_read_net, query_read_port, query_read_portrange,
	query_read_none, query_read_proto, query_read_cause, query_read_state, query_read_outcome,
	query_read_point, query_read_hop, query_read_number, query_read_session;

#endif
