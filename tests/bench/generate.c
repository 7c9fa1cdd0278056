/* generate: two captures of one hop, as large as wanted, and the truth about it.
 *
 * What passes is talk of thousands of sessions at a time (talk.h), about a
 * million packets per second in capture time. The hop delays, drops, resets
 * and, when asked, translates addresses. Both files are written in the order
 * of their own clocks as the world goes by; memory holds what is in progress,
 * not what has been.
 */
#include <getopt.h>
#include <inttypes.h>

#include "tests/bench/capture.h"
#include "tests/bench/talk.h"
#include "tests/bench/truth.h"

#define SNAPLEN         96
#define SNAPLEN_FULL    262144
#define PACKETS_MAX     4000000000ull
#define WARM_UP_NS      (1000ull * MS)         /* until as many sessions end as begin */
#define BEGIN_NS        1767225600000000000ull /* 2026-01-01 00:00:00 UTC */
#define B_OFFSET_NS     2345000000
#define B_SKEW_PPM      12
#define DROP_PER_MILLE  5
#define DELAY_LEAST_NS  (60 * US)
#define DELAY_MEAN_NS   (45 * US)              /* above the least; exponential */
#define DELAY_TAIL_NS   (2000 * US)            /* at most on top, for one packet in 1000 */
#define HOP_GAP_NS      300                    /* between packets of a session; none overtakes */
#define RST_LATENESS_NS (20 * US)

struct generator {
	struct world world;
	struct filler filler;
	struct truth truth;
	struct capture capture[2];
	uint64_t packets;         /* wanted at A */
	FILE *list;               /* of dropped packets, or NULL */
	bool nat;
};

static bool generator_sees(const struct generator *generator)
{
	return generator->world.now_ns >= WARM_UP_NS;
}

/* The address of a host, to 16 bytes; an IPv4 address takes the first 4. */
static void address_client(uint8_t *out, uint8_t version, unsigned host)
{
	static const uint8_t prefix[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 1};

	memcpy(out, prefix, 16);
	host = (host / 128) * 256 + host % 128 + 10;
	wire_put32(version == 6 ? out + 12 : out, 0x0a010000 + host); /* 10.1.0.10 on */
}

static void address_server(uint8_t *out, uint8_t version, unsigned host)
{
	static const uint8_t prefix[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 2};

	memcpy(out, prefix, 16);
	wire_put32(version == 6 ? out + 12 : out, 0xc000020a + host); /* 192.0.2.10 on */
}

/* Where a packet comes from and goes to, as the point of `side` sees it. The
 * addresses of *wire point into `addresses`, 32 bytes of the caller. */
static void wire_address(struct wire *wire, const struct session *session, enum side from,
			 enum side side, bool nat, uint8_t *addresses)
{
	static const uint8_t macs[2][2][12] = {
		{{2, 0, 0, 0, 0, 0xa2, 2, 0, 0, 0, 0, 0xa1}, /* A, forward: to, from */
		 {2, 0, 0, 0, 0, 0xa1, 2, 0, 0, 0, 0, 0xa2}},
		{{2, 0, 0, 0, 0, 0xb2, 2, 0, 0, 0, 0, 0xb1},
		 {2, 0, 0, 0, 0, 0xb1, 2, 0, 0, 0, 0, 0xb2}},
	};
	static const uint8_t nat_address[4] = {203, 0, 113, 1};
	uint16_t port[2] = {session->port[CLIENT], session->port[SERVER]};

	wire->version = session->version;
	wire->proto = session->service->proto;
	address_client(addresses, session->version, session->client);
	address_server(addresses + 16, session->version, session->server);
	if (nat && side == SERVER && session->version == 4) {
		memcpy(addresses, nat_address, 4);
		port[CLIENT] = session->nat_port;
	}
	if (wire->proto == WIRE_ICMP) {
		port[SERVER] = port[CLIENT]; /* the identifier, both ways */
		wire->proto = session->version == 6 ? WIRE_ICMP6 : WIRE_ICMP;
	}
	wire->macs = macs[side][from];
	wire->src = addresses + 16 * from;
	wire->dst = addresses + 16 * !from;
	wire->sport = port[from];
	wire->dport = port[!from];
}

