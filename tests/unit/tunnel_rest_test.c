/* What is left of a tunnel's packet that went in fragments: later fragments of an opened one. */
#include "collect/tunnel_rest.h"

#include <string.h>

#include "tests/unit/check.h"

#define S INT64_C(1000000000)

/* A first fragment that packet_parse() opened. */
static struct packet opened(uint8_t version, uint8_t proto, uint8_t src, uint32_t ip_id)
{
	struct packet packet = {.kind = PACKET_IP, .marks = PACKET_TUNNELED,
				.outer = {.opened = true, .version = version, .proto = proto,
					  .src = {src}, .dst = {2}, .ip_id = ip_id}};

	return packet;
}

static struct packet later(uint8_t version, uint8_t proto, uint8_t src, uint32_t ip_id)
{
	struct packet packet = {.kind = PACKET_IP,
				.marks = PACKET_FRAGMENT | PACKET_FRAGMENT_LATER,
				.version = version, .proto = proto, .src = {src}, .dst = {2},
				.ip_id = ip_id};

	return packet;
}

static enum packet_kind see(struct tunnel_rests *rests, struct packet packet, int64_t time_ns)
{
	struct error err;

	CHECK(tunnel_rests_may(&packet));
	CHECK_INT(tunnel_rests_see(rests, &packet, time_ns, &err), STATUS_OK);
	return packet.kind;
}

int main(void)
{
	struct tunnel_rests rests = {.seed = 7};
	struct packet plain = {.kind = PACKET_IP, .marks = PACKET_FRAGMENT};
	uint32_t i, known = 0;

	CHECK_INT(see(&rests, later(4, 17, 1, 5), S), PACKET_IP);
	CHECK_INT(see(&rests, opened(4, 17, 1, 5), S), PACKET_IP);
	CHECK_INT(see(&rests, later(4, 17, 1, 5), S), PACKET_NON_IP);
	CHECK_INT(see(&rests, later(4, 17, 1, 5), 2 * S), PACKET_NON_IP);
	check_case("later fragments of a tunnel's packet are no packets, those before it are");

	CHECK_INT(see(&rests, later(4, 17, 1, 6), S), PACKET_IP);
	CHECK_INT(see(&rests, later(4, 47, 1, 5), S), PACKET_IP);
	CHECK_INT(see(&rests, later(4, 17, 3, 5), S), PACKET_IP);
	CHECK_INT(see(&rests, later(6, 17, 1, 5), S), PACKET_IP);
	CHECK_INT(see(&rests, later(4, 17, 1, 5), 62 * S), PACKET_IP);
	CHECK_INT(see(&rests, later(4, 17, 1, 5), INT64_MIN), PACKET_IP);
	CHECK_INT(see(&rests, later(4, 17, 1, 5), INT64_MAX), PACKET_IP);
	check_case("others with another ID, protocol or address, or a minute later, are not touched");

	CHECK_INT(see(&rests, opened(6, 4, 1, 70000), S), PACKET_IP);
	CHECK_INT(see(&rests, later(6, 60, 1, 70000), S), PACKET_NON_IP);
	check_case("of IPv6 an extension header may stand where the protocol does");

	CHECK(!tunnel_rests_may(&plain));
	for (i = 0; i < 10 * TUNNEL_RESTS; i++)
		CHECK_INT(see(&rests, opened(4, 4, 9, i), S), PACKET_IP);
	for (i = 0; i < 10 * TUNNEL_RESTS; i++)
		known += see(&rests, later(4, 4, 9, i), S) == PACKET_NON_IP;
	CHECK(known > TUNNEL_RESTS / 2 && known <= TUNNEL_RESTS);
	check_case("no more are remembered than there is room for");
	tunnel_rests_free(&rests);
	tunnel_rests_free(&rests);
	return check_exit();
}
