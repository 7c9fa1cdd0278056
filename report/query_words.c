/* The tests of a query: one table of words. */
#include <ctype.h>
#include <string.h>

#include "correlate/results.h"
#include "report/query_parser.h"

struct query_word {
	const char *name;
	enum query_kind kind;
	query_read_value *read; /* what follows the word */
	const char *text; /* PROTO: as in sessions.csv */
	uint8_t version;  /* VERSION */
	bool with_end;    /* `src` and `dst` may stand in front */
};

static const struct query_word query_words[] = {
	{"host", QUERY_ADDRESS, query_read_host, NULL, 0, true},
	{"net", QUERY_ADDRESS, query_read_net, NULL, 0, true},
	{"port", QUERY_PORT, query_read_port, NULL, 0, true},
	{"portrange", QUERY_PORT, query_read_portrange, NULL, 0, true},
	{"tcp", QUERY_PROTO, query_read_none, "tcp", 0, false},
	{"udp", QUERY_PROTO, query_read_none, "udp", 0, false},
	{"icmp", QUERY_PROTO, query_read_none, "icmp", 0, false},
	{"icmp6", QUERY_PROTO, query_read_none, "icmpv6", 0, false},
	{"proto", QUERY_PROTO, query_read_proto, NULL, 0, false},
	{"ip", QUERY_VERSION, query_read_none, NULL, 4, false},
	{"ip6", QUERY_VERSION, query_read_none, NULL, 6, false},
	{"outcome", QUERY_OUTCOME, query_read_outcome, NULL, 0, false},
	{"cause", QUERY_CAUSE, query_read_cause, NULL, 0, false},
	{"state", QUERY_STATE, query_read_state, NULL, 0, false},
	{"hop", QUERY_HOP, query_read_hop, NULL, 0, false},
	{"point", QUERY_POINT, query_read_point, NULL, 0, false},
	{"session", QUERY_NUMBER, query_read_session, NULL, 0, false},
};
#define QUERY_WORD_HOST (&query_words[0])

static bool query_is_number(const struct table_column *column)
{
	return column->type == TABLE_INT || column->type == TABLE_NANOS;
}

static const struct query_word *query_find_word(struct query_parser *p, struct query_node *node)
{
	static const struct query_word number = {"", QUERY_NUMBER, query_read_number, NULL, 0, false};
	char word[64];
	uint32_t bytes = query_peek(p, word, sizeof word);
	size_t i;

	if (bytes >= sizeof word)
		return NULL;
	for (i = 0; i < sizeof query_words / sizeof query_words[0]; i++)
		if (strcmp(word, query_words[i].name) == 0)
			return &query_words[i];
	for (i = 0; i < SESSIONS_COLUMNS; i++)
		if (query_is_number(&results_sessions.column[i]) &&
		    strcmp(word, results_sessions.column[i].name) == 0) {
			node->column = (uint8_t)i;
			return &number;
		}
	return NULL;
}

/* Whether what follows is the bare value of an address or a port. */
static bool query_is_value(struct query_parser *p)
{
	char word[64];
	uint32_t bytes = query_peek(p, word, sizeof word);

	return bytes && bytes < sizeof word &&
	       (isdigit((unsigned char)*word) || strchr(word, ':'));
}

/* A value alone is of the kind of the test before ("port 80 or 443"), or a host. */
static const struct query_word *query_bare_word(struct query_parser *p, struct query_node *node,
						bool with_end)
{
	if (!query_is_value(p))
		return NULL;
	if (with_end || !p->again)
		return QUERY_WORD_HOST;
	node->end = p->before.end;
	return p->before_word;
}

static enum status query_read(struct query_parser *p, const struct query_word *word,
			      struct query_node *node, bool bare, uint16_t *number)
{
	enum status status;

	node->kind = (uint8_t)word->kind;
	node->text = word->text;
	node->from = word->version;
	if (!bare)
		p->at += query_word_bytes(p->text + p->at);
	status = word->read(p, node);
	if (status)
		return status;
	if (word->with_end) {
		p->again = true;
		p->before = *node;
		p->before_word = word;
	}
	return query_add(p, node, number);
}

static bool query_is_qualifier(const struct query_word *word)
{
	return word->kind == QUERY_VERSION || (word->kind == QUERY_PROTO && word->text);
}

/* "tcp port 80": whether a test of an end follows. */
static bool query_is_qualified(struct query_parser *p)
{
	uint32_t at = p->at;
	struct query_node node;
	const struct query_word *word = query_find_word(p, &node);
	bool end = query_take(p, "src") || query_take(p, "dst");

	p->at = at;
	return end || (word && word->with_end);
}

/* A qualifier that has been read, and the test behind it, if there is one. */
static enum status query_parse_qualified(struct query_parser *p, const struct query_node *qualifier,
					 uint16_t *number)
{
	enum status status;
	uint16_t right;

	if (!query_is_qualified(p))
		return STATUS_OK;
	status = query_parse_test(p, &right); /* which is no qualifier: one step down at the most */
	p->qualified = true;
	p->qualifier = *qualifier;
	return status ? status : query_join(p, QUERY_AND, *number, right, number);
}

/* A value alone, of the same kind and protocol as the test before. */
static enum status query_parse_again(struct query_parser *p, const struct query_word *word,
				     struct query_node *node, uint16_t *number)
{
	enum status status = STATUS_OK;
	uint16_t value = 0;

	if (p->qualified)
		status = query_add(p, &p->qualifier, number);
	if (!status)
		status = query_read(p, word, node, true, &value);
	if (!status && p->qualified)
		return query_join(p, QUERY_AND, *number, value, number);
	*number = value;
	return status;
}

enum status query_parse_test(struct query_parser *p, uint16_t *number)
{
	struct query_node node = {.end = QUERY_EITHER};
	const struct query_word *word, *value = NULL;
	enum status status;
	bool with_end;

	query_skip_blanks(p);
	node.offset = p->at;
	if (query_take(p, "src"))
		node.end = QUERY_CLIENT;
	else if (query_take(p, "dst"))
		node.end = QUERY_SERVER;
	with_end = node.end != QUERY_EITHER;
	word = query_find_word(p, &node);
	if (!word)
		value = query_bare_word(p, &node, with_end);
	if (value && !with_end && p->again)
		return query_parse_again(p, value, &node, number);
	if ((!word && !value) || (word && with_end && !word->with_end))
		return query_expected(p, with_end ? "host, net, port, portrange or an address"
						  : "a test such as \"host 10.9.2.2\" or "
						    "\"dropped > 0\"");
	p->qualified = false;
	status = query_read(p, word ? word : value, &node, !word, number);
	if (status || !word || !query_is_qualifier(word))
		return status;
	return query_parse_qualified(p, &node, number);
}
