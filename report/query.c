#include "report/query.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/terminal.h"
#include "report/query_parser.h"

/* ---- faults ---- */

enum status query_wrong(struct query_fault *fault, struct error *err, uint32_t offset,
			const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(fault->text, sizeof fault->text, format, list);
	va_end(list);
	fault->offset = offset;
	return error_set(err, STATUS_USAGE, "--filter: %s", fault->text);
}

/* Bytes shown on either side of the place. */
#define CARET_BEFORE 60
#define CARET_BEHIND 30

static uint32_t caret_columns(const char *text)
{
	uint32_t columns = 0;

	for (; *text; text++)
		columns += ((uint8_t)*text & 0xc0) != 0x80;
	return columns;
}

char *query_caret(const char *expression, uint32_t offset)
{
	uint32_t from = offset > CARET_BEFORE ? offset - CARET_BEFORE : 0;
	size_t behind = strnlen(expression + offset, CARET_BEHIND);
	char before[4 * CARET_BEFORE + 1], after[4 * CARET_BEHIND + 1], *lines;
	const char *dots = from ? "..." : "";
	uint32_t columns;

	terminal_escape(before, sizeof before, expression + from, offset - from);
	terminal_escape(after, sizeof after, expression + offset, behind);
	columns = caret_columns(dots) + caret_columns(before);
	if (asprintf(&lines, "  %s%s%s%s\n  %*s^\n", dots, before, after,
		     expression[offset + behind] ? "..." : "", (int)columns, "") < 0)
		return NULL;
	return lines;
}

/* ---- tokens ---- */

static bool query_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void query_skip_blanks(struct query_parser *p)
{
	while (query_blank(p->text[p->at]))
		p->at++;
}

uint32_t query_word_bytes(const char *text)
{
	uint32_t n = 0;

	while (text[n] && !query_blank(text[n]) && !strchr("()<>=!&|\"'", text[n]))
		n++;
	return n;
}

bool query_take(struct query_parser *p, const char *token)
{
	size_t size = strlen(token);
	bool letters = query_word_bytes(token) > 0;

	query_skip_blanks(p);
	if (strncmp(p->text + p->at, token, size) != 0 ||
	    (letters && query_word_bytes(p->text + p->at) != size))
		return false;
	p->at += (uint32_t)size;
	return true;
}

enum status query_expected(struct query_parser *p, const char *what)
{
	uint32_t bytes;

	query_skip_blanks(p);
	bytes = query_word_bytes(p->text + p->at);
	if (!p->text[p->at])
		return query_wrong(p->fault, p->err, p->at, "expected %s, got the end", what);
	return query_wrong(p->fault, p->err, p->at, "expected %s, got \"%.*s\"", what,
			   bytes ? bytes > 40 ? 40 : (int)bytes : 1, p->text + p->at);
}

/* ---- nodes ---- */

enum status query_add(struct query_parser *p, const struct query_node *node, uint16_t *number)
{
	struct query *q = p->query;

	if (q->nodes == QUERY_NODES_MAX)
		return query_wrong(p->fault, p->err, p->at,
				   "more than %u tests and operators in one expression",
				   QUERY_NODES_MAX);
	if (node->kind == QUERY_HOP) {
		if (q->hops == QUERY_HOPS_MAX)
			return query_wrong(p->fault, p->err, node->offset,
					   "more than %u hops in one expression", QUERY_HOPS_MAX);
		q->hop[q->hops++] = (uint16_t)q->nodes;
	}
	*number = (uint16_t)q->nodes;
	q->node[q->nodes++] = *node;
	return STATUS_OK;
}

enum status query_join(struct query_parser *p, enum query_kind kind, uint16_t left,
		       uint16_t right, uint16_t *number)
{
	struct query_node node = {.kind = (uint8_t)kind, .left = left, .right = right,
				  .offset = p->at};

	return query_add(p, &node, number);
}

/* ---- operators ---- */

static enum status query_parse_or(struct query_parser *p, uint32_t depth, uint16_t *number);

static enum status query_parse_term(struct query_parser *p, uint32_t depth, uint16_t *number)
{
	enum status status;

