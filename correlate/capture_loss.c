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

static struct span loss_span(const struct loss_loading *l, uint32_t p, int64_t behind_ns)
{
	int64_t before_ns = view_time_before(&l->j->view->point[p], behind_ns);
	struct span span = {
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
	struct span *grown;
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
	losses->spans = spans_merge(losses->span, losses->spans, 0);
	return status;
}

void capture_losses_free(struct capture_losses *losses)
{
	free(losses->span);
	*losses = (struct capture_losses){NULL, 0};
}

bool capture_losses_at(const struct capture_losses *losses, int64_t time_ns)
{
	uint32_t low = spans_find(losses->span, losses->spans, time_ns);

	return low < losses->spans && losses->span[low].from_ns <= time_ns;
}
