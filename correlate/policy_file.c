#include "correlate/policy_file.h"

#include <csv.h>
#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collect/memory.h"

#define POLICY_CELLS_MAX 256u  /* columns of a file */
#define POLICY_LINES_SAID 8u   /* lines of further bad rows that an error names */
#define POLICY_COLUMNS (POLICY_TEXTS + 1)
#define POLICY_EXPECT_COLUMN POLICY_TEXTS

static const char *const column_names[POLICY_COLUMNS] = {
	[POLICY_NAME] = "name",   [POLICY_SRC] = "src",	    [POLICY_DST] = "dst",
	[POLICY_PROTO] = "proto", [POLICY_DPORT] = "dport", [POLICY_EXPECT_COLUMN] = "expect",
};

/* A file under way. */
struct policy_reader {
	const char *path;
	struct policy *policy;
	uint64_t room;
	struct csv_parser parser;
	char *cell[POLICY_CELLS_MAX]; /* of the row under way */
	uint32_t cells;
	uint32_t line, row_line;      /* the one that is read; the one where the row began */
	bool row_open;                /* it goes on in the next line, in quotes */
	bool zero;                    /* a cell has a zero byte */
	bool header;                  /* it was read */
	uint32_t column[POLICY_COLUMNS]; /* number of the cell; POLICY_CELLS_MAX: not there */
	uint32_t columns;             /* cells of the header */
	enum status status;           /* what ends the reading: no memory, too much */
	uint32_t bad, bad_line[POLICY_LINES_SAID]; /* further bad rows */
	struct error *err;            /* the first one's */
};

/* ---- errors ---- */

/* The first bad row is told in words; of others the line is kept. */
static void policy_bad(struct policy_reader *r, const char *column, const char *why)
{
	if (r->bad && r->bad <= POLICY_LINES_SAID)
		r->bad_line[r->bad - 1] = r->row_line;
	if (!r->bad++)
		error_set(r->err, STATUS_INPUT, "%s:%u: %s%s%s", r->path, r->row_line, column,
			  *column ? ": " : "", why);
}

/* What makes going on pointless. */
static void policy_fail(struct policy_reader *r, enum status status)
{
	r->status = status;
}

static void policy_stop(struct policy_reader *r, const char *why)
{
	policy_fail(r, error_set(r->err, STATUS_INPUT, "%s:%u: %s", r->path, r->row_line, why));
}

static void policy_no_memory(struct policy_reader *r)
{
	policy_fail(r, error_errno(r->err, ENOMEM, "%s", r->path));
}

/* "...; 3 more rows are bad, in lines 9, 12, 40" */
static void policy_count_bad(const struct policy_reader *r)
{
	size_t n = strlen(r->err->text), room = sizeof r->err->text;
	uint32_t i, more = r->bad - 1;

	if (!more)
		return;
	n += (size_t)snprintf(r->err->text + n, room - n, "; %u more row%s bad, in line%s", more,
			      more == 1 ? " is" : "s are", more == 1 ? "" : "s");
	for (i = 0; i < more && i < POLICY_LINES_SAID && n < room; i++)
		n += (size_t)snprintf(r->err->text + n, room - n, "%s %u", i ? "," : "",
				      r->bad_line[i]);
	if (more > POLICY_LINES_SAID && n < room)
		snprintf(r->err->text + n, room - n, ", ...");
}

/* ---- the header ---- */

static void policy_take_header(struct policy_reader *r)
{
	char why[128];
	uint32_t i, c;

	r->header = true;
	r->columns = r->cells;
	for (c = 0; c < POLICY_COLUMNS; c++) {
		r->column[c] = POLICY_CELLS_MAX;
		for (i = 0; i < r->cells; i++) {
			if (strcasecmp(r->cell[i], column_names[c]) != 0)
				continue;
			if (r->column[c] != POLICY_CELLS_MAX) {
				policy_stop(r, "the header has a column twice");
				return;
			}
			r->column[c] = i;
		}
		if (r->column[c] == POLICY_CELLS_MAX && c != POLICY_NAME) {
			snprintf(why, sizeof why, "the header has no column %s: it is "
				 "name,src,dst,proto,dport,expect in any order", column_names[c]);
			policy_stop(r, why);
			return;
		}
	}
}

