#include "report/chart.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "collect/terminal.h"
#include "report/cell.h"
#include "report/html.h"
#include "report/wording.h"

#define CHART_LEFT 58.0
#define CHART_RIGHT 14.0
#define CHART_TOP 22.0
#define CHART_BOTTOM 36.0
#define CHART_TICKS 5     /* about so many */
#define CHART_DAY_NS 86400e9
#define CHART_CLOCK_NS 120e9 /* spans above are labelled with the time of day */

/* The step of round ticks: 1, 2 or 5 times a power of ten (time: of minutes and hours, too). */
static double chart_step(double span, double ticks)
{
	double raw = span / ticks, power = pow(10, floor(log10(raw)));

	raw /= power;
	return power * (raw <= 1.0000001 ? 1 : raw <= 2.0000001 ? 2 : raw <= 5.0000001 ? 5 : 10);
}

static double chart_step_clock(double span_ns)
{
	static const double steps_s[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
					 7200, 10800, 21600, 43200, 86400};
	size_t i;

	for (i = 0; i < sizeof steps_s / sizeof steps_s[0]; i++)
		if (span_ns / (steps_s[i] * 1e9) <= CHART_TICKS)
			return steps_s[i] * 1e9;
	return 86400e9 * ceil(span_ns / 86400e9 / CHART_TICKS);
}

struct chart_axis chart_axis(enum chart_kind kind, double low, double high)
{
	struct chart_axis axis = {.kind = kind, .low = low, .high = high};
	double step;

	if (kind == CHART_DURATION_LOG) {
		axis.low = pow(10, floor(log10(low > 0 ? low : 1) + 1e-9));
		axis.high = pow(10, ceil(log10(high > axis.low ? high : axis.low * 10) - 1e-9));
		if (!(axis.high > axis.low))
			axis.high = 10 * axis.low;
		return axis;
	}
	if (axis.low > 0)
		axis.low = 0;
	if (!(axis.high > axis.low))
		axis.high = axis.low + (kind == CHART_RATIO ? 0.01 : 1);
	step = chart_step(axis.high - axis.low, CHART_TICKS);
	if (kind == CHART_COUNT && step < 1)
		step = 1;
	axis.low = floor(axis.low / step + 1e-9) * step;
	axis.high = ceil(axis.high / step - 1e-9) * step;
	if (kind == CHART_RATIO && axis.high > 1)
		axis.high = 1;
	return axis;
}

struct chart_axis chart_axis_time(int64_t first_ns, int64_t last_ns)
{
	struct chart_axis axis = {.kind = CHART_TIME, .base_ns = first_ns};

	axis.high = (double)((uint64_t)last_ns - (uint64_t)first_ns);
	if (axis.high < 1000)
		axis.high = 1000;
	return axis;
}

struct chart_axis chart_axis_classes(uint32_t classes)
{
	return (struct chart_axis){.kind = CHART_CLASSES, .low = -0.5, .high = classes - 0.5};
}

static double chart_at(const struct chart_axis *axis, double value)
{
	double low = axis->low, high = axis->high;

	if (axis->kind == CHART_DURATION_LOG) {
		value = log10(value > low ? value : low);
		low = log10(low);
		high = log10(high);
	}
	value = value < low ? low : value > high ? high : value;
	return axis->from + (value - low) / (high - low) * (axis->to - axis->from);
}

double chart_x(const struct chart *chart, double value)
{
	return chart_at(&chart->x, value);
}

double chart_y(const struct chart *chart, double value)
{
	return chart_at(&chart->y, value);
}

double chart_x_time(const struct chart *chart, int64_t time_ns)
{
	int64_t since_ns;

	if (__builtin_sub_overflow(time_ns, chart->x.base_ns, &since_ns))
		since_ns = time_ns < chart->x.base_ns ? 0 : INT64_MAX;
	return chart_at(&chart->x, (double)since_ns);
}

/* ---- ticks ---- */

/* "10:00:20", of the day in UTC, or "11-21" where ticks are days apart. */
static void chart_clock(char text[WORDING_ROOM], int64_t time_ns, double step)
{
	int64_t second = time_ns / 1000000000 - (time_ns % 1000000000 < 0);
	time_t at = (time_t)second;
	struct tm day;

	gmtime_r(&at, &day);
	strftime(text, WORDING_ROOM, step >= CHART_DAY_NS ? "%m-%d" : step < 60e9 ? "%H:%M:%S" : "%H:%M",
		 &day);
}

/* A length of time that is round: "2 ms", "0.5 s". */
static void chart_round(char text[WORDING_ROOM], double value_ns)
{
	static const struct {
		double ns;
		const char *name;
	} units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}};
	size_t i = 0;

	while (i < sizeof units / sizeof units[0] - 1 && fabs(value_ns) < units[i].ns * 0.9999999)
		i++;
	if (value_ns == 0)
		strcpy(text, "0");
	else
		snprintf(text, WORDING_ROOM, "%.6g %s", value_ns / units[i].ns, units[i].name);
}

