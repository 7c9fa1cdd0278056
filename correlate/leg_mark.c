#include "correlate/leg_mark.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/memory.h"

enum leg_place_sides { LEG_NEAR_SIDE = 1, LEG_FAR_SIDE = 2 };

/* An end of flows: whom clients called, or who called servers. */
struct leg_place {
	uint8_t version, address[16];
	uint16_t port;   /* 0: any */
	uint8_t hop;
	bool front;      /* a service that clients called */
	bool ahead;      /* of a back: its flows end at the hop ahead of them */
	bool crosses;    /* packets of such flows cross the hop */
	uint8_t crossed; /* enum leg_place_sides: where its address is in flows that cross the hop */
};

struct leg_places {
	struct leg_place *list;
	uint64_t count;
};

static int leg_address_compare(const struct leg_place *a, const struct leg_place *b)
{
	if (a->hop != b->hop)
		return a->hop - b->hop;
	if (a->version != b->version)
		return a->version - b->version;
	return memcmp(a->address, b->address, sizeof a->address);
}

static int leg_place_compare(const void *x, const void *y)
{
	const struct leg_place *a = x, *b = y;
	int by = leg_address_compare(a, b);

	if (by)
		return by;
	if (a->front != b->front)
		return a->front - b->front;
	if (a->ahead != b->ahead)
		return a->ahead - b->ahead;
	return a->port - b->port;
}

/* Of a front the service that was called; of a back the proxy's own address. */
static struct leg_place leg_place_of(const struct leg_source *from, uint32_t node, uint32_t hop, bool front)
{
	const struct capture_flow *flow = &from->view->flow[node];
	struct leg_place place = {.version = flow->version, .hop = (uint8_t)hop, .front = front};
	bool sure, client_is_b = survey_client_direction(&from->flows[node], flow, &sure);

	memcpy(place.address, client_is_b == front ? flow->a : flow->b, sizeof place.address);
	if (front)
		place.port = client_is_b ? flow->a_port : flow->b_port;
	else
		place.ahead = from->path->stage[from->view->node_point[node]] == hop;
	return place;
}

static bool leg_has_address(const struct capture_flow *flow, const struct leg_place *place)
{
	return flow->version == place->version && (memcmp(flow->a, place->address, 16) == 0 ||
						   memcmp(flow->b, place->address, 16) == 0);
}

static uint8_t leg_end_of(const struct leg_source *from, uint32_t node, uint32_t hop)
{
	return from->path->stage[from->view->node_point[node]] == hop ? LEG_ENDS_AHEAD : LEG_ENDS_BEHIND;
}

/* A proxy that speaks in the server's name, or in the client's, has no address there to be known by. */
static void leg_add_places(struct leg_places *places, const struct leg_source *from,
			   const struct leg_pair *pair)
{
	struct leg_place service = leg_place_of(from, pair->front, pair->hop, true);
	struct leg_place own = leg_place_of(from, pair->back, pair->hop, false);

	if (!leg_has_address(&from->view->flow[pair->back], &service))
		places->list[places->count++] = service;
	if (!leg_has_address(&from->view->flow[pair->front], &own))
		places->list[places->count++] = own;
}

/* The places of the pairs that are sure, or of all where none is; each once, in order. */
static void leg_find_places(struct leg_places *places, const struct legs *legs,
			    const struct leg_source *from)
{
	bool sure[VIEW_POINTS_MAX] = {false};
	uint64_t i, n = 0;

	for (i = 0; i < legs->pairs; i++)
		sure[legs->pair[i].hop] |= legs->pair[i].confidence >= LEG_SURE;
	for (i = 0; i < legs->pairs; i++) {
		const struct leg_pair *pair = &legs->pair[i];

		if (!pair->failed && (pair->confidence >= LEG_SURE || !sure[pair->hop]))
			leg_add_places(places, from, pair);
	}
	if (places->count)
		qsort(places->list, places->count, sizeof *places->list, leg_place_compare);
	for (i = 0; i < places->count; i++)
		if (!n || leg_place_compare(&places->list[n - 1], &places->list[i]) != 0)
			places->list[n++] = places->list[i];
	places->count = n;
}

/* ---- what crosses ---- */

