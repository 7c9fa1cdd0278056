#include "correlate/tunnels.h"

#include <string.h>

#include "collect/link.h"

#define TUNNELS_MAX 8 /* in each other; a description has no room for more */

static const uint8_t *tunnels_link(const struct view *view, uint32_t point, uint32_t link,
				   uint8_t *bytes)
{
	const uint8_t *entry = view->point[point].link + (size_t)link * VIEW_LINK_BYTES;

	*bytes = entry[0];
	return entry + 1;
}

/* The tunnels that a description names, outermost first. */
static uint32_t tunnels_read(const uint8_t *description, uint8_t bytes, bool turned,
			     struct tunnel_ends list[TUNNELS_MAX])
{
	size_t offset = 0, value_bytes, half;
	enum link_item item;
	const uint8_t *value;
	uint32_t count = 0;

	while (count < TUNNELS_MAX &&
	       (item = link_next(description, bytes, &offset, &value, &value_bytes)) != 0) {
		struct tunnel_ends *one = &list[count];

		if (item != LINK_ITEM_OUTER4 && item != LINK_ITEM_OUTER6)
			continue;
		half = value_bytes / 2;
		memset(one, 0, sizeof *one);
		one->version = item == LINK_ITEM_OUTER4 ? 4 : 6;
		memcpy(turned ? one->dst : one->src, value, half);
		memcpy(turned ? one->src : one->dst, value + half, half);
		count++;
	}
	return count;
}

bool tunnels_any(const struct view *view)
{
	struct tunnel_ends list[TUNNELS_MAX];
	uint32_t p, l;

	for (p = 0; p < view->points; p++)
		for (l = 0; l < view->point[p].links; l++) {
			uint8_t bytes;
			const uint8_t *link = tunnels_link(view, p, l, &bytes);

			if (tunnels_read(link, bytes, false, list))
				return true;
		}
	return false;
}

bool tunnels_between(const struct view *view, const struct tunnel_place *a,
		     const struct tunnel_place *b, struct tunnel_ends *at_a,
		     struct tunnel_ends *at_b)
{
	struct tunnel_ends of_a[TUNNELS_MAX], of_b[TUNNELS_MAX];
	uint8_t a_bytes, b_bytes;
	const uint8_t *a_link = tunnels_link(view, a->point, a->link, &a_bytes);
	const uint8_t *b_link = tunnels_link(view, b->point, b->link, &b_bytes);
	uint32_t na = tunnels_read(a_link, a_bytes, a->turned, of_a);
	uint32_t nb = tunnels_read(b_link, b_bytes, b->turned, of_b);

	/* the innermost ones that both have went through the hop as they were */
	while (na && nb && memcmp(&of_a[na - 1], &of_b[nb - 1], sizeof of_a[0]) == 0) {
		na--;
		nb--;
	}
	memset(at_a, 0, sizeof *at_a);
	memset(at_b, 0, sizeof *at_b);
	if (na)
		*at_a = of_a[0];
	if (nb)
		*at_b = of_b[0];
	return na || nb;
}
