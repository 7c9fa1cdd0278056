/* What stands behind the words of a query: addresses, ports, names, numbers. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "correlate/results.h"
#include "correlate/story.h"
#include "report/cell.h"
#include "report/query_parser.h"

#define PORT_MAX 65535

/* ---- addresses and ports ---- */

uint32_t query_peek(struct query_parser *p, char *word, size_t room)
{
	uint32_t bytes;

	query_skip_blanks(p);
	bytes = query_word_bytes(p->text + p->at);
	snprintf(word, room, "%.*s", (int)bytes, p->text + p->at);
	return bytes;
}

static bool query_digits(const char **text, int64_t most, int64_t *number)
{
	const char *digit = *text;

	for (*number = 0; isdigit((unsigned char)*digit); digit++) {
		*number = 10 * *number + (*digit - '0');
		if (*number > most)
			return false;
	}
	if (digit == *text)
		return false;
	*text = digit;
	return true;
}

/* 10 and 10.9 and 10.9.2, as networks are written: the bytes that are missing are 0. */
static uint8_t query_read_short(const char *text, const char *end, uint8_t address[16])
{
	unsigned bytes = 0;
	int64_t value;

	memset(address, 0, 16);
	while (bytes < 4 && query_digits(&text, 255, &value)) {
		address[bytes++] = (uint8_t)value;
		if (text == end)
			return (uint8_t)(8 * bytes);
		if (*text++ != '.')
			return 0;
	}
	return 0;
}

static bool query_read_full(const char *text, struct query_node *node)
{
	if (inet_pton(AF_INET, text, node->address) == 1)
		node->address_bytes = 4;
	else if (inet_pton(AF_INET6, text, node->address) == 1)
		node->address_bytes = 16;
	else
		return false;
	node->prefix_bits = (uint8_t)(8 * node->address_bytes);
	return true;
}

enum status query_read_host(struct query_parser *p, struct query_node *node)
{
	char word[64];
	uint32_t bytes = query_peek(p, word, sizeof word);

	if (bytes >= sizeof word || !query_read_full(word, node))
		return query_expected(p, "an IPv4 or IPv6 address");
	p->at += bytes;
	return STATUS_OK;
}

enum status query_read_net(struct query_parser *p, struct query_node *node)
{
	char word[64], *slash;
	uint32_t bytes;
	int64_t prefix = -1;
	const char *digits;

	bytes = query_peek(p, word, sizeof word);
	slash = bytes < sizeof word ? strchr(word, '/') : NULL;
	digits = slash ? slash + 1 : "";
	if (slash) {
		*slash = '\0';
		if (!query_digits(&digits, 128, &prefix) || *digits)
			bytes = sizeof word;
	}
	if (bytes < sizeof word && !query_read_full(word, node)) {
		node->prefix_bits = query_read_short(word, word + strlen(word), node->address);
		node->address_bytes = node->prefix_bits ? 4 : 0;
	}
	if (bytes >= sizeof word || !node->address_bytes || prefix > 8 * node->address_bytes)
		return query_expected(p, "a network such as 10.0.0.0/8 or 2001:db8::/32");
	if (prefix >= 0)
		node->prefix_bits = (uint8_t)prefix;
	p->at += bytes;
	return STATUS_OK;
}

enum status query_read_port(struct query_parser *p, struct query_node *node)
{
	char word[16];
	const char *digits = word;
	uint32_t bytes = query_peek(p, word, sizeof word);

	if (bytes >= sizeof word || !query_digits(&digits, PORT_MAX, &node->from) || *digits)
		return query_expected(p, "a port from 0 to 65535");
	node->to = node->from;
	p->at += bytes;
	return STATUS_OK;
}

enum status query_read_portrange(struct query_parser *p, struct query_node *node)
{
	char word[16];
	const char *digits = word;
	uint32_t bytes = query_peek(p, word, sizeof word);

	if (bytes >= sizeof word || !query_digits(&digits, PORT_MAX, &node->from) ||
	    *digits++ != '-' || !query_digits(&digits, PORT_MAX, &node->to) || *digits ||
	    node->to < node->from)
		return query_expected(p, "two ports such as 1-1023");
	p->at += bytes;
	return STATUS_OK;
}

/* ---- names ---- */

/* Copies bytes of the expression behind the last name. */
static const char *query_keep(struct query_parser *p, const char *text, uint32_t bytes)
{
	const char *kept = p->names;

	memcpy(p->names, text, bytes);
	p->names[bytes] = '\0';
	p->names += bytes + 1;
	return kept;
}

enum status query_read_none(struct query_parser *p, struct query_node *node)
{
	(void)p;
	(void)node;
	return STATUS_OK;
}

/* A word as crosstap's tables have them: letters, digits, _ and - and dots. */
static enum status query_name(struct query_parser *p, struct query_node *node, const char *what)
{
	char word[64];
	uint32_t bytes = query_peek(p, word, sizeof word);

	if (!bytes || bytes >= sizeof word ||
	    strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") !=
		    bytes)
		return query_expected(p, what);
	node->offset = p->at;
	node->text = query_keep(p, p->text + p->at, bytes);
	p->at += bytes;
	return STATUS_OK;
}

enum status query_read_proto(struct query_parser *p, struct query_node *node)
{
	return query_name(p, node, "a protocol's name or number, as in sessions.csv");
}

