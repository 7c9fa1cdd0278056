/* A chart as SVG: a frame with two axes, ticks at round values, and marks in it. What it shows,
 * whoever draws it knows; here is only where a value lies and what stands beside the axes.
 *
 * Colours and strokes are classes of the page's style sheet. Same values, same bytes.
 */
#ifndef CROSSTAP_REPORT_CHART_H
#define CROSSTAP_REPORT_CHART_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum chart_kind {
	CHART_DURATION,     /* ns, from 0 on */
	CHART_DURATION_LOG, /* ns, powers of ten */
	CHART_COUNT,        /* from 0 on */
	CHART_RATIO,        /* 0..1, in percent, from 0 on */
	CHART_TIME,         /* ns since 1970 UTC */
	CHART_CLASSES,      /* places 0, 1, 2 ... with names of their own */
};

struct chart_axis {
	enum chart_kind kind;
	double low, high;  /* values at the ends, as chart_axis_*() set them */
	double from, to;   /* pixels */
	int64_t base_ns;   /* CHART_TIME: values are relative to it, so that a double is exact enough */
};

struct chart {
	FILE *stream;
	double width, height, left, right, top, bottom; /* of the frame inside */
	struct chart_axis x, y;
};

/* An axis that holds these values: rounded to what a reader expects. */
struct chart_axis chart_axis(enum chart_kind kind, double low, double high);
struct chart_axis chart_axis_time(int64_t first_ns, int64_t last_ns);
struct chart_axis chart_axis_classes(uint32_t classes);

/* Begins a chart of this size, draws its axes and what they are called. `label` says to a screen reader
 * what is shown (raw text). False: no memory. */
bool chart_begin(struct chart *chart, FILE *stream, double width, double height,
		 struct chart_axis x, struct chart_axis y, const char *x_title,
		 const char *y_title, const char *label);
void chart_end(struct chart *chart);

double chart_x(const struct chart *chart, double value);
double chart_y(const struct chart *chart, double value);
double chart_x_time(const struct chart *chart, int64_t time_ns);

/* A name under place `place` of a CHART_CLASSES axis. */
bool chart_class_name(struct chart *chart, uint32_t place, const char *name);

#endif