	query_skip_blanks(p);
	if (depth > QUERY_DEPTH_MAX)
		return query_wrong(p->fault, p->err, p->at,
				   "parentheses and \"not\" more than %u deep", QUERY_DEPTH_MAX);
	if (query_take(p, "not") || query_take(p, "!")) {
		status = query_parse_term(p, depth + 1, number);
		return status ? status : query_join(p, QUERY_NOT, *number, 0, number);
	}
	if (!query_take(p, "("))
		return query_parse_test(p, number);
	status = query_parse_or(p, depth + 1, number);
	if (!status && !query_take(p, ")"))
		status = query_expected(p, "\"and\", \"or\" or a closing parenthesis");
	return status;
}

static enum status query_parse_and(struct query_parser *p, uint32_t depth, uint16_t *number)
{
	enum status status = query_parse_term(p, depth, number);
	uint16_t right;

	while (!status && (query_take(p, "and") || query_take(p, "&&"))) {
		status = query_parse_term(p, depth, &right);
		if (!status)
			status = query_join(p, QUERY_AND, *number, right, number);
	}
	return status;
}

static enum status query_parse_or(struct query_parser *p, uint32_t depth, uint16_t *number)
{
	enum status status = query_parse_and(p, depth, number);
	uint16_t right;

	while (!status && (query_take(p, "or") || query_take(p, "||"))) {
		status = query_parse_and(p, depth, &right);
		if (!status)
			status = query_join(p, QUERY_OR, *number, right, number);
	}
	return status;
}

/* ---- scopes ---- */

/* Which hops a node speaks of: all of a chain, and of alternatives that each name one. */
static uint64_t query_scope(const struct query *q, const struct query_node *node,
			    const uint64_t *own)
{
	if (node->kind == QUERY_AND)
		return own[node->left] | own[node->right];
	if (node->kind == QUERY_OR && own[node->left] && own[node->right])
		return own[node->left] | own[node->right];
	return 0;
}

/* Tells the counters of a chain the hops that the chain names. Operands stand before their
 * operators, so that one walk up and one down reach everything. */
static void query_set_scopes(struct query *q)
{
	uint64_t own[QUERY_NODES_MAX];
	uint32_t i, hop = 0;

	for (i = 0; i < q->nodes; i++)
		own[i] = q->node[i].kind == QUERY_HOP ? (uint64_t)1 << hop++
						      : query_scope(q, &q->node[i], own);
	for (i = q->nodes; i-- > 0;) {
		struct query_node *node = &q->node[i];
		uint64_t scope = node->scope | (node->kind == QUERY_AND ? own[i] : 0);

		if (node->kind <= QUERY_NOT)
			q->node[node->left].scope |= scope;
		if (node->kind == QUERY_AND || node->kind == QUERY_OR)
			q->node[node->right].scope |= scope;
	}
}

/* ---- the whole ---- */

enum status query_parse(struct query **out, const char *expression, struct query_fault *fault,
			struct error *err)
{
	struct query *q = calloc(1, sizeof *q);
	struct query_parser p = {.text = expression, .query = q, .fault = fault, .err = err};
	size_t size = strnlen(expression, QUERY_TEXT_MAX + 1);
	enum status status;
	uint16_t top;

	*out = q;
	if (q)
		q->names = malloc(2 * (size + 1)); /* a name and its zero take two bytes at least */
	if (!q || !q->names) {
		query_free(out);
		return error_errno(err, ENOMEM, "--filter");
	}
	p.names = q->names;
	status = size > QUERY_TEXT_MAX
			 ? query_wrong(fault, err, 0, "the expression is longer than %d bytes",
				       QUERY_TEXT_MAX)
			 : query_parse_or(&p, 0, &top);
	query_skip_blanks(&p);
	if (!status && expression[p.at])
		status = query_expected(&p, "\"and\", \"or\" or the end");
	if (status)
		query_free(out);
	else
		query_set_scopes(q);
	return status;
}

void query_free(struct query **query)
{
	if (*query)
		free((*query)->names);
	free(*query);
	*query = NULL;
}
