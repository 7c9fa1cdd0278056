#include "collect/tunnel_rest.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct tunnel_rest {
	uint8_t src[16], dst[16];
	uint32_t ip_id;
	uint8_t version, proto; /* of IPv6 0: extension headers may stand in front of it */
	bool used;
	/* not compared */
	int64_t time_ns;
};
#define REST_KEY offsetof(struct tunnel_rest, used)

static struct tunnel_rest *rest_place(const struct tunnel_rests *rests,
				      const struct tunnel_rest *key)
{
	return &rests->list[XXH3_64bits_withSeed(key, REST_KEY, rests->seed) % TUNNEL_RESTS];
}

static enum status rest_remember(struct tunnel_rests *rests, const struct packet *packet,
				 int64_t time_ns, struct error *err)
{
	const struct packet_outer *outer = &packet->outer;
	struct tunnel_rest key;

	if (!rests->list)
		rests->list = calloc(TUNNEL_RESTS, sizeof *rests->list);
	if (!rests->list)
		return error_errno(err, ENOMEM, "fragments of tunnels");
	memset(&key, 0, sizeof key);
	memcpy(key.src, outer->src, sizeof key.src);
	memcpy(key.dst, outer->dst, sizeof key.dst);
	key.ip_id = outer->ip_id;
	key.version = outer->version;
	key.proto = outer->version == 4 ? outer->proto : 0;
	key.used = true;
	key.time_ns = time_ns;
	*rest_place(rests, &key) = key;
	return STATUS_OK;
}

static bool rest_is(const struct tunnel_rests *rests, const struct packet *packet, int64_t time_ns)
{
	const struct tunnel_rest *first;
	struct tunnel_rest key;
	uint64_t age_ns;

	if (!rests->list)
		return false;
	memset(&key, 0, sizeof key);
	memcpy(key.src, packet->src, sizeof key.src);
	memcpy(key.dst, packet->dst, sizeof key.dst);
	key.ip_id = packet->ip_id;
	key.version = packet->version;
	key.proto = packet->version == 4 ? packet->proto : 0;
	first = rest_place(rests, &key);
	age_ns = time_ns > first->time_ns ? (uint64_t)time_ns - (uint64_t)first->time_ns
					  : (uint64_t)first->time_ns - (uint64_t)time_ns;
	return first->used && age_ns <= TUNNEL_REST_NS && memcmp(first, &key, REST_KEY) == 0;
}

enum status tunnel_rests_see(struct tunnel_rests *rests, struct packet *packet, int64_t time_ns,
			     struct error *err)
{
	if (packet->outer.opened)
		return rest_remember(rests, packet, time_ns, err);
	if (packet->kind == PACKET_IP && (packet->marks & PACKET_FRAGMENT_LATER) &&
	    rest_is(rests, packet, time_ns))
		packet->kind = PACKET_NON_IP;
	return STATUS_OK;
}

void tunnel_rests_free(struct tunnel_rests *rests)
{
	free(rests->list);
	rests->list = NULL;
}