/* The routers between a host and its point are 1 to 5, the hop is one more. */
static uint8_t wire_ttl(const struct session *session, const struct flight *flight, enum side side)
{
	unsigned host = flight->from == CLIENT ? session->client : session->server;
	unsigned initial = flight->from == CLIENT && host & 1 ? 128 : 64;

	if (flight->injected)
		return 64; /* the hop's own */
	return (uint8_t)(initial - 1 - host % 5 - (side != flight->from));
}

/* What `flight` looks like at the point of `side`; `addresses` as above. */
static void generator_wire(const struct generator *generator, const struct flight *flight,
			   enum side side, struct wire *wire, uint8_t *addresses)
{
	const struct session *session = &generator->world.sessions[flight->session];
	const struct service *service = session->service;

	wire_address(wire, session, flight->from, side, generator->nat, addresses);
	wire->ttl = wire_ttl(session, flight, side);
	wire->flags = flight->flags;
	wire->timestamps = !flight->injected;
	wire->ip_id = flight->ip_id;
	wire->window = flight->injected ? 0 : flight->flags & WIRE_SYN ? 64240 : 502;
	wire->mss = session->version == 6 ? 1440 : 1460;
	wire->seq = flight->seq;
	wire->ack = flight->ack;
	wire->tsval = flight->tsval;
	wire->tsecr = flight->tsecr;
	wire->sack_from = flight->sack_from;
	wire->sack_to = flight->sack_to;
	wire->payload_bytes = flight->payload_bytes;
	wire->filler_at = session->serial * 2654435761u + flight->message * 40503u + flight->offset;
	if (service->proto != WIRE_ICMP) /* an echo reply brings the request's data back */
		wire->filler_at += flight->from * 30011u;
	wire->head_bytes = 0;
	if (flight->payload_bytes && !flight->offset && service->head)
		wire->head_bytes = service->head(wire->head, session, flight);
}

/* Writes the packet to the capture of `side`; a dropped one to the list too. */
static void generator_record(struct generator *generator, const struct flight *flight,
			     enum side side, bool dropped)
{
	struct capture *capture = &generator->capture[side];
	uint8_t addresses[32];
	struct wire wire;

	generator_wire(generator, flight, side, &wire, addresses);
	capture_write(capture, &generator->filler, &wire, generator->world.now_ns - WARM_UP_NS);
	if (dropped && generator->list)
		truth_list(generator->list, &wire, side, capture->packets);
}

/* The hop ends a session: an RST to each end in the name of the other, at a
 * request that it lets pass. */
static void hop_reset(struct generator *generator, const struct flight *request, uint64_t exit_ns)
{
	struct world *world = &generator->world;
	struct flight rst = {.session = request->session, .from = CLIENT, .injected = true};
	uint32_t behind = request->seq + request->payload_bytes;

	world->sessions[request->session].reset_at = 0;
	if (generator_sees(generator))
		generator->truth.sessions_reset++;
	rst.flags = WIRE_RST;
	rst.seq = behind;
	flight_send(world, &rst, exit_ns + RST_LATENESS_NS, EVENT_FAR);
	rst.from = SERVER;
	rst.flags = WIRE_RST | WIRE_ACK;
	rst.seq = request->ack;
	rst.ack = behind;
	flight_send(world, &rst, world->now_ns + RST_LATENESS_NS, EVENT_FAR);
}

static uint64_t hop_exit_ns(struct world *world, struct session *session, enum side from)
{
	uint64_t delay_ns = DELAY_LEAST_NS + world_exponential(world, DELAY_MEAN_NS);

	if (world_random(world, 0, 999) == 0)
		delay_ns += world_random(world, 0, DELAY_TAIL_NS);
	if (session->exit_ns[from] + HOP_GAP_NS > world->now_ns + delay_ns)
		session->exit_ns[from] += HOP_GAP_NS;
	else
		session->exit_ns[from] = world->now_ns + delay_ns;
	return session->exit_ns[from];
}

