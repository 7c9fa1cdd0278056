#include "report/html.h"

#include <stdlib.h>
#include <string.h>

#include "collect/terminal.h"
#include "report/cell.h"
#include "report/wording.h"

/* `text` is escaped for terminals already. */
static void html_markup(FILE *stream, const char *text)
{
	static const struct {
		char character;
		const char *entity;
	} entities[] = {
		{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"},
	};
	size_t i;

	for (; *text; text++) {
		for (i = 0; i < sizeof entities / sizeof entities[0]; i++)
			if (*text == entities[i].character)
				break;
		if (i < sizeof entities / sizeof entities[0])
			fputs(entities[i].entity, stream);
		else
			putc(*text, stream);
	}
}

static bool html_escaped(FILE *stream, char *safe)
{
	if (!safe)
		return false;
	html_markup(stream, safe);
	free(safe);
	return true;
}

bool html_text(FILE *stream, const char *text)
{
	return html_escaped(stream, wording_safe(text));
}

bool html_hop(FILE *stream, const char *hop)
{
	return html_escaped(stream, wording_hop(hop));
}

bool html_json(FILE *stream, const char *text)
{
	char *safe = wording_safe(text), *at;

	if (!safe)
		return false;
	putc('"', stream);
	for (at = safe; *at; at++) {
		if (*at == '"' || *at == '\\')
			fprintf(stream, "\\%c", *at);
		else if (*at == '<' || *at == '>' || *at == '&') /* </script>, <!-- */
			fprintf(stream, "\\u%04x", (unsigned)*at);
		else
			putc(*at, stream);
	}
	putc('"', stream);
	free(safe);
	return true;
}

void html_count(FILE *stream, uint64_t count)
{
	char number[TERMINAL_NUMBER_MAX];

	fputs(terminal_number(number, count), stream);
}

/* a micro sign where a browser shows it, in place of the terminal's "us" */
static void html_micro(FILE *stream, const char *length)
{
	size_t bytes = strlen(length);

	if (bytes > 2 && strcmp(length + bytes - 3, " us") == 0)
		fprintf(stream, "%.*sµs", (int)bytes - 2, length);
	else
		fputs(length, stream);
}

void html_duration(FILE *stream, int64_t value_ns)
{
	char room[WORDING_ROOM];

	html_micro(stream, wording_duration(room, value_ns));
}

void html_offset(FILE *stream, int64_t value_ns)
{
	char room[WORDING_ROOM];

	html_micro(stream, wording_offset(room, value_ns));
}

bool html_exact(FILE *stream, const struct table_column *column, const struct cell *cell)
{
	struct cell_form form = cell_form(column);
	char text[CELL_ROOM + 1] = "";

	if (!cell->known)
		return true;
	if (cell_is_text(column->type))
		return html_text(stream, cell->text);
	*cell_write(text, &form, cell) = '\0';
	return html_text(stream, text);
}
