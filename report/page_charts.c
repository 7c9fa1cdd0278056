/* The charts of a hop and direction: delay over time with what was dropped, the delays'
 * distribution, loss over time, loss by length. */
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/cell.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/page_data.h"
#include "report/wording.h"

#define WIDTH 520.0
#define HEIGHT 200.0
#define BAR_MIN 1.5       /* pixels: what is there shows */
#define QUANTILES_APART 40.0 /* pixels between lines whose names have room in the middle */
#define LOG_SPREAD 30     /* delays that differ by more are on a logarithmic axis */

struct charts {
	struct page *page;
	FILE *stream;
	const char *hop, *direction;
	const struct held *held;      /* the table of the chart */
	uint32_t *row, rows;          /* its rows of this hop and direction */
};

/* ---- rows ---- */

/* Rows whose first columns are hop, direction and, if `kind` is given, that kind. */
static bool charts_rows(struct charts *c, const struct held *held, unsigned kind_column,
			const char *kind)
{
	uint32_t i;

	free(c->row);
	c->held = held;
	c->rows = 0;
	c->row = malloc(((size_t)held->count + 1) * sizeof *c->row);
	for (i = 0; c->row && i < held->count; i++)
		if (strcmp(held_text(held, i, 0), c->hop) == 0 &&
		    strcmp(held_text(held, i, 1), c->direction) == 0 &&
		    (!kind || strcmp(held_text(held, i, kind_column), kind) == 0))
			c->row[c->rows++] = i;
	return c->row != NULL;
}

static const struct cell *charts_cell(const struct charts *c, uint32_t k, unsigned column)
{
	return &held_row(c->held, c->row[k])[column];
}

static double charts_number(const struct charts *c, uint32_t k, unsigned column)
{
	const struct cell *cell = charts_cell(c, k, column);

	return cell->known ? (double)cell->number : 0;
}

static bool charts_begin(struct charts *c, struct chart *chart, struct chart_axis x,
			 struct chart_axis y, const char *x_title, const char *y_title,
			 const char *what)
{
	char *label;
	bool ok;

	if (asprintf(&label, "%s, %s, %s", what, c->hop, c->direction) < 0)
		return false;
	fputs("<figure>", c->stream);
	ok = chart_begin(chart, c->stream, WIDTH, HEIGHT, x, y, x_title, y_title, label);
	free(label);
	return ok;
}

static void charts_end(const struct charts *c, struct chart *chart, const char *caption)
{
	chart_end(chart);
	fprintf(c->stream, "<figcaption>%s</figcaption></figure>\n", caption);
}

/* A figure of which there is nothing to draw says so. */
static void charts_none(const struct charts *c, const char *caption, const char *why)
{
	fprintf(c->stream, "<figure class=\"none\"><p>%s</p><figcaption>%s</figcaption></figure>\n", why,
		caption);
}

/* ---- over time ---- */

/* The span of time of all rows of delays.csv: charts of all hops have the same axis. */
static struct chart_axis charts_time(const struct page *page)
{
	int64_t first_ns, last_ns;

	held_span(&page->delays, DELAYS_BUCKET_START, DELAYS_BUCKET, &first_ns, &last_ns);
	return chart_axis_time(first_ns, last_ns);
}

static struct chart_axis charts_delay_axis(const struct charts *c)
{
	double low = 0, high = 0;
	bool some = false;
	uint32_t k;

	for (k = 0; k < c->rows; k++) {
		double min = charts_number(c, k, DELAYS_MIN), max = charts_number(c, k, DELAYS_MAX);

		if (!charts_cell(c, k, DELAYS_MAX)->known)
			continue;
		low = !some || min < low ? min : low;
		high = !some || max > high ? max : high;
		some = true;
	}
	return chart_axis(low > 0 && high > LOG_SPREAD * low ? CHART_DURATION_LOG : CHART_DURATION, low,
			  high);
}

