#include "correlate/capture_loss.h"

#include <errno.h>
#include <stdlib.h>

#define LOSS_NEAR_NS 100000000 /* a capture's own loss this close explains a gap: 0.1 s */

struct loss_loading {
	struct capture_losses *losses;
	const struct judging *j;
	uint32_t hop;
};

static int64_t loss_time(const struct loss_loading *l, uint32_t p, int64_t local_ns)
{
	return hop_near_time(&l->j->hops->hop[l->hop], p, l->j->path->stage[p] == l->hop,
			     clock_correct(&l->j->meeting->clock[p], local_ns));
}

static struct capture_loss_span loss_span(const struct loss_loading *l, uint32_t p, int64_t behind_ns)
{
	int64_t before_ns = view_time_before(&l->j->view->point[p], behind_ns);
	struct capture_loss_span span = {
		.from_ns = loss_time(l, p, before_ns == INT64_MIN ? behind_ns : before_ns),
		.to_ns = loss_time(l, p, behind_ns)};

	if (__builtin_sub_overflow(span.from_ns, LOSS_NEAR_NS, &span.from_ns))
		span.from_ns = INT64_MIN;
	if (__builtin_add_overflow(span.to_ns, LOSS_NEAR_NS, &span.to_ns))
		span.to_ns = INT64_MAX;
	return span;
}

static enum status loss_load(struct loss_loading *l, uint32_t p, const struct capture *capture,
			     struct error *err)
{
	struct capture_losses *losses = l->losses;
	struct capture_loss_span *grown;
	struct capture_drop *drops;
	enum status status;
	uint32_t i;

	if (!capture->drop_places)
		return STATUS_OK;
	status = capture_drops(l->j->view->txn, capture, &drops, err);
	if (status)
		return status;
	grown = realloc(losses->span,
			((size_t)losses->spans + capture->drop_places) * sizeof *grown);
	if (grown) {
		losses->span = grown;
		for (i = 0; i < capture->drop_places; i++)
			grown[losses->spans++] = loss_span(l, p, drops[i].time_ns);
	}
	free(drops);
	return grown ? STATUS_OK : error_errno(err, ENOMEM, "losses of captures");
}

static int loss_compare(const void *x, const void *y)
{
	const struct capture_loss_span *a = x, *b = y;

	return (a->from_ns > b->from_ns) - (a->from_ns < b->from_ns);
}

/* Spans that touch become one. */
static void losses_merge(struct capture_losses *losses)
{
	uint32_t i, kept = 0;

	if (!losses->spans)
		return;
	qsort(losses->span, losses->spans, sizeof *losses->span, loss_compare);
	for (i = 1; i < losses->spans; i++) {
		struct capture_loss_span *last = &losses->span[kept];

		if (losses->span[i].from_ns > last->to_ns)
			losses->span[++kept] = losses->span[i];
		else if (losses->span[i].to_ns > last->to_ns)
			last->to_ns = losses->span[i].to_ns;
	}
	losses->spans = kept + 1;
}

enum status capture_losses_load(struct capture_losses *losses, const struct judging *j, uint32_t hop,
				uint32_t stage, struct error *err)
{
	struct loss_loading l = {losses, j, hop};
	enum status status = STATUS_OK;
	uint32_t k, c;

	*losses = (struct capture_losses){NULL, 0};
	for (k = 0; k < j->path->points[stage]; k++) {
		const struct view_point *point = &j->view->point[j->path->point[stage][k]];

		for (c = 0; c < point->captures && !status; c++)
			status = loss_load(&l, j->path->point[stage][k],
					   &j->view->capture[point->first_capture + c], err);
	}
	losses_merge(losses);
	return status;
}

void capture_losses_free(struct capture_losses *losses)
{
	free(losses->span);
	*losses = (struct capture_losses){NULL, 0};
}

bool capture_losses_at(const struct capture_losses *losses, int64_t time_ns)
{
	uint32_t low = 0, high = losses->spans;

	while (low < high) { /* the first span that ends at the time or later */
		uint32_t middle = low + (high - low) / 2;

		if (losses->span[middle].to_ns < time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low < losses->spans && losses->span[low].from_ns <= time_ns;
}