static void chart_tick_text(const struct chart_axis *axis, double value, double step,
			    char text[WORDING_ROOM])
{
	char number[TERMINAL_NUMBER_MAX];

	switch (axis->kind) {
	case CHART_COUNT:
		snprintf(text, WORDING_ROOM, "%s", terminal_number(number, (uint64_t)(value + 0.5)));
		break;
	case CHART_RATIO:
		snprintf(text, WORDING_ROOM, "%.6g %%", value * 100);
		break;
	case CHART_TIME:
		if (axis->high > CHART_CLOCK_NS)
			chart_clock(text, cell_after(axis->base_ns, (int64_t)value), step);
		else
			chart_round(text, value);
		break;
	default:
		chart_round(text, value);
	}
}

static void chart_tick(const struct chart *chart, bool x, double value, double step)
{
	const struct chart_axis *axis = x ? &chart->x : &chart->y;
	double at = chart_at(axis, value);
	char text[WORDING_ROOM];

	chart_tick_text(axis, value, step, text);
	if (x)
		fprintf(chart->stream,
			"<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/><text class=\"tick\" x=\"%.1f\" "
			"y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
			at, chart->top, chart->bottom + 4, at, chart->bottom + 16,
			at > chart->right - 12 ? "end" : "middle", text);
	else
		fprintf(chart->stream,
			"<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/><text class=\"tick\" x=\"%.1f\" "
			"y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
			chart->left - 4, at, chart->right, chart->left - 7, at + 4, text);
}

static void chart_ticks(const struct chart *chart, bool x)
{
	const struct chart_axis *axis = x ? &chart->x : &chart->y;
	double step, value, first = axis->low;
	int64_t phase;

	if (axis->kind == CHART_CLASSES)
		return;
	if (axis->kind == CHART_DURATION_LOG) {
		/* no more labels than there is room for */
		step = fmax(1, ceil(log10(axis->high / axis->low) / 7 - 1e-9));
		for (value = axis->low; value <= axis->high * 1.0001; value *= pow(10, step))
			chart_tick(chart, x, value, value);
		return;
	}
	if (axis->kind == CHART_TIME && axis->high > CHART_CLOCK_NS) {
		step = chart_step_clock(axis->high);
		phase = axis->base_ns % (int64_t)step;
		first = phase ? step - (double)(phase < 0 ? phase + (int64_t)step : phase) : 0;
	} else {
		step = chart_step(axis->high - axis->low, CHART_TICKS);
		step = axis->kind == CHART_COUNT && step < 1 ? 1 : step;
	}
	for (value = first; value <= axis->high + step * 1e-6; value += step)
		chart_tick(chart, x, fabs(value) < step * 1e-6 ? 0 : value, step);
}

/* ---- the frame ---- */

static void chart_title_x(const struct chart *chart, const char *title)
{
	char clock[WORDING_ROOM] = "", exact[CELL_ROOM];

	/* An axis that counts from its beginning says to the microsecond when that was. */
	if (chart->x.kind == CHART_TIME) {
		*cell_time(exact, chart->x.base_ns) = '\0';
		snprintf(clock, sizeof clock, "%.15s", strchr(exact, 'T') + 1);
		if (strcmp(clock + 8, ".000000") == 0)
			clock[8] = '\0';
		else if (strcmp(clock + 12, "000") == 0)
			clock[12] = '\0';
	}
	fprintf(chart->stream, "<text class=\"axis\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s",
		chart->right, chart->height - 4, title);
	if (*clock && chart->x.high > CHART_CLOCK_NS)
		fprintf(chart->stream, ", UTC, from %.10s", exact);
	else if (*clock)
		fprintf(chart->stream, " since %s UTC", clock);
	fputs("</text>\n", chart->stream);
}

bool chart_begin(struct chart *chart, FILE *stream, double width, double height,
		 struct chart_axis x, struct chart_axis y, const char *x_title,
		 const char *y_title, const char *label)
{
	*chart = (struct chart){stream, width, height, CHART_LEFT, width - CHART_RIGHT, CHART_TOP,
				height - CHART_BOTTOM, x, y};
	chart->x.from = chart->left;
	chart->x.to = chart->right;
	chart->y.from = chart->bottom;
	chart->y.to = chart->top;
	fprintf(stream, "<svg class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"",
		width, height);
	if (!html_text(stream, label))
		return false;
	fputs("\">\n", stream);
	chart_ticks(chart, true);
	chart_ticks(chart, false);
	fprintf(stream, "<path class=\"frame\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n", chart->left, chart->top,
		chart->bottom, chart->right);
	fprintf(stream, "<text class=\"axis\" x=\"4\" y=\"12\">%s</text>\n", y_title);
	chart_title_x(chart, x_title);
	return true;
}

void chart_end(struct chart *chart)
{
	fputs("</svg>\n", chart->stream);
}

bool chart_class_name(struct chart *chart, uint32_t place, const char *name)
{
	fprintf(chart->stream, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
		chart_x(chart, place), chart->bottom + 16);
	if (!html_text(chart->stream, name))
		return false;
	fputs("</text>\n", chart->stream);
	return true;
}