static void charts_bucket(const struct charts *c, const struct chart *chart, uint32_t k, double *x,
			  double *width)
{
	int64_t from = charts_cell(c, k, DELAYS_BUCKET_START)->number;

	*x = chart_x_time(chart, from);
	*width = chart_x_time(chart, cell_after(from, charts_cell(c, k, DELAYS_BUCKET)->number)) - *x;
	*width = *width < BAR_MIN ? BAR_MIN : *width;
}

/* Stretches between two columns of delays, as one path. */
static void charts_band(const struct charts *c, const struct chart *chart, const char *class,
			unsigned low, unsigned high)
{
	double x, width;
	uint32_t k;

	fprintf(c->stream, "<path class=\"%s\" d=\"", class);
	for (k = 0; k < c->rows; k++) {
		double from = chart_y(chart, charts_number(c, k, low));
		double to = chart_y(chart, charts_number(c, k, high));

		if (!charts_cell(c, k, high)->known)
			continue;
		charts_bucket(c, chart, k, &x, &width);
		fprintf(c->stream, "M%.1f %.1fh%.1fV%.1fh-%.1fz", x, to, width,
			from - to < 1 ? to + 1 : from, width);
	}
	fputs("\"/>\n", c->stream);
}

static void charts_drops(const struct charts *c, const struct chart *chart)
{
	double x, width;
	uint32_t k;

	fputs("<path class=\"cross\" d=\"", c->stream);
	for (k = 0; k < c->rows; k++) {
		if (charts_number(c, k, DELAYS_DROPPED) <= 0)
			continue;
		charts_bucket(c, chart, k, &x, &width);
		x += width / 2;
		fprintf(c->stream, "M%.1f %.1fl6 6m-6 0l6 -6", x - 3, chart->bottom - 8);
	}
	fputs("\"/>\n", c->stream);
}

static void charts_say_duration(const struct charts *c, uint32_t k, const char *name, unsigned column)
{
	if (!charts_cell(c, k, column)->known)
		return;
	fprintf(c->stream, "%s ", name);
	html_duration(c->stream, charts_cell(c, k, column)->number);
}

/* What a stretch of time holds, on hover. */
static void charts_hover_time(const struct charts *c, const struct chart *chart)
{
	char text[CELL_ROOM], room[WORDING_ROOM];
	double x, width;
	uint32_t k;

	for (k = 0; k < c->rows; k++) {
		charts_bucket(c, chart, k, &x, &width);
		*cell_time(text, charts_cell(c, k, DELAYS_BUCKET_START)->number) = '\0';
		fprintf(c->stream,
			"<rect class=\"hover\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>"
			"%.10s %.12s, %s: ", x, chart->top, width, chart->bottom - chart->top,
			text, strchr(text, 'T') + 1,
			wording_duration(room, charts_cell(c, k, DELAYS_BUCKET)->number));
		html_count(c->stream, (uint64_t)charts_number(c, k, DELAYS_PACKETS));
		fputs(" passed, ", c->stream);
		html_count(c->stream, (uint64_t)charts_number(c, k, DELAYS_DROPPED));
		fputs(" dropped", c->stream);
		charts_say_duration(c, k, "; min", DELAYS_MIN);
		charts_say_duration(c, k, ", p50", DELAYS_P50);
		charts_say_duration(c, k, ", p90", DELAYS_P90);
		charts_say_duration(c, k, ", p99", DELAYS_P99);
		charts_say_duration(c, k, ", max", DELAYS_MAX);
		fputs("</title></rect>\n", c->stream);
	}
}