/* ---- rows ---- */

static const char *policy_cell(const struct policy_reader *r, unsigned column)
{
	return r->column[column] < r->cells ? r->cell[r->column[column]] : "";
}

static enum status policy_read_expect(const char *cell, uint8_t *expect, struct error *err)
{
	unsigned e;

	for (e = 0; e < POLICY_EXPECTS; e++)
		if (strcasecmp(cell, policy_expect_name(e)) == 0) {
			*expect = (uint8_t)e;
			return STATUS_OK;
		}
	return error_set(err, STATUS_INPUT, "\"%.*s\" is none of allow, deny, reject",
			 POLICY_SAID_MAX, cell);
}

/* Of protocols without ports the cell may be empty; else it says which, or any. */
static enum status policy_read_dport(const char *cell, struct policy_row *row, struct error *err)
{
	unsigned proto, portless = UINT8_MAX + 1, with = 0, without = 0;
	enum status status;

	for (proto = 0; proto <= UINT8_MAX; proto++) {
		if (!policy_protocols_have(&row->proto, (uint8_t)proto))
			continue;
		with += policy_has_ports((uint8_t)proto);
		without += !policy_has_ports((uint8_t)proto);
		if (!policy_has_ports((uint8_t)proto) && portless > UINT8_MAX)
			portless = proto;
	}
	if (!with && !cell[strspn(cell, " \t")])
		return STATUS_OK;
	status = policy_read_ports(cell, &row->dport, err);
	if (!status && row->dport.count && without && without + with <= UINT8_MAX)
		return error_set(err, STATUS_INPUT, "\"%.*s\", but proto \"%.*s\" has no ports",
				 POLICY_SAID_MAX, cell, POLICY_SAID_MAX, row->text[POLICY_PROTO]);
	return status;
}

static bool policy_has_version(const struct policy_ranges *ranges, uint8_t version)
{
	uint32_t i;

	for (i = 0; i < ranges->count; i++)
		if (ranges->list[i].version == version)
			return true;
	return false;
}

/* No packet goes from an address of one version to one of the other. */
static enum status policy_check_versions(const struct policy_row *row, struct error *err)
{
	if ((policy_has_version(&row->src, 4) && policy_has_version(&row->dst, 4)) ||
	    (policy_has_version(&row->src, 6) && policy_has_version(&row->dst, 6)))
		return STATUS_OK;
	return error_set(err, STATUS_INPUT, "src and dst are not of the same version of IP");
}

/* The columns in the order in which they are read; the first that is wrong is named. */
static enum status policy_read_row(const struct policy_reader *r, struct policy_row *row,
				   unsigned *column, struct error *err)
{
	enum status status = policy_read_addresses(policy_cell(r, POLICY_SRC), &row->src, err);

	*column = POLICY_SRC;
	if (status)
		return status;
	*column = POLICY_DST;
	status = policy_read_addresses(policy_cell(r, POLICY_DST), &row->dst, err);
	if (!status)
		status = policy_check_versions(row, err);
	if (status)
		return status;
	*column = POLICY_PROTO;
	status = policy_read_protocols(policy_cell(r, POLICY_PROTO), &row->proto, err);
	if (status)
		return status;
	*column = POLICY_DPORT;
	status = policy_read_dport(policy_cell(r, POLICY_DPORT), row, err);
	if (status)
		return status;
	*column = POLICY_EXPECT_COLUMN;
	return policy_read_expect(policy_cell(r, POLICY_EXPECT_COLUMN), &row->expect, err);
}

static bool policy_keep_texts(const struct policy_reader *r, struct policy_row *row)
{
	unsigned t;

	for (t = 0; t < POLICY_TEXTS; t++) {
		row->text[t] = strdup(policy_cell(r, t));
		if (!row->text[t])
			return false;
	}
	return true;
}

