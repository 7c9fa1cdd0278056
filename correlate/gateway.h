/* Gateways: the link addresses to which a point's packets are sent when they
 * pass a hop. What is sent to another one (a neighbour on the same network) was
 * not meant to pass.
 */
#ifndef CROSSTAP_CORRELATE_GATEWAY_H
#define CROSSTAP_CORRELATE_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"
#include "correlate/odd.h"

struct gateways {
	uint64_t *address[VIEW_POINTS_MAX]; /* of each upstream point: MACs, sorted */
	uint32_t addresses[VIEW_POINTS_MAX];
};

/* The gateways of a hop's points, each in the direction in which it is upstream. */
enum status gateways_find(struct gateways *gateways, const struct judging *judging, uint32_t hop,
			  const struct hop_session *session, struct error *err) MUST_CHECK;
void gateways_free(struct gateways *gateways);

/* Whether a record of a point was sent to a link address that is none of them. False
 * where the point's link layer has no addresses, or nothing passed. */
bool gateways_passed_by(const struct gateways *gateways, const struct view *view, uint32_t point,
			uint32_t index);

#endif