static bool charts_delay(struct charts *c)
{
	static const char caption[] =
		"<b>Delay over time.</b> Light: min to max; dark: p50 to p90; line: p50. "
		"<span class=\"key drop\">✕</span> packets were dropped.";
	struct chart chart;
	uint32_t k, known = 0;

	if (!charts_rows(c, &c->page->delays, 0, NULL))
		return false;
	for (k = 0; k < c->rows; k++)
		known += charts_cell(c, k, DELAYS_P50)->known;
	if (!known) {
		charts_none(c, caption, "No delay is known: the clocks are not, or nothing passed.");
		return true;
	}
	if (!charts_begin(c, &chart, charts_time(c->page), charts_delay_axis(c), "time", "delay",
			  "Delay over time"))
		return false;
	charts_band(c, &chart, "band", DELAYS_MIN, DELAYS_MAX);
	charts_band(c, &chart, "core", DELAYS_P50, DELAYS_P90);
	charts_band(c, &chart, "line", DELAYS_P50, DELAYS_P50);
	charts_drops(c, &chart);
	charts_hover_time(c, &chart);
	charts_end(c, &chart, caption);
	return true;
}

static bool charts_loss(struct charts *c)
{
	static const char caption[] = "<b>Loss over time.</b> Packets dropped, of those that came.";
	double most = 0, x, width;
	struct chart chart;
	uint32_t k;

	if (!charts_rows(c, &c->page->delays, 0, NULL))
		return false;
	for (k = 0; k < c->rows; k++) {
		double dropped = charts_number(c, k, DELAYS_DROPPED);
		double all = dropped + charts_number(c, k, DELAYS_PACKETS);

		most = all > 0 && dropped / all > most ? dropped / all : most;
	}
	if (most <= 0) {
		charts_none(c, caption, "Nothing was dropped.");
		return true;
	}
	if (!charts_begin(c, &chart, charts_time(c->page), chart_axis(CHART_RATIO, 0, most), "time",
			  "loss", "Loss over time"))
		return false;
	fputs("<path class=\"loss\" d=\"", c->stream);
	for (k = 0; k < c->rows; k++) {
		double dropped = charts_number(c, k, DELAYS_DROPPED);
		double all = dropped + charts_number(c, k, DELAYS_PACKETS);

		if (dropped <= 0)
			continue;
		charts_bucket(c, &chart, k, &x, &width);
		fprintf(c->stream, "M%.1f %.1fh%.1fV%.1fh-%.1fz", x, chart_y(&chart, dropped / all), width,
			chart.bottom, width);
	}
	fputs("\"/>\n", c->stream);
	charts_hover_time(c, &chart);
	charts_end(c, &chart, caption);
	return true;
}

/* ---- distributions ---- */

static double charts_most(const struct charts *c, unsigned column)
{
	double most = 0;
	uint32_t k;

	for (k = 0; k < c->rows; k++)
		most = charts_number(c, k, column) > most ? charts_number(c, k, column) : most;
	return most;
}

static void charts_bar(const struct charts *c, const struct chart *chart, const char *class,
		       double from, double to, double value)
{
	double y = chart_y(chart, value);

	if (value <= 0)
		return;
	y = chart->bottom - y < BAR_MIN ? chart->bottom - BAR_MIN : y;
	fprintf(c->stream, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", class,
		from, y, to - from < BAR_MIN ? BAR_MIN : to - from, chart->bottom - y);
}

static void charts_hover(const struct charts *c, const struct chart *chart, double from, double to)
{
	fprintf(c->stream, "<rect class=\"hover\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>",
		from, chart->top, to - from < 4 ? 4 : to - from, chart->bottom - chart->top);
}

static bool charts_positive(const struct charts *c, uint32_t k)
{
	return charts_cell(c, k, DISTRIBUTIONS_FROM)->known && charts_number(c, k, DISTRIBUTIONS_FROM) >= 1;
}

/* The end of a bin; the last one has none. */
static double charts_bin_end(const struct charts *c, uint32_t k)
{
	return charts_cell(c, k, DISTRIBUTIONS_TO)->known ? charts_number(c, k, DISTRIBUTIONS_TO)
							  : 10 * charts_number(c, k, DISTRIBUTIONS_FROM);
}

/* Delays of 0 and less, which a logarithmic axis has no place for. */
static uint64_t charts_negative(const struct charts *c)
{
	uint64_t packets = 0;
	uint32_t k;

	for (k = 0; k < c->rows; k++)
		if (!charts_positive(c, k))
			packets += held_count(c->held, c->row[k], DISTRIBUTIONS_PACKETS);
	return packets;
}