/* Spreadsheets leave empty cells behind the last column, and rows of nothing else. */
static bool policy_row_empty(const struct policy_reader *r)
{
	uint32_t i;

	for (i = 0; i < r->cells; i++)
		if (*r->cell[i])
			return false;
	return true;
}

static bool policy_row_whole(struct policy_reader *r)
{
	char why[96];
	uint32_t i;
	unsigned c;

	if (r->zero) {
		policy_bad(r, "", "a cell has a zero byte");
		return false;
	}
	for (c = 0; c < POLICY_COLUMNS; c++)
		if (r->column[c] != POLICY_CELLS_MAX && r->column[c] >= r->cells) {
			snprintf(why, sizeof why, "is missing: the row has %u cells, the header %u",
				 r->cells, r->columns);
			policy_bad(r, column_names[c], why);
			return false;
		}
	for (i = r->columns; i < r->cells; i++)
		if (*r->cell[i]) {
			snprintf(why, sizeof why, "the row has %u cells, the header %u: a list with "
				 "commas in it goes in quotes", r->cells, r->columns);
			policy_bad(r, "", why);
			return false;
		}
	return true;
}

static void policy_take_row(struct policy_reader *r)
{
	struct policy_row row = {.line = r->row_line}, *list;
	struct error err = {0};
	enum status status;
	unsigned column;

	if (policy_row_empty(r) || !policy_row_whole(r))
		return;
	if (r->policy->rows == POLICY_ROWS_MAX) {
		char why[64];

		snprintf(why, sizeof why, "more than %u rows", POLICY_ROWS_MAX);
		policy_stop(r, why);
		return;
	}
	list = memory_room(r->policy->row, r->policy->rows, &r->room, sizeof *list);
	if (list)
		r->policy->row = list;
	if (!list || !policy_keep_texts(r, &row)) {
		policy_row_clear(&row);
		policy_no_memory(r);
		return;
	}
	status = policy_read_row(r, &row, &column, &err);
	if (!status) {
		list[r->policy->rows++] = row;
		return;
	}
	policy_row_clear(&row);
	if (status == STATUS_INPUT)
		policy_bad(r, column_names[column], err.text);
	else
		policy_no_memory(r);
}

/* ---- CSV ---- */

static void policy_forget_cells(struct policy_reader *r)
{
	uint32_t i;

	for (i = 0; i < r->cells; i++)
		free(r->cell[i]);
	r->cells = 0;
	r->zero = false;
}

static void policy_on_cell(void *bytes, size_t size, void *user)
{
	struct policy_reader *r = user;
	char *text;

	if (r->status)
		return;
	if (r->cells == POLICY_CELLS_MAX) {
		policy_stop(r, "more than 256 cells in a row");
		return;
	}
	text = malloc(size + 1);
	if (!text) {
		policy_no_memory(r);
		return;
	}
	if (size)
		memcpy(text, bytes, size);
	text[size] = 0;
	r->zero |= strlen(text) != size;
	r->cell[r->cells++] = text;
}

static void policy_on_row(int terminator, void *user)
{
	struct policy_reader *r = user;

	(void)terminator;
	r->row_open = false;
	if (!r->status) {
		if (r->header)
			policy_take_row(r);
		else if (!policy_row_empty(r))
			policy_take_header(r);
	}
	policy_forget_cells(r);
}

static bool policy_is_comment(const char *line, size_t size)
{
	while (size && (*line == ' ' || *line == '\t')) {
		line++;
		size--;
	}
	return size && *line == '#';
}

/* With its end: \n, \r\n or \r. */
static size_t policy_line_bytes(const char *text, size_t size)
{
	size_t n;

	for (n = 0; n < size && text[n] != '\n' && text[n] != '\r'; n++)
		;
	if (n + 1 < size && text[n] == '\r' && text[n + 1] == '\n')
		n++;
	return n < size ? n + 1 : n;
}

