#include "report/compare_charts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "correlate/results.h"
#include "report/chart.h"
#include "report/compare_text.h"
#include "report/html.h"

#define PAIRS_ROWS_MAX 24u  /* of a measure */
#define PAIRS_WIDTH 240.0
#define PAIRS_MARGIN 8.0
#define PAIRS_LOG_SPREAD 30 /* values that differ by more are on a logarithmic axis */
#define DELAYS_WIDTH 520.0
#define DELAYS_HEIGHT 200.0

/* What is drawn, in this order. */
static const struct {
	uint8_t metric;
	const char *caption;
} pairs_groups[] = {
	{METRIC_SUCCESS, "Sessions that were established"},
	{METRIC_FAILED, "Sessions that failed, by cause"},
	{METRIC_ABORTED, "Sessions that were cut off, by cause"},
	{METRIC_DROPPED, "Sessions that had a packet dropped, by cause"},
	{METRIC_BACKEND, "A service’s sessions by server"},
	{METRIC_LOSS, "Loss at the hops"},
	{METRIC_RETRANSMISSION, "Retransmissions"},
	{METRIC_DELAY_P50, "Median delay of the hops"},
	{METRIC_DELAY_P99, "p99 of the delay of the hops"},
	{METRIC_HANDSHAKE, "Handshake"},
	{METRIC_SERVER, "The server’s time"},
	{METRIC_MODIFIED, "Sessions of which a hop rewrote a field"},
};

/* ---- pairs ---- */

struct pairs_axis {
	double low, high;
	bool log;
};

static void axis_hold(struct pairs_axis *axis, bool known, double value, bool *some)
{
	if (!known)
		return;
	axis->low = !*some || value < axis->low ? value : axis->low;
	axis->high = !*some || value > axis->high ? value : axis->high;
	*some = true;
}

static double axis_x(const struct pairs_axis *axis, double value)
{
	double low = axis->low, high = axis->high, share = value > 0 ? 0.5 : 0;

	if (axis->log) {
		low = log(low);
		high = log(high);
		value = log(value);
	}
	if (high > low)
		share = (value - low) / (high - low);
	return PAIRS_MARGIN + share * (PAIRS_WIDTH - 2 * PAIRS_MARGIN);
}

static bool pairs_label(FILE *stream, const struct compare_row *row)
{
	bool ok = html_text(stream, row->subject);

	if (*row->cause) {
		fputs(", ", stream);
		ok = ok && html_text(stream, row->cause);
	}
	return ok;
}

static bool pairs_row(FILE *stream, const struct compare_row *row, const struct pairs_axis *axis)
{
	const char *verdict = compare_verdict_names[row->verdict];
	char before[64] = "", after[64] = "";
	double b = axis_x(axis, row->before), a = axis_x(axis, row->after);
	bool ok;

	if (row->before_known)
		compare_say_value(before, row, row->before);
	if (row->after_known)
		compare_say_value(after, row, row->after);
	fputs("<tr><td>", stream);
	ok = pairs_label(stream, row);
	fprintf(stream, "</td><td class=\"n\">%s</td><td><svg class=\"pair %s\" viewBox=\"0 0 %.0f 20\" role=\"img\" "
		"aria-label=\"before %s, after %s\"><path class=\"axis\" d=\"M0 10H%.0f\"/>", before, verdict,
		PAIRS_WIDTH, before, after, PAIRS_WIDTH);
	if (row->before_known && row->after_known)
		fprintf(stream, "<path class=\"span\" d=\"M%.1f 10H%.1f\"/>", b, a);
	if (row->before_known)
		fprintf(stream, "<circle class=\"before\" cx=\"%.1f\" cy=\"10\" r=\"5\"/>", b);
	if (row->after_known)
		fprintf(stream, "<circle class=\"after\" cx=\"%.1f\" cy=\"10\" r=\"4\"/>", a);
	fprintf(stream, "</svg></td><td class=\"n\">%s</td><td class=\"%s\">%s</td></tr>\n", after, verdict, verdict);
	return ok;
}

static bool pairs_group(FILE *stream, const struct compare *c, const uint32_t *ranking, size_t group)
{
	struct pairs_axis axis = {0, 0, false};
	bool some = false, ok = true;
	uint32_t i, n = 0, list[PAIRS_ROWS_MAX];

	for (i = 0; i < c->rows && n < PAIRS_ROWS_MAX; i++) {
		const struct compare_row *row = &c->row[ranking[i]];

		if (row->metric != pairs_groups[group].metric || (!row->before_known && !row->after_known))
			continue;
		axis_hold(&axis, row->before_known, row->before, &some);
		axis_hold(&axis, row->after_known, row->after, &some);
		list[n++] = ranking[i];
	}
	if (!n)
		return true;
	axis.log = metrics[pairs_groups[group].metric].sample == SAMPLE_TIMES && axis.low > 0 &&
		   axis.high > PAIRS_LOG_SPREAD * axis.low;
	if (!axis.log && axis.low > 0)
		axis.low = 0;
	fprintf(stream, "<div class=\"wide\"><table class=\"pairs\"><caption>%s%s</caption><thead><tr><th></th>"
		"<th scope=\"col\" class=\"n\">before</th><th></th><th scope=\"col\" class=\"n\">after</th>"
		"<th scope=\"col\">verdict</th></tr></thead><tbody>\n", pairs_groups[group].caption,
		axis.log ? " (logarithmic)" : "");
	for (i = 0; i < n && ok; i++)
		ok = pairs_row(stream, &c->row[list[i]], &axis);
	fputs("</tbody></table></div>\n", stream);
	return ok;
}

