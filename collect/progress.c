#include "collect/progress.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collect/terminal.h"

#define PROGRESS_LINE_MAX 256
#define PROGRESS_BAR_MAX 30
#define PROGRESS_BAR_MIN 5
#define PROGRESS_ETA_MIN_NS 1000000000 /* a rate of less than a second foretells nothing */

static const char progress_erase[] = "\r\033[K";

static int64_t progress_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A number in three digits or so: 12.3 M. Decimal prefixes, as disks and links are sold. */
static void progress_scale(char *out, size_t room, double value, const char *unit)
{
	static const char *const prefix[] = {"", "k", "M", "G", "T", "P", "E"};
	size_t i = 0;

	while (value >= 999.5 && i + 1 < sizeof prefix / sizeof prefix[0]) {
		value /= 1000;
		i++;
	}
	snprintf(out, room, "%.*f%s%s%s", i && value < 99.95 ? 1 : 0, value,
		 *prefix[i] || *unit ? " " : "", prefix[i], unit);
}

static size_t progress_numbers(char *out, size_t room, const struct progress_count *count,
			       int64_t elapsed_ns)
{
	double elapsed_s = (double)elapsed_ns / 1e9;
	char done[32], total[32], rate[32];
	size_t n = 0;

	out[0] = '\0';
	progress_scale(done, sizeof done, (double)count->done, "B");
	progress_scale(total, sizeof total, (double)count->total, "B");
	if (count->total)
		n += (size_t)snprintf(out + n, room - n, "  %3.0f %%",
				      100.0 * (double)count->done / (double)count->total);
	if (count->bytes && count->total)
		n += (size_t)snprintf(out + n, room - n, "  %s of %s", done, total);
	else if (count->bytes)
		n += (size_t)snprintf(out + n, room - n, "  %s", done);
	if (count->packets && elapsed_ns > 0) {
		progress_scale(rate, sizeof rate, (double)count->packets / elapsed_s, "");
		n += (size_t)snprintf(out + n, room - n, "  %s packets/s", rate);
	}
	if (count->total && count->done && count->done <= count->total &&
	    elapsed_ns >= PROGRESS_ETA_MIN_NS) {
		double left_s = elapsed_s * (double)(count->total - count->done) /
				(double)count->done;

		if (left_s < 360000)
			n += (size_t)snprintf(out + n, room - n, "  ETA %d:%02d", (int)left_s / 60,
					      (int)left_s % 60);
	}
	return n;
}

size_t progress_format(char *out, size_t room, unsigned columns, const char *label,
		       const struct progress_count *count, int64_t elapsed_ns)
{
	char line[PROGRESS_LINE_MAX], numbers[PROGRESS_LINE_MAX / 2];
	size_t used, length, bar = 0, full, i;
	uint64_t done = count->done < count->total ? count->done : count->total;

	progress_numbers(numbers, sizeof numbers, count, elapsed_ns);
	used = terminal_escape(line, sizeof line / 4, label, strlen(label));
	length = used + strlen(numbers) + 3; /* " [" and "]" */
	if (count->total && columns >= length + PROGRESS_BAR_MIN)
		bar = columns - length < PROGRESS_BAR_MAX ? columns - length : PROGRESS_BAR_MAX;
	if (bar) {
		full = (size_t)((double)bar * (double)done / (double)count->total);
		line[used++] = ' ';
		line[used++] = '[';
		for (i = 0; i < bar; i++)
			line[used++] = i < full ? '#' : '.';
		line[used++] = ']';
	}
	snprintf(line + used, sizeof line - used, "%s", numbers);
	length = strlen(line);
	length = length < columns ? length : columns;
	length = length < room ? length : room - 1;
	memcpy(out, line, length);
	out[length] = '\0';
	return length;
}

void progress_begin(struct progress *progress, FILE *stream, bool wanted, const char *label)
{
	memset(progress, 0, sizeof *progress);
	progress->stream = stream;
	progress->label = label;
	progress->shown = wanted && isatty(fileno(stream));
	progress->begun_ns = progress_now_ns();
}

void progress_show(struct progress *progress, const struct progress_count *count)
{
	char line[PROGRESS_LINE_MAX];
	int64_t now_ns;

	if (!progress->shown)
		return;
	now_ns = progress_now_ns();
	if (now_ns - progress->drawn_ns < (PROGRESS_INTERVAL_MS - 10) * INT64_C(1000000))
		return;
	/* One column stays free: some terminals wrap when the last is written. */
	progress_format(line, sizeof line, terminal_columns(progress->stream) - 1, progress->label,
			count, now_ns - progress->begun_ns);
	fprintf(progress->stream, "%s%s", progress_erase, line);
	fflush(progress->stream);
	progress->drawn_ns = now_ns;
	progress->on_screen = true;
}

void progress_clear(struct progress *progress)
{
	if (!progress->on_screen)
		return;
	fputs(progress_erase, progress->stream);
	fflush(progress->stream);
	progress->on_screen = false;
	progress->drawn_ns = 0;
}
