#include "correlate/follow_screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "collect/terminal.h"
#include "correlate/follow_show.h"

/* ECMA-48; the alternate screen is xterm's, and who has none ignores it. */
#define SCREEN_TAKE "\033[?1049h\033[?25l"
#define SCREEN_GIVE "\033[?25h\033[?1049l"
#define SCREEN_HOME "\033[H"
#define SCREEN_LINE_END "\033[K\r\n"
#define SCREEN_REST "\033[J"
#define SCREEN_BOLD "\033[1m"
#define SCREEN_PLAIN "\033[0m"
#define SCREEN_ROWS 24

struct follow_screen {
	FILE *out;
	const char *title;
	struct termios before;
	bool keys;      /* `before` is to be set again */
	char *text;     /* the last round */
	size_t size;
};

enum status follow_screen_open(struct follow_screen **out, FILE *stream, const char *title, struct error *err)
{
	struct follow_screen *screen;
	struct termios raw;

	*out = NULL;
	if (!isatty(fileno(stream)) || !isatty(STDIN_FILENO))
		return STATUS_OK;
	screen = calloc(1, sizeof *screen);
	if (!screen)
		return error_errno(err, ENOMEM, "screen");
	screen->out = stream;
	screen->title = title;
	screen->keys = tcgetattr(STDIN_FILENO, &screen->before) == 0;
	if (screen->keys) {
		raw = screen->before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* ^C stays a signal */
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	fputs(SCREEN_TAKE, stream);
	*out = screen;
	return STATUS_OK;
}

/* The bytes of the characters that fit into a line: what continues one in UTF-8 takes no place. */
static size_t screen_fit(const char *line, size_t size, unsigned columns)
{
	size_t at = 0;
	unsigned used = 0;

	for (; at < size; at++) {
		used += ((unsigned char)line[at] & 0xc0) != 0x80;
		if (used > columns)
			break;
	}
	return at;
}

static unsigned screen_rows(const struct follow_screen *screen)
{
	struct winsize size;

	return ioctl(fileno(screen->out), TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row : SCREEN_ROWS;
}

static void screen_lines(const struct follow_screen *screen)
{
	unsigned columns = terminal_columns(screen->out), rows = screen_rows(screen), row;
	bool bold = terminal_colour(screen->out);
	const char *at = screen->text;

	for (row = 0; *at && row + 2 < rows; row++) {
		size_t size = strcspn(at, "\n");

		fputs(bold && row == 0 ? SCREEN_BOLD : "", screen->out);
		fwrite(at, 1, screen_fit(at, size, columns), screen->out);
		fputs(bold && row == 0 ? SCREEN_PLAIN : "", screen->out);
		fputs(SCREEN_LINE_END, screen->out);
		at += size + (at[size] == '\n');
	}
}

/* The round as text, in place of the one before. */
static enum status screen_write(struct follow_screen *screen, const struct follow_round *round,
				struct error *err)
{
	FILE *stream;

	free(screen->text);
	screen->text = NULL;
	stream = open_memstream(&screen->text, &screen->size);
	if (!stream)
		return error_errno(err, errno, "screen");
	follow_show(stream, round);
	return fclose(stream) != 0 ? error_errno(err, errno, "screen") : STATUS_OK;
}

enum status follow_screen_draw(struct follow_screen *screen, const struct follow_round *round,
			       struct error *err)
{
	enum status status = screen_write(screen, round, err);

	if (status)
		return status;
	fputs(SCREEN_HOME, screen->out);
	screen_lines(screen);
	fputs(SCREEN_REST "q: end  ", screen->out);
	terminal_print(screen->out, screen->title);
	return fflush(screen->out) != 0 ? error_errno(err, errno, "standard output") : STATUS_OK;
}

void follow_screen_close(struct follow_screen **out)
{
	struct follow_screen *screen = *out;

	if (!screen)
		return;
	fputs(SCREEN_GIVE, screen->out);
	if (screen->text)
		fputs(screen->text, screen->out);
	fflush(screen->out);
	if (screen->keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &screen->before);
	free(screen->text);
	free(screen);
	*out = NULL;
}