/* Linux gives a SYN-ACK the IP ID 0 and everything else one of its own. */
static void flight_stamp(struct world *world, struct flight *flight)
{
	const struct session *session = &world->sessions[flight->session];
	unsigned host = flight->from == CLIENT ? session->client : CLIENTS + session->server;

	flight->near_ns = world->now_ns;
	flight->tsval = (uint32_t)(world->now_ns / MS) + host * 1000003u;
	if ((flight->flags & (WIRE_SYN | WIRE_ACK)) != (WIRE_SYN | WIRE_ACK) ||
	    session->service->proto != WIRE_TCP)
		flight->ip_id = world->ip_id[host]++;
}

static void generator_near(struct generator *generator, uint32_t index)
{
	struct world *world = &generator->world;
	struct flight flight = world->flights[index];
	struct session *session = &world->sessions[flight.session];
	struct truth_direction *direction = &generator->truth.direction[flight.from];
	bool dropped = world_random(world, 0, 999) < DROP_PER_MILLE;
	uint64_t exit_ns;

	flight_free(world, index);
	flight_stamp(world, &flight);
	if (generator_sees(generator)) {
		direction->packets++;
		direction->dropped += dropped;
		generator_record(generator, &flight, flight.from, dropped);
	}
	if (!dropped) {
		exit_ns = hop_exit_ns(world, session, flight.from);
		flight_send(world, &flight, exit_ns, EVENT_FAR);
		if (session->reset_at && flight.from == CLIENT && flight.payload_bytes &&
		    session->reset_at == flight.message)
			hop_reset(generator, &flight, exit_ns);
	}
	session_release(world, flight.session);
}

static void generator_far(struct generator *generator, uint32_t index)
{
	struct world *world = &generator->world;
	struct flight flight = world->flights[index];
	struct truth_direction *direction = &generator->truth.direction[flight.from];

	flight_free(world, index);
	if (generator_sees(generator)) {
		if (flight.injected)
			direction->injected++;
		else if (flight.near_ns < WARM_UP_NS)
			direction->edge_begin++;
		else
			truth_delay(direction, world->now_ns - flight.near_ns);
		generator_record(generator, &flight, !flight.from, false);
	}
	talk_receive(world, &flight);
	session_release(world, flight.session);
}

static void generator_arrival(struct world *world)
{
	const uint32_t mean_ns = (uint32_t)(PACKETS_PER_SESSION * 1e9 / PACKET_RATE_PPS);

	session_begin(world);
	world_schedule(world, world->now_ns + world_random(world, 0, 2 * mean_ns), EVENT_ARRIVAL, 0,
		       SLOT_NONE);
}

static void generator_step(struct generator *generator)
{
	struct world *world = &generator->world;
	struct entry entry;
	uint32_t session;
	enum side side;

	if (!agenda_pop(&world->agenda, &entry)) {
		world->no_memory = true; /* it never ends of itself */
		return;
	}
	session = entry.index / 2;
	side = entry.index % 2;
	world->now_ns = entry.time_ns;
	switch ((enum event)entry.kind) {
	case EVENT_ARRIVAL:
		generator_arrival(world);
		break;
	case EVENT_SAY:
		talk_say(world, session, side);
		session_release(world, session);
		break;
	case EVENT_TIMER:
		tcp_timer(world, session, side);
		session_release(world, session);
		break;
	case EVENT_NEAR:
		generator_near(generator, entry.index);
		break;
	case EVENT_FAR:
		generator_far(generator, entry.index);
		break;
	}
}

