#include "correlate/gateway.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/link.h"

/* A link's destination address; 0: it has none. */
static uint64_t gateway_address(const struct view_point *point, uint32_t link)
{
	const uint8_t *entry = point->link + (size_t)link * VIEW_LINK_BYTES;
	uint8_t dst[6], src[6];
	uint64_t address = 0;
	uint32_t i;

	if (!packet_link_macs(entry + 1, entry[0], dst, src))
		return 0;
	for (i = 0; i < 6; i++)
		address = address << 8 | dst[i];
	return address;
}

static int gateway_compare(const void *x, const void *y)
{
	const uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

/* Which links of a point bear packets that pass the hop in a direction. */
static void gateways_mark(bool *passing, const struct judging *j, uint32_t p,
			  const struct hop_session *session, enum hop_direction direction)
{
	const struct view_point *point = &j->view->point[p];
	uint32_t n, d;

	for (n = point->first_node; n < point->first_node + point->nodes; n++) {
		if (!session[j->sessions->of_node[n]].matched[direction])
			continue;
		for (d = 0; d < 2; d++)
			if (j->flows[n].packets[d] &&
			    sessions_forward(j->sessions, n << 1 | d) == (direction == HOP_FORWARD))
				passing[j->flows[n].link[d]] = true;
	}
}

static enum status gateways_of_point(struct gateways *g, const struct judging *j, uint32_t p,
				     const struct hop_session *session,
				     enum hop_direction direction, struct error *err)
{
	const struct view_point *point = &j->view->point[p];
	bool *passing = calloc((size_t)point->links + 1, sizeof *passing);
	uint64_t *list = malloc(((size_t)point->links + 1) * sizeof *list);
	uint32_t link, n = 0, i, kept = 0;

	g->address[p] = list;
	if (!passing || !list) {
		free(passing);
		return error_errno(err, ENOMEM, "gateways of point %s", point->name);
	}
	gateways_mark(passing, j, p, session, direction);
	for (link = 0; link < point->links; link++)
		if (passing[link] && gateway_address(point, link))
			list[n++] = gateway_address(point, link);
	qsort(list, n, sizeof *list, gateway_compare);
	for (i = 0; i < n; i++)
		if (!kept || list[i] != list[kept - 1])
			list[kept++] = list[i];
	g->addresses[p] = kept;
	free(passing);
	return STATUS_OK;
}

enum status gateways_find(struct gateways *g, const struct judging *j, uint32_t hop,
			  const struct hop_session *session, struct error *err)
{
	enum status status = STATUS_OK;
	uint32_t side, k;

	for (side = 0; side < 2; side++)
		for (k = 0; k < j->path->points[hop + side] && !status; k++)
			status = gateways_of_point(g, j, j->path->point[hop + side][k], session,
						   side ? HOP_REVERSE : HOP_FORWARD, err);
	return status;
}

void gateways_free(struct gateways *g)
{
	uint32_t p;

	for (p = 0; p < VIEW_POINTS_MAX; p++) {
		free(g->address[p]);
		g->address[p] = NULL;
	}
}

bool gateways_passed_by(const struct gateways *g, const struct view *view, uint32_t p,
			uint32_t index)
{
	const struct view_point *point = &view->point[p];
	uint32_t link = (uint32_t)view_get(point, RECORD_LINK, index) +
			point->block[index >> VIEW_BLOCK_SHIFT].link_base;
	uint64_t address = gateway_address(point, link);

	return address && g->addresses[p] &&
	       !bsearch(&address, g->address[p], g->addresses[p], sizeof address, gateway_compare);
}
