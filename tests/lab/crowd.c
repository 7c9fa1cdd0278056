/* Two captures of one hop with as many short TCP sessions as wanted:
 *
 *	crowd OUT_A OUT_B SESSIONS [NAME_FILE]...
 *
 * Of what may happen to a session, each kind comes as often as `kinds` says; all others go well.
 * With files, sessions ask for the names that these hold, byte by byte, whatever they are:
 * the first and second session for the first file's, in HTTP and in TLS, and so on, and all go
 * well but for a request that is lost once. The same arguments give the same bytes.
 */
#include <stdio.h>

#include "tests/bench/capture.h"

#define BEGIN_NS     1767225600000000000ull /* 2026-01-01 00:00:00 UTC */
#define SPACING_NS   200000ull              /* between the beginnings of two sessions */
#define DELAY_NS     70000ull               /* over the hop, and up to so much more */
#define DELAY_MORE_NS 40000
#define CLIENTS      500
#define ANSWER_BYTES 300
#define NAMES_MAX    64
#define NAME_BYTES   64
#define A            1 /* seen there */
#define B            2

enum { CLIENT, SERVER };

/* Positions in what an end sends: the SYN, the data, the FIN, and behind it. */
enum { SYN_AT, DATA_AT, FIN_AT, END_AT };

struct step {
	uint32_t at_us;
	uint8_t from, flags, seq, ack, seen;
	bool data; /* from seq on */
};

#define SYN    WIRE_SYN
#define ACK    WIRE_ACK
#define FIN    (WIRE_FIN | WIRE_ACK)
#define PSH    (WIRE_PSH | WIRE_ACK)
#define RST    WIRE_RST
#define OPENS  {0, CLIENT, SYN, SYN_AT, 0, A | B, false}, {400, SERVER, SYN | ACK, SYN_AT, DATA_AT, A | B, false}, \
	       {800, CLIENT, ACK, DATA_AT, DATA_AT, A | B, false}
#define ASKS   {900, CLIENT, PSH, DATA_AT, DATA_AT, A | B, true}
#define ENDS   {2500, SERVER, PSH, DATA_AT, FIN_AT, A | B, true}, {2900, CLIENT, FIN, FIN_AT, FIN_AT, A | B, false}, \
	       {3300, SERVER, FIN, FIN_AT, END_AT, A | B, false}, {3700, CLIENT, ACK, END_AT, END_AT, A | B, false}
#define STEPS_MAX 12

static const struct kind {
	uint32_t one_in; /* so many sessions */
	uint16_t port;
	struct step step[STEPS_MAX];
} kinds[] = {
	/* all goes well */
	{1, 80, {OPENS, ASKS, ENDS}},
	/* blocked */
	{97, 82, {{0, CLIENT, SYN, SYN_AT, 0, A, false}, {1000000, CLIENT, SYN, SYN_AT, 0, A, false}}},
	/* rejected by the hop */
	{17, 83, {{0, CLIENT, SYN, SYN_AT, 0, A, false}, {90, SERVER, RST | ACK, SYN_AT, DATA_AT, A, false}}},
	/* refused by the server */
	{307, 84, {{0, CLIENT, SYN, SYN_AT, 0, A | B, false}, {400, SERVER, RST | ACK, SYN_AT, DATA_AT, A | B, false}}},
	/* a request is lost once */
	{401, 80, {OPENS, {900, CLIENT, PSH, DATA_AT, DATA_AT, A, true},
		   {201000, CLIENT, PSH, DATA_AT, DATA_AT, A | B, true},
		   {202500, SERVER, PSH, DATA_AT, FIN_AT, A | B, true}, {202900, CLIENT, FIN, FIN_AT, FIN_AT, A | B, false},
		   {203300, SERVER, FIN, FIN_AT, END_AT, A | B, false}, {203700, CLIENT, ACK, END_AT, END_AT, A | B, false}}},
	/* the server gives up in the midst of it */
	{1009, 85, {OPENS, ASKS, {1500, SERVER, RST | ACK, DATA_AT, FIN_AT, A | B, false}}},
	/* nobody there */
	{2003, 86, {{0, CLIENT, SYN, SYN_AT, 0, A | B, false}, {1000000, CLIENT, SYN, SYN_AT, 0, A | B, false}}},
	/* the hop cuts it: an RST to each end */
	{30011, 80, {OPENS, ASKS, {1200, SERVER, RST | ACK, DATA_AT, FIN_AT, A, false},
		     {1210, CLIENT, RST | ACK, FIN_AT, DATA_AT, B, false}}},
	/* never ends */
	{40009, 87, {OPENS, ASKS, {2500, SERVER, PSH, DATA_AT, FIN_AT, A | B, true},
		     {2900, CLIENT, ACK, FIN_AT, FIN_AT, A | B, false}}},
};
#define KINDS        (sizeof kinds / sizeof kinds[0])
#define KIND_LOSES   4