bool compare_charts_pairs(FILE *stream, const struct compare *compare, const uint32_t *ranking)
{
	bool ok = true;
	size_t i;

	for (i = 0; i < sizeof pairs_groups / sizeof pairs_groups[0] && ok; i++)
		ok = pairs_group(stream, compare, ranking, i);
	return ok;
}

/* ---- delays ---- */

/* The bins of delay of a hop and direction in one run. */
struct delays_bins {
	const struct held *held;
	uint32_t *row, count;
	double packets, most;
};

static bool bins_are(const struct held *held, uint32_t row, const struct profile_hop *hop)
{
	const struct cell *from = &held_row(held, row)[DISTRIBUTIONS_FROM];

	return strcmp(held_text(held, row, DISTRIBUTIONS_HOP), hop->hop) == 0 &&
	       strcmp(held_text(held, row, DISTRIBUTIONS_DIRECTION), hop->direction) == 0 &&
	       strcmp(held_text(held, row, DISTRIBUTIONS_KIND), "delay_us") == 0 && from->known &&
	       from->number >= 1;
}

static bool bins_take(struct delays_bins *b, const struct profile *profile, const struct profile_hop *hop)
{
	uint32_t i;

	*b = (struct delays_bins){.held = &profile->distributions};
	b->row = calloc((size_t)b->held->count + 1, sizeof *b->row);
	for (i = 0; b->row && i < b->held->count; i++) {
		double packets = (double)held_count(b->held, i, DISTRIBUTIONS_PACKETS);

		if (!bins_are(b->held, i, hop))
			continue;
		b->row[b->count++] = i;
		b->packets += packets;
		b->most = packets > b->most ? packets : b->most;
	}
	return b->row != NULL;
}

static double bins_from(const struct delays_bins *b, uint32_t k)
{
	return (double)held_row(b->held, b->row[k])[DISTRIBUTIONS_FROM].number;
}

static double bins_to(const struct delays_bins *b, uint32_t k)
{
	const struct cell *to = &held_row(b->held, b->row[k])[DISTRIBUTIONS_TO];

	return to->known ? (double)to->number : 10 * bins_from(b, k);
}

static double bins_share(const struct delays_bins *b, uint32_t k)
{
	return (double)held_count(b->held, b->row[k], DISTRIBUTIONS_PACKETS) / b->packets;
}

static void bins_bars(FILE *stream, const struct chart *chart, const struct delays_bins *b)
{
	uint32_t k;

	for (k = 0; k < b->count; k++) {
		double x = chart_x(chart, bins_from(b, k)), y = chart_y(chart, bins_share(b, k));

		fprintf(stream, "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", x, y,
			fmax(1.5, chart_x(chart, bins_to(b, k)) - x), chart->bottom - y);
	}
}

static void bins_line(FILE *stream, const struct chart *chart, const struct delays_bins *b)
{
	double end = -1;
	uint32_t k;

	fputs("<path class=\"past\" d=\"", stream);
	for (k = 0; k < b->count; k++) {
		double x = chart_x(chart, bins_from(b, k)), to = chart_x(chart, bins_to(b, k));

		if (k && x > end + 0.1) /* a bin without packets between them */
			fprintf(stream, "V%.1f", chart->bottom);
		fprintf(stream, "%s%.1f %.1fV%.1fH%.1f", k ? "L" : "M", x, k && x <= end + 0.1
			? chart_y(chart, bins_share(b, k - 1)) : chart->bottom, chart_y(chart, bins_share(b, k)), to);
		end = to;
	}
	fprintf(stream, "V%.1f\"/>\n", chart->bottom);
}

static bool delays_draw(FILE *stream, const struct profile_hop *hop, const struct delays_bins *before,
			const struct delays_bins *after)
{
	double low = fmin(bins_from(before, 0), bins_from(after, 0)), high;
	struct chart chart;
	char *label;
	bool ok;

	high = fmax(bins_to(before, before->count - 1), bins_to(after, after->count - 1));
	if (asprintf(&label, "%s, %s: delays before and after", hop->hop, hop->direction) < 0)
		return false;
	fputs("<figure>", stream);
	ok = chart_begin(&chart, stream, DELAYS_WIDTH, DELAYS_HEIGHT, chart_axis(CHART_DURATION_LOG, low, high),
			 chart_axis(CHART_RATIO, 0, fmax(before->most / before->packets,
							 after->most / after->packets)),
			 "delay", "packets", label);
	free(label);
	if (!ok)
		return false;
	bins_bars(stream, &chart, after);
	bins_line(stream, &chart, before);
	chart_end(&chart);
	fputs("<figcaption>", stream);
	ok = html_hop(stream, hop->hop);
	fputs(", ", stream);
	ok = ok && html_text(stream, hop->direction);
	fputs("</figcaption></figure>\n", stream);
	return ok;
}

static bool delays_hop(FILE *stream, const struct compare *c, const struct profile_hop *hop)
{
	struct delays_bins before = {0}, after = {0};
	bool ok = bins_take(&before, c->before[0], hop) && bins_take(&after, c->after, hop);

	if (ok && before.count && after.count)
		ok = delays_draw(stream, hop, &before, &after);
	free(before.row);
	free(after.row);
	return ok;
}

bool compare_charts_delays(FILE *stream, const struct compare *c)
{
	const struct profile *p = c->before[0];
	bool ok = true;
	uint32_t i;

	fputs("<div class=\"charts\">\n", stream);
	for (i = 0; i < p->hops_count && ok; i++)
		ok = delays_hop(stream, c, &p->hop[i]);
	fputs("</div>\n", stream);
	return ok;
}