enum status query_read_cause(struct query_parser *p, struct query_node *node)
{
	return query_name(p, node, "a cause, such as syn_dropped");
}

enum status query_read_state(struct query_parser *p, struct query_node *node)
{
	return query_name(p, node, "a state, such as reset");
}

enum status query_read_outcome(struct query_parser *p, struct query_node *node)
{
	char word[64];
	unsigned i;

	query_peek(p, word, sizeof word);
	for (i = 0; i < OUTCOMES; i++)
		if (strcmp(word, session_outcome_name(i)) == 0)
			return query_name(p, node, "an outcome");
	return query_expected(p, "ok, failed, aborted, degraded or open");
}

/* Bytes of a name of the user's own: up to a blank or a parenthesis, or in quotes (which are
 * counted and are not part of *name). 0: there is none. */
static uint32_t query_free_name(const char *text, const char **name, uint32_t *bytes)
{
	if (*text == '"' || *text == '\'') {
		const char *end = strchr(text + 1, *text);

		*name = text + 1;
		*bytes = end ? (uint32_t)(end - *name) : 0;
		return end ? *bytes + 2 : 0;
	}
	*name = text;
	*bytes = (uint32_t)strcspn(text, " \t\n\v\f\r()");
	return *bytes;
}

enum status query_read_point(struct query_parser *p, struct query_node *node)
{
	const char *name;
	uint32_t bytes, taken;

	query_skip_blanks(p);
	node->offset = p->at;
	taken = query_free_name(p->text + p->at, &name, &bytes);
	if (!bytes)
		return query_expected(p, "the name of a point");
	node->text = query_keep(p, name, bytes);
	p->at += taken;
	return STATUS_OK;
}

/* A piece of a hop's name put behind the pieces before. */
static uint32_t query_hop_piece(struct query_parser *p)
{
	const char *name;
	uint32_t bytes, taken;

	query_skip_blanks(p);
	taken = query_free_name(p->text + p->at, &name, &bytes);
	memcpy(p->names, name, taken ? bytes : 0);
	p->names += taken ? bytes : 0;
	p->at += taken;
	return taken ? bytes : 0;
}

/* "fw-in>fw-out", with or without blanks around the arrow, as the summary writes it. */
enum status query_read_hop(struct query_parser *p, struct query_node *node)
{
	const char *start = p->names;
	bool more = true, open; /* the name ends in its arrow */

	query_skip_blanks(p);
	node->offset = p->at;
	do {
		more = query_hop_piece(p) > 0;
		query_skip_blanks(p);
		open = p->names > start && p->names[-1] == '>';
	} while (more && (open || p->text[p->at] == '>'));
	*p->names = '\0';
	if (open || !strchr(start, '>') || *start == '>') {
		p->at = open ? p->at : node->offset;
		return query_expected(p, "a hop, FROM>TO");
	}
	node->text = start;
	p->names++;
	return STATUS_OK;
}

/* ---- numbers ---- */

/* "-1.5" in units of 10^digits; false where it does not fit or is finer. */
static bool query_read_decimal(const char *text, unsigned digits, int64_t *number)
{
	bool minus = *text == '-', some = false;
	int64_t value = 0;

	text += minus || *text == '+';
	for (; isdigit((unsigned char)*text); text++, some = true)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *text - '0', &value))
			return false;
	if (*text == '.')
		text++;
	else if (*text)
		return false;
	for (; isdigit((unsigned char)*text); text++, some = true) {
		if (!digits && *text != '0')
			return false;
		if (!digits)
			continue;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *text - '0', &value))
			return false;
		digits--;
	}
	for (; digits; digits--)
		if (__builtin_mul_overflow(value, 10, &value))
			return false;
	*number = minus ? -value : value;
	return some && !*text;
}

static enum status query_number_value(struct query_parser *p, struct query_node *node)
{
	const struct table_column *column = &results_sessions.column[node->column];
	char word[64];
	uint32_t bytes = query_peek(p, word, sizeof word);
	struct cell_form form = cell_form(column);
	unsigned digits = column->type == TABLE_NANOS ? form.unit_digits : 0;

	if (bytes >= sizeof word || !query_read_decimal(word, digits, &node->from))
		return query_expected(p, digits ? "a number" : "a whole number");
	p->at += bytes;
	return STATUS_OK;
}

enum status query_read_number(struct query_parser *p, struct query_node *node)
{
	/* The longer sign first. */
	static const struct {
		const char *sign;
		enum query_compare compare;
	} signs[] = {
		{">=", QUERY_GREATER_EQUAL}, {"<=", QUERY_LESS_EQUAL}, {"!=", QUERY_NOT_EQUAL},
		{"==", QUERY_EQUAL}, {"=", QUERY_EQUAL}, {">", QUERY_GREATER}, {"<", QUERY_LESS},
	};
	size_t i;

	for (i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (query_take(p, signs[i].sign)) {
			node->compare = (uint8_t)signs[i].compare;
			return query_number_value(p, node);
		}
	return query_expected(p, "one of > >= < <= == !=");
}

/* "session 17" is short for "session == 17". */
enum status query_read_session(struct query_parser *p, struct query_node *node)
{
	node->column = SESSIONS_SESSION;
	node->compare = QUERY_EQUAL;
	query_skip_blanks(p);
	if (p->text[p->at] && strchr("<>=!", p->text[p->at]))
		return query_read_number(p, node);
	return query_number_value(p, node);
}