static struct chart_axis charts_spread_axis(const struct charts *c)
{
	double low = 0, high = 0;
	uint32_t k;

	for (k = 0; k < c->rows; k++) {
		double from = charts_number(c, k, DISTRIBUTIONS_FROM);

		if (!charts_positive(c, k))
			continue;
		low = low == 0 || from < low ? from : low;
		high = charts_bin_end(c, k) > high ? charts_bin_end(c, k) : high;
	}
	return chart_axis(CHART_DURATION_LOG, low, high);
}

static void charts_spread_bars(const struct charts *c, const struct chart *chart)
{
	uint32_t k;

	for (k = 0; k < c->rows; k++) {
		double packets = charts_number(c, k, DISTRIBUTIONS_PACKETS), from, to;

		if (!charts_positive(c, k))
			continue;
		from = chart_x(chart, charts_number(c, k, DISTRIBUTIONS_FROM));
		to = chart_x(chart, charts_bin_end(c, k));
		charts_bar(c, chart, "bar", from, to - 0.6, packets);
		charts_hover(c, chart, from, to);
		html_duration(c->stream, charts_cell(c, k, DISTRIBUTIONS_FROM)->number);
		if (charts_cell(c, k, DISTRIBUTIONS_TO)->known) {
			fputs(" to ", c->stream);
			html_duration(c->stream, charts_cell(c, k, DISTRIBUTIONS_TO)->number);
		} else {
			fputs(" and more", c->stream);
		}
		fputs(": ", c->stream);
		html_count(c->stream, (uint64_t)packets);
		fputs(" packets</title></rect>\n", c->stream);
	}
}

/* The quantiles of hops.csv as lines; what they are called stands clear of each other. */
static void charts_quantiles(const struct charts *c, const struct chart *chart)
{
	static const struct {
		uint8_t column;
		const char *name, *anchor; /* where they are near each other */
	} quantiles[] = {{HOPS_DELAY_P50, "p50", "end"}, {HOPS_DELAY_P99, "p99", "start"}};
	uint32_t row = page_hop_row(c->page, c->hop, c->direction);
	const struct cell *hop = row < c->page->hops.count ? held_row(&c->page->hops, row) : NULL;
	bool near = hop && chart_x(chart, (double)hop[HOPS_DELAY_P99].number) -
				   chart_x(chart, (double)hop[HOPS_DELAY_P50].number) < QUANTILES_APART;
	size_t i;

	for (i = 0; hop && i < sizeof quantiles / sizeof quantiles[0]; i++) {
		const struct cell *cell = &hop[quantiles[i].column];
		double x = chart_x(chart, (double)cell->number);

		if (cell->known && cell->number > 0)
			fprintf(c->stream,
				"<path class=\"mark\" d=\"M%.1f %.1fV%.1f\"/><text class=\"tick\" x=\"%.1f\" "
				"y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
				x, chart->top, chart->bottom, x, chart->top - 4,
				near ? quantiles[i].anchor : "middle", quantiles[i].name);
	}
}

static bool charts_spread(struct charts *c)
{
	char caption[256] = "<b>Distribution of delay.</b> Packets by delay, on a logarithmic axis.";
	struct chart chart;
	uint64_t negative;

	if (!charts_rows(c, &c->page->distributions, DISTRIBUTIONS_KIND, "delay_us"))
		return false;
	negative = charts_negative(c);
	if (!c->rows) {
		charts_none(c, caption, "No delay is known: the clocks are not, or nothing passed.");
		return true;
	}
	if (negative)
		snprintf(caption + strlen(caption), sizeof caption - strlen(caption),
			 " Not shown: %llu of 0 and less, as clocks are never exact.",
			 (unsigned long long)negative);
	if (!charts_begin(c, &chart, charts_spread_axis(c),
			  chart_axis(CHART_COUNT, 0, charts_most(c, DISTRIBUTIONS_PACKETS)), "delay",
			  "packets", "Distribution of delay"))
		return false;
	charts_spread_bars(c, &chart);
	charts_quantiles(c, &chart);
	charts_end(c, &chart, caption);
	return true;
}