struct packet {
	uint64_t at_ns;
	uint32_t session;
	uint8_t kind, step;
};

struct crowd {
	uint32_t sessions, packets, names;
	struct packet *packet;
	uint8_t name[NAMES_MAX][NAME_BYTES];
	uint32_t name_bytes[NAMES_MAX];
	struct filler filler;
};

static uint64_t crowd_draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static void fail(const char *what)
{
	fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- what is asked for ---- */

static uint32_t put_http(uint8_t *out, const uint8_t *name, uint32_t bytes)
{
	uint32_t at = (uint32_t)sprintf((char *)out, "GET / HTTP/1.1\r\nHost: ");

	memcpy(out + at, name, bytes);
	memcpy(out + at + bytes, "\r\n\r\n", 4);
	return at + bytes + 4;
}

/* A ClientHello with nothing but the name in it (RFC 8446 section 4.1.2, RFC 6066 section 3). */
static uint32_t put_tls(uint8_t *out, uint32_t session, const uint8_t *name, uint32_t bytes)
{
	static const uint8_t behind_random[] = {0, 0, 2, 0x13, 0x01, 1, 0};
	uint32_t at = 43 + sizeof behind_random;

	out[0] = 22;
	wire_put16(out + 1, 0x0301);
	wire_put16(out + 9, 0x0303);
	memset(out + 11, (int)session, 32);
	memcpy(out + 43, behind_random, sizeof behind_random);
	wire_put16(out + at, (uint16_t)(bytes + 9));     /* extensions */
	wire_put16(out + at + 2, 0);                     /* server_name */
	wire_put16(out + at + 4, (uint16_t)(bytes + 5));
	wire_put16(out + at + 6, (uint16_t)(bytes + 3));
	out[at + 8] = 0;                                 /* host_name */
	wire_put16(out + at + 9, (uint16_t)bytes);
	memcpy(out + at + 11, name, bytes);
	at += 11 + bytes;
	wire_put32(out + 5, 0x01000000 | (at - 9));
	wire_put16(out + 3, (uint16_t)(at - 5));
	return at;
}

static uint32_t crowd_request(const struct crowd *crowd, uint32_t session, uint8_t *out)
{
	static const uint8_t usual[] = "shop.example";
	uint32_t name = session / 2 % (crowd->names ? crowd->names : 1);

	if (!crowd->names)
		return put_http(out, usual, sizeof usual - 1);
	if (session % 2)
		return put_tls(out, session, crowd->name[name], crowd->name_bytes[name]);
	return put_http(out, crowd->name[name], crowd->name_bytes[name]);
}

/* ---- packets ---- */

static uint8_t crowd_kind(const struct crowd *crowd, uint32_t session)
{
	uint8_t kind;

	if (crowd->names)
		return session ? 0 : KIND_LOSES;
	for (kind = KINDS - 1; kind && session % kinds[kind].one_in != kinds[kind].one_in / 2; kind--)
		;
	return kind;
}

static int packet_compare(const void *x, const void *y)
{
	const struct packet *a = x, *b = y;

	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns ? -1 : 1;
	return a->session != b->session ? (a->session < b->session ? -1 : 1) : a->step - b->step;
}

static void crowd_fill(struct crowd *crowd)
{
	uint32_t session;
	uint8_t step;

	crowd->packet = malloc(((size_t)crowd->sessions * STEPS_MAX + 1) * sizeof *crowd->packet);
	if (!crowd->packet)
		fail("packets");
	for (session = 0; session < crowd->sessions; session++) {
		uint8_t kind = crowd_kind(crowd, session);

		for (step = 0; step < STEPS_MAX && kinds[kind].step[step].flags; step++)
			crowd->packet[crowd->packets++] = (struct packet){
				.at_ns = session * SPACING_NS + kinds[kind].step[step].at_us * 1000ull,
				.session = session,
				.kind = kind,
				.step = step,
			};
	}
	qsort(crowd->packet, crowd->packets, sizeof *crowd->packet, packet_compare);
}

static uint32_t crowd_seq(uint32_t first, uint8_t position, uint32_t data_bytes)
{
	return first + (position >= DATA_AT) + (position >= FIN_AT ? data_bytes : 0) + (position == END_AT);
}

static void crowd_write(struct crowd *crowd, const struct packet *packet, struct capture *capture,
			unsigned point, uint64_t at_ns)
{
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	const struct kind *kind = &kinds[packet->kind];
	const struct step *step = &kind->step[packet->step];
	uint32_t session = packet->session, request;
	uint32_t first[2] = {session * 2654435761u, session * 40503u + 77};
	uint8_t address[2][4];
	uint16_t port[2] = {(uint16_t)(20000 + session / CLIENTS), kind->port};
	struct wire wire = {.version = 4, .proto = WIRE_TCP, .macs = macs, .window = 502, .mss = 1460};
	uint32_t bytes[2];

	request = crowd_request(crowd, session, wire.head);
	bytes[CLIENT] = request;
	bytes[SERVER] = ANSWER_BYTES;
	port[SERVER] = crowd->names && session % 2 ? 443 : kind->port;
	wire_put32(address[CLIENT], 0x0a010000 + session % CLIENTS + 256);
	wire_put32(address[SERVER], 0xc000020a + session % 3);
	wire.flags = step->flags;
	wire.ttl = (uint8_t)(63 - (point != (step->from == CLIENT ? A : B)));
	wire.src = address[step->from];
	wire.dst = address[!step->from];
	wire.sport = port[step->from];
	wire.dport = port[!step->from];
	wire.ip_id = (uint16_t)(session * STEPS_MAX + packet->step);
	wire.seq = crowd_seq(first[step->from], step->seq, bytes[step->from]);
	if (step->flags & RST && step->seq == SYN_AT) /* RFC 9293 section 3.10.7.1 */
		wire.seq = 0;
	wire.ack = step->flags & ACK ? crowd_seq(first[!step->from], step->ack, bytes[!step->from]) : 0;
	wire.payload_bytes = step->data ? bytes[step->from] : 0;
	wire.head_bytes = step->data && step->from == CLIENT ? request : 0;
	wire.filler_at = session * 97;
	capture_write(capture, &crowd->filler, &wire, at_ns);
}

/* A point sees a packet a while after the other one did, as far as it sees it at all. */
static void crowd_capture(struct crowd *crowd, unsigned point, const char *file)
{
	struct capture capture = {.base_ns = BEGIN_NS, .fd = -1};
	struct packet *packet;
	uint64_t seed = 7;
	uint32_t i;

	for (i = 0; i < crowd->packets; i++) {
		const struct step *step;
		uint64_t delay_ns = DELAY_NS + crowd_draw(&seed) % DELAY_MORE_NS;

		packet = &crowd->packet[i];
		step = &kinds[packet->kind].step[packet->step];
		if ((step->from == CLIENT) == (point == B))
			packet->at_ns += delay_ns;
	}
	qsort(crowd->packet, crowd->packets, sizeof *crowd->packet, packet_compare);
	capture_open(&capture, file, 65535);
	for (i = 0; !capture.failed && i < crowd->packets; i++) {
		packet = &crowd->packet[i];
		if (kinds[packet->kind].step[packet->step].seen & point)
			crowd_write(crowd, packet, &capture, point, packet->at_ns);
	}
	if (!capture_close(&capture)) {
		errno = capture.failed;
		fail(file);
	}
}

static void crowd_name(struct crowd *crowd, const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file || crowd->names == NAMES_MAX)
		fail(path);
	crowd->name_bytes[crowd->names] =
		(uint32_t)fread(crowd->name[crowd->names], 1, NAME_BYTES, file);
	crowd->names++;
	fclose(file);
}

int main(int argc, char **argv)
{
	static struct crowd crowd;
	uint64_t seed = 1;
	int i;

	if (argc < 4) {
		fprintf(stderr, "usage: crowd OUT_A OUT_B SESSIONS [NAME_FILE]...\n");
		return 2;
	}
	crowd.sessions = (uint32_t)strtoul(argv[3], NULL, 10);
	for (i = 4; i < argc; i++)
		crowd_name(&crowd, argv[i]);
	filler_init(&crowd.filler, crowd_draw, &seed);
	for (i = 0; i < 2; i++) {
		crowd.packets = 0;
		crowd_fill(&crowd);
		crowd_capture(&crowd, i ? B : A, argv[1 + i]);
		free(crowd.packet);
	}
	return 0;
}