/* Marks the places that have an end of a flow which crosses the hop as their address. */
static void leg_note_address(struct leg_places *places, const struct leg_place *one, uint8_t side)
{
	uint64_t low = 0, high = places->count;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (leg_address_compare(&places->list[middle], one) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < places->count && leg_address_compare(&places->list[low], one) == 0; low++)
		places->list[low].crossed |= side;
}

static void leg_note_crossing(struct leg_places *places, const struct leg_source *from, uint32_t node,
			      uint32_t hop)
{
	uint8_t side = leg_end_of(from, node, hop) == LEG_ENDS_AHEAD ? LEG_NEAR_SIDE : LEG_FAR_SIDE;
	struct leg_place service = leg_place_of(from, node, hop, true), *found;
	struct leg_place client = leg_place_of(from, node, hop, false);

	leg_note_address(places, &service, side);
	leg_note_address(places, &client, side);
	if (!places->count)
		return;
	found = bsearch(&service, places->list, places->count, sizeof service, leg_place_compare);
	if (found)
		found->crosses = true;
	found = bsearch(&client, places->list, places->count, sizeof client, leg_place_compare);
	if (found)
		found->crosses = true;
}

/* Whether a place is the proxy's own: an address that is the same on both sides is another host's. */
static bool leg_is_own(const struct leg_places *places, const struct leg_place *one)
{
	const struct leg_place *found =
		places->count ? bsearch(one, places->list, places->count, sizeof *one, leg_place_compare)
			      : NULL;

	return found && !found->crosses && found->crossed != (LEG_NEAR_SIDE | LEG_FAR_SIDE);
}

/* Whether the proxy opened a flow; where the opener is not known, whether it may have. */
static bool leg_opened_by_own(const struct leg_places *places, const struct leg_source *from, uint32_t node,
			      uint32_t hop)
{
	struct leg_place client = leg_place_of(from, node, hop, false);
	const struct capture_flow *flow = &from->view->flow[node];
	bool sure, client_is_b = survey_client_direction(&from->flows[node], flow, &sure);

	if (sure || leg_is_own(places, &client))
		return leg_is_own(places, &client);
	memcpy(client.address, client_is_b ? flow->a : flow->b, sizeof client.address);
	return leg_is_own(places, &client);
}

/* ---- all ---- */

/* Calls for each flow of a proxied hop's two sides: marks the ones that end there, or notes what
 * crosses. */
static void leg_go_through(struct legs *legs, struct leg_places *places, const struct leg_source *from,
			   const struct link_count *links, bool crossing)
{
	uint32_t node, side;

	for (node = 0; node < from->view->nodes; node++) {
		uint8_t stage = from->path->stage[from->view->node_point[node]];

		for (side = 0; side < 2 && stage != PATH_OFF; side++) {
			uint32_t hop = stage - side; /* side 0: the hop ahead */
			struct leg_place service;

			if (stage < side || hop + 1u >= from->path->stages || !legs->proxied[hop] ||
			    from->view->flow[node].proto != 6 ||
			    leg_is_alone(from, links, node, !side) == crossing)
				continue;
			if (crossing) {
				leg_note_crossing(places, from, node, hop);
				continue;
			}
			service = leg_place_of(from, node, hop, true);
			if (leg_is_own(places, &service) || leg_opened_by_own(places, from, node, hop))
				legs->ends[node] |= leg_end_of(from, node, hop);
		}
	}
}

enum status legs_mark(struct legs *legs, const struct leg_source *from, const struct link_count *links,
		      struct error *err)
{
	struct leg_places places = {malloc((2 * legs->pairs + 1) * sizeof *places.list), 0};
	uint64_t i;

	legs->ends = memory_zeroed((size_t)from->view->nodes + 1, 1);
	if (!places.list || !legs->ends) {
		free(places.list);
		return error_errno(err, ENOMEM, "legs of proxied sessions");
	}
	for (i = 0; i < legs->pairs; i++) {
		const struct leg_pair *p = &legs->pair[i];

		legs->proxied[p->hop] = true;
		if (p->failed) /* it carried nothing that anything was known by */
			continue;
		legs->ends[p->front] |= leg_end_of(from, p->front, p->hop);
		legs->ends[p->back] |= leg_end_of(from, p->back, p->hop);
	}
	leg_find_places(&places, legs, from);
	leg_go_through(legs, &places, from, links, true);
	leg_go_through(legs, &places, from, links, false);
	free(places.list);
	return STATUS_OK;
}