/* "64–127", "from 9,001 on". */
static void charts_class_name(const struct charts *c, uint32_t k, char name[WORDING_ROOM])
{
	const struct cell *from = charts_cell(c, k, DISTRIBUTIONS_FROM_BYTES);
	const struct cell *to = charts_cell(c, k, DISTRIBUTIONS_TO_BYTES);

	if (!to->known)
		snprintf(name, WORDING_ROOM, "≥%lld", (long long)from->number);
	else if (from->number == to->number)
		snprintf(name, WORDING_ROOM, "%lld", (long long)from->number);
	else
		snprintf(name, WORDING_ROOM, "≤%lld", (long long)to->number);
}

static bool charts_length_bars(const struct charts *c, struct chart *chart)
{
	char name[WORDING_ROOM], room[WORDING_ROOM];
	uint32_t k;

	for (k = 0; k < c->rows; k++) {
		double packets = charts_number(c, k, DISTRIBUTIONS_PACKETS);
		double dropped = charts_number(c, k, DISTRIBUTIONS_DROPPED);
		double from = chart_x(chart, k - 0.38), to = chart_x(chart, k + 0.38);

		charts_class_name(c, k, name);
		if (!chart_class_name(chart, k, name))
			return false;
		charts_bar(c, chart, "bar", from, to, packets);
		charts_bar(c, chart, "loss", from, to, dropped);
		if (dropped > 0 && packets > 0)
			fprintf(c->stream, "<text class=\"tick drop\" x=\"%.1f\" y=\"%.1f\" "
				"text-anchor=\"middle\">%s %%</text>",
				(from + to) / 2, chart_y(chart, packets) - 4,
				dropped / packets < 0.0001 ? "&lt;0.01"
							   : wording_percent(room, dropped / packets));
		charts_hover(c, chart, from, to);
		fprintf(c->stream, "%lld to ", (long long)charts_number(c, k, DISTRIBUTIONS_FROM_BYTES));
		if (charts_cell(c, k, DISTRIBUTIONS_TO_BYTES)->known)
			fprintf(c->stream, "%lld", (long long)charts_number(c, k, DISTRIBUTIONS_TO_BYTES));
		fputs(" bytes: ", c->stream);
		html_count(c->stream, (uint64_t)packets);
		fputs(" packets, ", c->stream);
		html_count(c->stream, (uint64_t)dropped);
		fputs(" dropped</title></rect>\n", c->stream);
	}
	return true;
}

static bool charts_lengths(struct charts *c)
{
	static const char caption[] =
		"<b>Loss by length.</b> Packets by IP length in bytes, "
		"<span class=\"key drop\">■</span> of these dropped.";
	struct chart chart;

	if (!charts_rows(c, &c->page->distributions, DISTRIBUTIONS_KIND, "length_bytes"))
		return false;
	if (!c->rows) {
		charts_none(c, caption, "No packets.");
		return true;
	}
	if (!charts_begin(c, &chart, chart_axis_classes(c->rows),
			  chart_axis(CHART_COUNT, 0, charts_most(c, DISTRIBUTIONS_PACKETS)), "bytes",
			  "packets", "Loss by length"))
		return false;
	if (!charts_length_bars(c, &chart))
		return false;
	charts_end(c, &chart, caption);
	return true;
}

bool page_charts(struct page *page, const char *hop, const char *direction)
{
	struct charts c = {.page = page, .stream = page->stream, .hop = hop, .direction = direction};
	bool ok;

	fprintf(page->stream, "<div class=\"charts %s\">\n", direction);
	ok = charts_delay(&c) && charts_spread(&c) && charts_loss(&c) && charts_lengths(&c);
	fputs("</div>\n", page->stream);
	free(c.row);
	return ok;
}