/* Runs the world until A has seen its packets; both captures end at that moment. */
static void generator_run(struct generator *generator)
{
	struct world *world = &generator->world;
	struct truth before = {.sessions_begun = 0};

	world_schedule(world, 0, EVENT_ARRIVAL, 0, SLOT_NONE);
	while (generator->capture[CLIENT].packets < generator->packets && !world->no_memory &&
	       !generator->capture[CLIENT].failed && !generator->capture[SERVER].failed) {
		if (!generator_sees(generator)) {
			before.sessions_begun = world->serial;
			before.retransmissions = world->retransmissions;
			before.keepalives = world->keepalives;
		}
		generator_step(generator);
	}
	generator->truth.sessions_begun = world->serial - before.sessions_begun;
	generator->truth.retransmissions = world->retransmissions - before.retransmissions;
	generator->truth.keepalives = world->keepalives - before.keepalives;
	generator->truth.run_ns = world->now_ns - WARM_UP_NS;
	for (int side = CLIENT; side <= SERVER; side++) {
		struct truth_direction *direction = &generator->truth.direction[side];

		direction->edge_end = direction->packets - direction->matched - direction->dropped;
	}
}

static int generator_fail(const char *path, int errno_value)
{
	fprintf(stderr, "generate: %s: %s\n", path, strerror(errno_value));
	return 4;
}

static int generator_write(struct generator *generator, char *const *paths, const char *list_path,
			   uint32_t snaplen)
{
	struct capture *captures = generator->capture;
	int failed = -1;

	if (list_path) {
		generator->list = fopen(list_path, "w");
		if (!generator->list)
			return generator_fail(list_path, errno);
		fprintf(generator->list, "side,src,dst,sport,dport,ip_id,seq,frame\n");
	}
	for (int side = CLIENT; side <= SERVER; side++) {
		captures[side].base_ns = BEGIN_NS;
		capture_open(&captures[side], paths[side], snaplen);
	}
	captures[SERVER].offset_ns = B_OFFSET_NS;
	captures[SERVER].skew_ppm = B_SKEW_PPM;
	generator_run(generator);
	for (int side = CLIENT; side <= SERVER; side++)
		if (!capture_close(&captures[side]))
			failed = side;
	if (failed >= 0)
		return generator_fail(paths[failed], captures[failed].failed);
	if (generator->world.no_memory)
		return generator_fail("world", ENOMEM);
	if (generator->list && (ferror(generator->list) || fclose(generator->list) != 0))
		return generator_fail(list_path, errno);
	if (!truth_write(&generator->truth, paths[2], captures))
		return generator_fail(paths[2], errno);
	return 0;
}

static int usage(FILE *file)
{
	fprintf(file,
		"usage: generate [--nat] [--full] [--list FILE] PACKETS SEED OUT_A OUT_B TRUTH\n"
		"  --nat        the hop gives all IPv4 clients one address, with random ports\n"
		"  --full       keep whole packets, not 96 bytes of each\n"
		"  --list FILE  the dropped packets, as CSV\n");
	return file == stderr ? 2 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"nat", no_argument, NULL, 'n'},
		{"full", no_argument, NULL, 'f'},
		{"list", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct generator *generator = calloc(1, sizeof *generator);
	const char *list_path = NULL;
	uint32_t snaplen = SNAPLEN;
	uint64_t seed;
	int option, result;

	if (!generator)
		return generator_fail("generator", ENOMEM);
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'n')
			generator->nat = true;
		else if (option == 'f')
			snaplen = SNAPLEN_FULL;
		else if (option == 'l')
			list_path = optarg;
		else
			return usage(option == 'h' ? stdout : stderr);
	}
	if (argc - optind != 5)
		return usage(stderr);
	generator->packets = strtoull(argv[optind], NULL, 10);
	seed = strtoull(argv[optind + 1], NULL, 10);
	if (generator->packets == 0 || generator->packets > PACKETS_MAX)
		return usage(stderr);
	world_init(&generator->world, seed);
	filler_init(&generator->filler, random_next, &seed);
	result = generator_write(generator, argv + optind + 2, list_path, snaplen);
	world_close(&generator->world);
	free(generator);
	return result;
}