static bool policy_is_blank(const char *line, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (!strchr(" \t\r\n", line[i]) || !line[i])
			return false;
	return true;
}

static void policy_take_line(struct policy_reader *r, const char *line, size_t size)
{
	r->line++;
	if (!r->row_open && (policy_is_comment(line, size) || policy_is_blank(line, size)))
		return;
	if (!r->row_open)
		r->row_line = r->line;
	r->row_open = true;
	if (csv_parse(&r->parser, line, size, policy_on_cell, policy_on_row, r) == size || r->status)
		return;
	if (csv_error(&r->parser) == CSV_EPARSE)
		policy_stop(r, "a quote in the middle of a cell: a cell is in quotes whole, and a quote "
			       "in it is doubled");
	else
		policy_no_memory(r);
}

static void policy_take(struct policy_reader *r, const char *text, size_t size)
{
	size_t n;

	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		size -= 3;
	}
	for (; size && !r->status; text += n, size -= n) {
		n = policy_line_bytes(text, size);
		policy_take_line(r, text, n);
	}
	if (r->status)
		return;
	if (csv_fini(&r->parser, policy_on_cell, policy_on_row, r) && !r->status)
		policy_stop(r, "a quote that is never closed");
	if (!r->status && !r->header) {
		r->row_line = r->line ? r->line : 1;
		policy_stop(r, "no header: name,src,dst,proto,dport,expect");
	}
	if (!r->status && r->bad) {
		policy_count_bad(r);
		policy_fail(r, STATUS_INPUT);
	}
}

/* ---- the file ---- */

/* What the user named wrongly is bad input; else the system failed. */
static enum status policy_cannot(const char *path, int errno_value, struct error *err)
{
	if (errno_value == ENOENT || errno_value == ENOTDIR || errno_value == EISDIR)
		return error_set(err, STATUS_INPUT, "%s: %s", path, strerror(errno_value));
	return error_errno(err, errno_value, "%s", path);
}

/* *text is the caller's. */
static enum status policy_load(const char *path, char **text, size_t *size, struct error *err)
{
	FILE *file = fopen(path, "rbe");
	enum status status = STATUS_OK;

	*text = NULL;
	if (!file)
		return policy_cannot(path, errno, err);
	*text = malloc(POLICY_BYTES_MAX + 1);
	*size = *text ? fread(*text, 1, POLICY_BYTES_MAX + 1, file) : 0;
	if (!*text)
		status = error_errno(err, ENOMEM, "%s", path);
	else if (ferror(file))
		status = policy_cannot(path, errno, err);
	else if (*size > POLICY_BYTES_MAX)
		status = error_set(err, STATUS_INPUT, "%s: more than %u bytes: no rule base", path,
				   POLICY_BYTES_MAX);
	fclose(file);
	return status;
}

static void policy_digest(struct policy *policy, const char *text, size_t size)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;
	unsigned i;

	sha256_init(&ctx);
	sha256_update(&ctx, size, (const uint8_t *)text);
	sha256_digest(&ctx, sizeof digest, digest);
	for (i = 0; i < sizeof digest; i++)
		snprintf(policy->sha256 + 2 * i, 3, "%02x", digest[i]);
}

enum status policy_file_read(struct policy **out, const char *path, struct error *err)
{
	struct policy_reader r = {.path = path, .err = err};
	const char *slash = strrchr(path, '/');
	char *text;
	size_t size = 0;
	enum status status = policy_load(path, &text, &size, err);

	*out = NULL;
	if (!status) {
		r.policy = calloc(1, sizeof *r.policy);
		if (!r.policy || csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
			free(r.policy);
			status = error_errno(err, ENOMEM, "%s", path);
		}
	}
	if (!status) {
		r.policy->file = slash ? slash + 1 : path;
		policy_digest(r.policy, text, size);
		policy_take(&r, text, size);
		policy_forget_cells(&r);
		csv_free(&r.parser);
		status = r.status;
		if (status)
			policy_free(&r.policy);
		*out = r.policy;
	}
	free(text);
	return status;
}
