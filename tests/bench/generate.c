/* generate: captures of the points of one path, as large as wanted, and the truth
 * about it.
 *
 * What passes is talk of thousands of sessions at a time (talk.h), about a
 * million packets per second in capture time. The hops between the points delay
 * and drop; the first also resets and, when asked, translates addresses. The files
 * are written in the order of their own clocks as the world goes by; memory holds
 * what is in progress, not what has been.
 */
#include <getopt.h>
#include <inttypes.h>

#include "tests/bench/capture.h"
#include "tests/bench/hop.h"
#include "tests/bench/talk.h"
#include "tests/bench/truth.h"

#define SNAPLEN      96
#define SNAPLEN_FULL 262144
#define PACKETS_MAX  4000000000ull

struct generator {
	struct world world;
	struct filler filler;
	struct truth truth;
	struct capture capture[POINTS_MAX];
	uint8_t macs[POINTS_MAX][2][12]; /* by point and sender */
	uint64_t packets;                /* wanted at the first point */
	FILE *list;                      /* of dropped packets, or NULL */
	bool nat;
};

/* What the command line says. */
struct request {
	const struct plan *plan;
	const char *list_path;
	char *const *paths; /* of the captures */
	const char *truth_path;
	unsigned points;
	uint32_t snaplen;
	uint64_t packets, seed;
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

/* Where a packet comes from and goes to, as a point sees it that may be behind a NAT.
 * The addresses of *wire point into `addresses`, 32 bytes of the caller. */
static void wire_address(struct wire *wire, const struct session *session, enum side from, bool nat,
			 uint8_t *addresses)
{
	static const uint8_t nat_address[4] = {203, 0, 113, 1};
	uint16_t port[2] = {session->port[CLIENT], session->port[SERVER]};

	wire->version = session->version;
	wire->proto = session->service->proto;
	address_client(addresses, session->version, session->client);
	address_server(addresses + 16, session->version, session->server);
	if (nat && session->version == 4) {
		memcpy(addresses, nat_address, 4);
		port[CLIENT] = session->nat_port;
	}
	if (wire->proto == WIRE_ICMP) {
		port[SERVER] = port[CLIENT]; /* the identifier, both ways */
		wire->proto = session->version == 6 ? WIRE_ICMP6 : WIRE_ICMP;
	}
	wire->src = addresses + 16 * from;
	wire->dst = addresses + 16 * !from;
	wire->sport = port[from];
	wire->dport = port[!from];
}

/* The routers between a host and its point are 1 to 5, each hop is one more. */
static uint8_t wire_ttl(const struct session *session, const struct flight *flight)
{
	unsigned host = flight->from == CLIENT ? session->client : session->server;
	unsigned initial = flight->from == CLIENT && host & 1 ? 128 : 64;
	unsigned hops = flight->from == CLIENT ? flight->point - flight->entry
					       : flight->entry - flight->point;

	if (flight->injected)
		return (uint8_t)(64 - hops); /* a hop's own */
	return (uint8_t)(initial - 1 - host % 5 - hops);
}

/* What `flight` looks like at the point that it passes; `addresses` as above. */
static void generator_wire(const struct generator *generator, const struct flight *flight,
			   struct wire *wire, uint8_t *addresses)
{
	const struct world *world = &generator->world;
	const struct session *session = &world->sessions[flight->session];
	const struct service *service = session->service;

	wire_address(wire, session, flight->from, generator->nat && flight->point > HOP_BUSY,
		     addresses);
	wire->macs = generator->macs[flight->point][flight->from];
	wire->ttl = wire_ttl(session, flight);
	wire->flags = flight->flags;
	wire->timestamps = !flight->injected && !service->storm;
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

/* Writes the packet to the capture of its point; a dropped one to the list too. */
static void generator_record(struct generator *generator, const struct flight *flight, bool dropped)
{
	struct capture *capture = &generator->capture[flight->point];
	uint8_t addresses[32];
	struct wire wire;

	generator_wire(generator, flight, &wire, addresses);
	capture_write(capture, &generator->filler, &wire, generator->world.now_ns - WARM_UP_NS);
	if (dropped && generator->list)
		truth_list(generator->list, &wire, flight->point, capture->packets);
}

/* The busy hop ends a session: an RST to each end in the name of the other, at a
 * request that it lets pass. */
static void hop_reset(struct generator *generator, const struct flight *request, uint64_t exit_ns)
{
	struct world *world = &generator->world;
	struct flight rst = {.session = request->session, .from = CLIENT, .injected = true,
			     .entry = HOP_BUSY + 1, .point = HOP_BUSY + 1};
	uint32_t behind = request->seq + request->payload_bytes;

	world->sessions[request->session].reset_at = 0;
	if (generator_sees(generator))
		generator->truth.sessions_reset++;
	rst.flags = WIRE_RST;
	rst.seq = behind;
	flight_send(world, &rst, exit_ns + HOP_RST_LATENESS_NS, EVENT_FAR);
	rst.from = SERVER;
	rst.entry = rst.point = HOP_BUSY;
	rst.flags = WIRE_RST | WIRE_ACK;
	rst.seq = request->ack;
	rst.ack = behind;
	flight_send(world, &rst, world->now_ns + HOP_RST_LATENESS_NS, EVENT_FAR);
}

/* Linux gives a SYN-ACK the IP ID 0 and everything else one of its own. */
static void flight_stamp(struct world *world, struct flight *flight)
{
	const struct session *session = &world->sessions[flight->session];
	unsigned host = flight->from == CLIENT ? session->client : CLIENTS + session->server;

	flight->tsval = (uint32_t)(world->now_ns / MS) + host * 1000003u;
	if ((flight->flags & (WIRE_SYN | WIRE_ACK)) != (WIRE_SYN | WIRE_ACK) ||
	    session->service->proto != WIRE_TCP)
		flight->ip_id = world->ip_id[host]++;
}

/* Counts the packet as one that has come through the hop behind its point. */
static void generator_count(struct generator *generator, const struct flight *flight)
{
	unsigned hop = flight->from == CLIENT ? flight->point - 1u : flight->point;
	struct truth_direction *direction = &generator->truth.hop[hop][flight->from];

	if (flight->injected && flight->point == flight->entry)
		direction->injected++;
	else if (flight->near_ns < WARM_UP_NS)
		direction->edge_begin++;
	else
		truth_delay(direction, generator->world.now_ns - flight->near_ns);
}

/* The packet goes into the hop before it, which lets it through. */
static void hop_pass(struct generator *generator, const struct flight *flight, uint8_t hop)
{
	struct world *world = &generator->world;
	struct session *session = &world->sessions[flight->session];
	uint64_t exit_ns = hop_exit_ns(world, hop, flight->session, flight->from);
	struct flight next = *flight;

	next.near_ns = world->now_ns;
	next.point = flight->from == CLIENT ? flight->point + 1 : flight->point - 1;
	flight_send(world, &next, exit_ns, EVENT_FAR);
	if (hop == HOP_BUSY && session->reset_at && flight->from == CLIENT &&
	    flight->payload_bytes && session->reset_at == flight->message)
		hop_reset(generator, flight, exit_ns);
}

/* A packet is at its point, and leaves it for the next hop or for its receiver. */
static void generator_point(struct generator *generator, uint32_t index, bool first)
{
	struct world *world = &generator->world;
	struct flight flight = world->flights[index];
	bool last = flight.point == (flight.from == CLIENT ? world->points - 1 : 0), dropped;
	uint8_t hop = flight.from == CLIENT ? flight.point : flight.point - 1;

	flight_free(world, index);
	dropped = !last && hop_drops(world, hop);
	if (first)
		flight_stamp(world, &flight);
	if (generator_sees(generator)) {
		if (!first)
			generator_count(generator, &flight);
		if (!last) {
			generator->truth.hop[hop][flight.from].packets++;
			generator->truth.hop[hop][flight.from].dropped += dropped;
		}
		generator_record(generator, &flight, dropped);
	}
	if (last)
		talk_receive(world, &flight);
	else if (!dropped)
		hop_pass(generator, &flight, hop);
	session_release(world, flight.session);
}

static void generator_arrival(struct world *world)
{
	session_begin(world);
	if (--world->sessions_left)
		world_schedule(world,
			       world->now_ns + world_random(world, 0, 2 * world->plan->arrival_ns),
			       EVENT_ARRIVAL, 0, SLOT_NONE);
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
	case EVENT_FAR:
		generator_point(generator, entry.index, entry.kind == EVENT_NEAR);
		break;
	}
}

static bool generator_goes_on(const struct generator *generator)
{
	for (unsigned at = 0; at < generator->world.points; at++)
		if (generator->capture[at].failed)
			return false;
	return generator->capture[0].packets < generator->packets && !generator->world.no_memory;
}

/* Runs the world until A has seen its packets; all captures end at that moment. */
static void generator_run(struct generator *generator)
{
	struct world *world = &generator->world;
	struct truth *truth = &generator->truth;
	uint64_t sessions = 0, retransmissions = 0, keepalives = 0; /* before captures begin */

	world_schedule(world, world->plan->first_ns, EVENT_ARRIVAL, 0, SLOT_NONE);
	while (generator_goes_on(generator)) {
		if (!generator_sees(generator)) {
			sessions = world->serial;
			retransmissions = world->retransmissions;
			keepalives = world->keepalives;
		}
		generator_step(generator);
	}
	truth->sessions_begun = world->serial - sessions;
	truth->retransmissions = world->retransmissions - retransmissions;
	truth->keepalives = world->keepalives - keepalives;
	truth->run_ns = world->now_ns - WARM_UP_NS;
	for (unsigned hop = 0; hop + 1 < world->points; hop++)
		for (int side = CLIENT; side <= SERVER; side++) {
			struct truth_direction *direction = &truth->hop[hop][side];

			direction->edge_end =
				direction->packets - direction->matched - direction->dropped;
		}
}

static int generator_fail(const char *path, int errno_value)
{
	fprintf(stderr, "generate: %s: %s\n", path, strerror(errno_value));
	return 4;
}

static void generator_open(struct generator *generator, const struct request *request)
{
	for (unsigned at = 0; at < request->points; at++) {
		struct capture *capture = &generator->capture[at];

		capture->base_ns = CLOCK_BEGIN_NS;
		capture->offset_ns = at * CLOCK_OFFSET_NS;
		capture->skew_ppm = clock_skew_ppm(at);
		capture_open(capture, request->paths[at], request->snaplen);
		hop_macs(generator->macs[at][CLIENT], at, CLIENT);
		hop_macs(generator->macs[at][SERVER], at, SERVER);
	}
}

static int generator_write(struct generator *generator, const struct request *request)
{
	int failed = -1;

	if (request->list_path) {
		generator->list = fopen(request->list_path, "w");
		if (!generator->list)
			return generator_fail(request->list_path, errno);
		fprintf(generator->list, "side,src,dst,sport,dport,ip_id,seq,frame\n");
	}
	generator_open(generator, request);
	generator_run(generator);
	for (unsigned at = 0; at < request->points; at++)
		if (!capture_close(&generator->capture[at]))
			failed = (int)at;
	if (failed >= 0)
		return generator_fail(request->paths[failed], generator->capture[failed].failed);
	if (generator->world.no_memory)
		return generator_fail("world", ENOMEM);
	if (generator->list && (ferror(generator->list) || fclose(generator->list) != 0))
		return generator_fail(request->list_path, errno);
	if (!truth_write(&generator->truth, request->truth_path, generator->capture,
			 request->points))
		return generator_fail(request->truth_path, errno);
	return 0;
}

static int usage(FILE *file)
{
	fprintf(file, "usage: generate [OPTION...] PACKETS SEED OUT OUT... TRUTH\n"
		      "  as many points as OUT, in the order of the path; PACKETS at the first\n"
		      "  --nat          the first hop gives all IPv4 clients one address\n"
		      "  --full         keep whole packets, not 96 bytes of each\n"
		      "  --list FILE    the dropped packets, as CSV\n");
	for (size_t i = 1; i < sizeof plans / sizeof *plans; i++)
		fprintf(file, "  --%-12s %s\n", plans[i].option, plans[i].help);
	return file == stderr ? 2 : 0;
}

/* False: usage. */
static bool request_read(struct request *request, int count, char **words)
{
	if (count < 5 || count - 3 > POINTS_MAX)
		return false;
	request->packets = strtoull(words[0], NULL, 10);
	request->seed = strtoull(words[1], NULL, 10);
	request->paths = words + 2;
	request->points = (unsigned)count - 3;
	request->truth_path = words[count - 1];
	return request->packets > 0 && request->packets <= PACKETS_MAX;
}

static int request_do(const struct request *request)
{
	struct generator *generator = calloc(1, sizeof *generator);
	uint64_t seed = request->seed;
	int result;

	if (!generator)
		return generator_fail("generator", ENOMEM);
	generator->packets = request->packets;
	generator->nat = request->nat;
	world_init(&generator->world, request->plan, seed, request->packets,
		   (uint8_t)request->points);
	filler_init(&generator->filler, random_next, &seed);
	result = generator_write(generator, request);
	world_close(&generator->world);
	free(generator);
	return result;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"nat", no_argument, NULL, 'n'},
		{"full", no_argument, NULL, 'f'},
		{"list", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{"concurrent", no_argument, NULL, 1},
		{"elephant", no_argument, NULL, 2},
		{"keepalives", no_argument, NULL, 3},
		{0},
	};
	struct request request = {.plan = plans, .snaplen = SNAPLEN};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'n')
			request.nat = true;
		else if (option == 'f')
			request.snaplen = SNAPLEN_FULL;
		else if (option == 'l')
			request.list_path = optarg;
		else if (option >= 1 && option <= 3)
			request.plan = &plans[option];
		else
			return usage(option == 'h' ? stdout : stderr);
	}
	if (!request_read(&request, argc - optind, argv + optind))
		return usage(stderr);
	return request_do(&request);
}
