/* The road of a scene: its points, what travels along it, and conversations
 * that do so. See scene.h.
 */
#ifndef CROSSTAP_TESTS_SCENE_ROAD_H
#define CROSSTAP_TESTS_SCENE_ROAD_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>

#include "collect/packet.h"
#include "correlate/correlate.h"
#include "tests/unit/check.h"

#define SCENE_POINTS 32
#define SCENE_FILES 3            /* captures of one point */
#define SCENE_SEED 0x5ce0e
#define SCENE_EPOCH_US INT64_C(1700000000000000) /* time 0 of a scene: 2023-11-14T22:13:20Z */
#define SCENE_DELAY_US 200       /* of a hop */
#define SCENE_PAYLOAD_MAX 65536u
#define SCENE_REWRITES 16
#define SCENE_SHIFTS 64

#define SYN PACKET_TCP_SYN
#define ACK PACKET_TCP_ACK
#define FIN PACKET_TCP_FIN
#define RST PACKET_TCP_RST
#define PSH PACKET_TCP_PSH
#define SYNACK (SYN | ACK)

#define SCENE_TCP 6
#define SCENE_UDP 17
#define SCENE_ICMP 1

/* How a packet is carried. */
enum scene_way_items {
	SCENE_PLAIN, SCENE_VLAN_10, SCENE_VLAN_20, SCENE_QINQ, SCENE_VXLAN, SCENE_NESTED, SCENE_WAYS
};

/* A packet as its sender sends it. */
struct scene_packet {
	const char *src, *dst;
	uint16_t sport, dport;   /* ICMP echo: both the identifier */
	uint8_t proto;           /* 0: TCP */
	uint8_t ttl;             /* 0: 64 */
	uint8_t mac;             /* tells links apart; 0: by stage and direction, as a router's would */
	uint16_t flags, marks;
	uint16_t window;         /* 0: 500 */
	uint32_t seq, ack;       /* ICMP: sequence number; type << 8 | code */
	uint32_t length;         /* payload bytes */
	uint32_t ip_id;          /* 0: the next one */
	bool zero_id;            /* 0 it is */
	uint32_t tsval, tsecr;
	/* what a hop may rewrite, see scene.touch: */
	uint8_t tos;
	bool may_fragment;       /* DF is not set */
	uint32_t flow_label, sack; /* sack: the first SACK block's left edge; 0: no block */
	uint32_t second_block;   /* what stands for the other edges */
	uint16_t urgent;
	const char *options;     /* TCP's, as bytes in hex; NULL: none in the record */
	enum scene_way_items way; /* in front of the IP header */
	uint8_t spoiled;         /* payload bytes are others behind the first 20 */
	uint32_t shifted;        /* what `seq` is ahead of the number that it was sent with */
	const char *says;        /* the payload itself, `length` bytes; borrowed; NULL: of the kinds above and below */
	uint32_t text;           /* what a payload other than TCP's says; TCP's, where it is not 0 */
	/* an ICMP error quotes: */
	const struct scene_packet *quotes;
};

struct scene_row {
	int64_t time_ns;         /* by the point's clock */
	int64_t us;              /* in truth */
	struct scene_packet packet;
	struct scene_packet quoted; /* what packet.quotes was then */
	uint8_t src[16], dst[16], version;
	uint32_t order;
	uint16_t link;           /* number in the capture's dictionary: way << 8 | mac */
};

struct scene_file {
	struct scene_row *row;
	uint32_t rows, room;
	uint32_t more;           /* frames besides: the second of two fragments */
};

struct scene_point {
	const char *name;
	struct scene_file file[SCENE_FILES];
	uint32_t use;            /* file that packets go to now */
	double ppm;
	int64_t offset_us, step_at_us, step_us;
	bool as_sent;            /* rows stay in the order of scene_put(): a file out of order */
};

struct scene_rewrite {
	uint32_t hop;
	uint8_t proto;
	char near[64], far[64];  /* address of an end on the near and on the far side */
	uint16_t near_port, far_port;
};

/* The hop shifts the numbers of one session, known by an end on its near side, by a constant for
 * each direction; ACKs have it taken off. */
struct scene_shift {
	uint32_t hop;
	const char *near;
	uint16_t near_port;
	uint32_t by[2];          /* added to what travels along the road, and against it */
	uint32_t stamps[2];      /* the same of timestamps */
	bool leaves_sacks;       /* SACK blocks pass as they are */
};

struct scene_table {
	const struct table_schema *schema;
	char **cell;             /* rows x columns */
	uint32_t rows;
};

enum scene_tables {
	HOPS, BALANCE, DROPS, INJECTED, RESETS, SESSIONS, FINDINGS, STATIONS, TRANSLATIONS,
	CHANGES, DISTRIBUTIONS, EXPECTS, OFFERS,
	SCENE_TABLES
};

struct scene;

struct scene {
	struct scene_point point[SCENE_POINTS];
	uint32_t points;
	uint32_t road[SCENE_POINTS]; /* point of each stage */
	uint32_t stages;
	int64_t delay_us[SCENE_POINTS]; /* of the hop behind each stage */
	uint32_t blind;          /* bit per stage: does not capture */
	struct scene_rewrite rewrite[SCENE_REWRITES];
	uint32_t rewrites;
	struct scene_shift shift[SCENE_SHIFTS];
	uint32_t shifts;
	uint32_t next_id, sent;
	bool flat;               /* hops that do not count the TTL down */
	/* What else a hop makes of a packet that crosses it; NULL: nothing. */
	void (*translate)(uint32_t hop, bool forward, struct scene_packet *packet);
	/* What else a hop makes of a packet; NULL: nothing. */
	void (*touch)(struct scene *scene, uint32_t hop, bool forward, struct scene_packet *packet);
	const char *path;        /* --path */
	const char *expect;      /* --expect: a policy, as text; NULL: none */
	/* Looks at the store when the results are in it; NULL: nobody does. */
	void (*look)(struct scene *scene, struct store *store);
	unsigned threads;
	struct correlate_summary summary;
	struct error err;
	struct scene_table table[SCENE_TABLES];
};

/* ---- points and road ---- */

static inline uint32_t scene_point(struct scene *s, const char *name)
{
	uint32_t p;

	for (p = 0; p < s->points; p++)
		if (strcmp(s->point[p].name, name) == 0)
			return p;
	s->point[s->points].name = name;
	return s->points++;
}

/* Begins a scene whose road has these points, NULL at the end. Points are
 * given to the store in the order in which scene_point() names them first. */
static inline void scene_road(struct scene *s, const char *const *names)
{
	s->stages = 0;
	for (; *names; names++) {
		s->delay_us[s->stages] = SCENE_DELAY_US;
		s->road[s->stages++] = scene_point(s, *names);
	}
}
#define SCENE_ROAD(s, ...) scene_road(s, (const char *const[]){__VA_ARGS__, NULL})

static inline void scene_begin(struct scene *s)
{
	memset(s, 0, sizeof *s);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a crash shall not take what was said before */
	s->next_id = 1000;
	s->threads = 2;
}

/* From now on, what travels over `stage` passes this alternative there. */
static inline void scene_branch(struct scene *s, uint32_t stage, const char *name)
{
	s->road[stage] = scene_point(s, name);
}

static inline void scene_clock(struct scene *s, const char *name, int64_t offset_us, double ppm)
{
	struct scene_point *point = &s->point[scene_point(s, name)];

	point->offset_us = offset_us;
	point->ppm = ppm;
}

static inline void scene_clock_step(struct scene *s, const char *name, int64_t at_us,
				    int64_t step_us)
{
	struct scene_point *point = &s->point[scene_point(s, name)];

	point->step_at_us = at_us;
	point->step_us = step_us;
}

/* The hop rewrites one end: near:near_port on the near side is far:far_port behind it. */
static inline void scene_nat(struct scene *s, uint32_t hop, const char *near, uint16_t near_port,
			     const char *far, uint16_t far_port)
{
	struct scene_rewrite *r = &s->rewrite[s->rewrites++];

	r->hop = hop;
	r->near_port = near_port;
	r->far_port = far_port;
	snprintf(r->near, sizeof r->near, "%s", near);
	snprintf(r->far, sizeof r->far, "%s", far);
}

static inline void scene_nat_end(struct scene *s)
{
	s->rewrites = 0;
}

/* The hop adds these to the numbers of the session of near:near_port, forward and back. */
static inline struct scene_shift *scene_shift(struct scene *s, uint32_t hop, const char *near,
					      uint16_t near_port, uint32_t forward, uint32_t back)
{
	struct scene_shift *shift = &s->shift[s->shifts++];

	*shift = (struct scene_shift){.hop = hop, .near = near, .near_port = near_port,
				      .by = {forward, back}};
	return shift;
}

static inline void scene_shift_end(struct scene *s)
{
	s->shifts = 0;
}

/* ---- packets ---- */

static inline void scene_address(const char *text, uint8_t address[16])
{
	memset(address, 0, 16);
	if (inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, address) != 1) {
		printf("# %s is no address\n", text);
		check_failures++;
	}
}

static inline int64_t scene_local_ns(const struct scene_point *point, int64_t us)
{
	int64_t local_us = SCENE_EPOCH_US + us + point->offset_us;

	if (point->step_us && us >= point->step_at_us)
		local_us += point->step_us;
	return local_us * 1000 + (int64_t)(point->ppm * (double)us / 1000.0);
}

/* Puts a packet, as it is, into the capture of a point. */
static inline void scene_put(struct scene *s, uint32_t p, int64_t us,
			     const struct scene_packet *packet)
{
	struct scene_file *file = &s->point[p].file[s->point[p].use];
	struct scene_row *row;

	if (file->rows == file->room) {
		file->room = file->room ? 2 * file->room : 64;
		file->row = realloc(file->row, file->room * sizeof *file->row);
		if (!file->row)
			abort();
	}
	row = &file->row[file->rows++];
	*row = (struct scene_row){.time_ns = scene_local_ns(&s->point[p], us), .us = us,
				  .packet = *packet, .order = s->sent++,
				  .link = (uint16_t)(packet->way << 8 | packet->mac)};
	scene_address(packet->src, row->src);
	scene_address(packet->dst, row->dst);
	row->version = strchr(packet->src, ':') ? 6 : 4;
	if (packet->quotes)
		row->quoted = *packet->quotes;
	if (!row->packet.proto)
		row->packet.proto = SCENE_TCP;
	if (!row->packet.window)
		row->packet.window = 500;
}

/* Shifts a packet that bears the addresses of the hop's near side. */
static inline void scene_cross_shifted(const struct scene *s, uint32_t hop, bool forward,
				       struct scene_packet *packet)
{
	const struct scene_shift *shift;
	uint32_t i;

	for (i = 0; i < s->shifts; i++) {
		shift = &s->shift[i];
		if (shift->hop != hop ||
		    strcmp(forward ? packet->src : packet->dst, shift->near) != 0 ||
		    (forward ? packet->sport : packet->dport) != shift->near_port)
			continue;
		packet->seq += shift->by[!forward];
		packet->shifted += shift->by[!forward];
		packet->tsval += packet->tsval ? shift->stamps[!forward] : 0;
		packet->ack -= packet->flags & ACK ? shift->by[forward] : 0;
		packet->sack -= packet->sack && !shift->leaves_sacks ? shift->by[forward] : 0;
	}
}

/* What the hop makes of a packet that crosses it. */
static inline void scene_cross(struct scene *s, uint32_t hop, bool forward,
			       struct scene_packet *packet)
{
	uint32_t i;

	if (!s->flat)
		packet->ttl--;
	if (s->translate)
		s->translate(hop, forward, packet);
	if (s->touch)
		s->touch(s, hop, forward, packet);
	if (forward)
		scene_cross_shifted(s, hop, true, packet);
	for (i = 0; i < s->rewrites; i++) {
		const struct scene_rewrite *r = &s->rewrite[i];
		const char *from = forward ? r->near : r->far, *to = forward ? r->far : r->near;
		uint16_t from_port = forward ? r->near_port : r->far_port;
		uint16_t to_port = forward ? r->far_port : r->near_port;

		if (r->hop != hop)
			continue;
		if (strcmp(packet->src, from) == 0 && packet->sport == from_port) {
			packet->src = to;
			packet->sport = to_port;
			if (packet->proto == SCENE_ICMP)
				packet->dport = to_port;
		} else if (strcmp(packet->dst, from) == 0 && packet->dport == from_port) {
			packet->dst = to;
			packet->dport = to_port;
			if (packet->proto == SCENE_ICMP)
				packet->sport = to_port;
		}
	}
	if (!forward)
		scene_cross_shifted(s, hop, false, packet);
}

/* A little uneven, the same in every run. */
static inline int64_t scene_jitter_us(const struct scene *s)
{
	return (int64_t)(s->sent * 2654435761u >> 16) % 40;
}

/* Sends a packet from a stage to another, or only sets it on its way; it is
 * captured at both and between. */
static inline void scene_go(struct scene *s, int64_t us, struct scene_packet packet, uint32_t from,
			    uint32_t to, bool forward)
{
	uint32_t stage = from;
	uint8_t mac = packet.mac;

	packet.ttl = packet.ttl ? packet.ttl : 64;
	if (!packet.ip_id && !packet.zero_id)
		packet.ip_id = s->next_id++ & 0xffff;
	for (;;) {
		packet.mac = mac ? mac : (uint8_t)(2 * stage + forward + 1);
		if (!(s->blind >> stage & 1))
			scene_put(s, s->road[stage], us, &packet);
		if (stage == to)
			return;
		us += s->delay_us[forward ? stage : stage - 1] + scene_jitter_us(s);
		scene_cross(s, forward ? stage : stage - 1, forward, &packet);
		stage = forward ? stage + 1 : stage - 1;
	}
}

static inline void scene_send(struct scene *s, int64_t us, struct scene_packet packet,
			      uint32_t from, uint32_t to)
{
	scene_go(s, us, packet, from, to, from <= to);
}

/* ---- conversations ---- */

/* A TCP connection. Times pass as it is used; the client is at the road's
 * beginning, or at its end when `back`. The client speaks to `server`, the server
 * answers as `real` (behind DNAT), and knows the client as `seen` (behind SNAT). */
struct scene_talk {
	const char *client, *server, *seen, *real;
	uint16_t cport, sport, seen_port, real_port;
	uint32_t cseq, sseq;     /* next ones */
	uint32_t cmoved, smoved; /* what shifts add to them until they arrive */
	int64_t us;
	bool back;
	bool stamps;             /* timestamps */
};

static inline struct scene_talk scene_talk(int64_t us, const char *client, uint16_t cport,
					   const char *server, uint16_t sport)
{
	return (struct scene_talk){.client = client, .server = server, .seen = client,
				   .real = server, .cport = cport, .sport = sport,
				   .seen_port = cport, .real_port = sport,
				   .cseq = (uint32_t)(us / 4) + cport * 70000u,
				   .sseq = (uint32_t)(us / 4) + cport * 90000u + 77777,
				   .us = us};
}

static inline struct scene_packet scene_by_client(const struct scene_talk *t, uint16_t flags,
						  uint32_t length)
{
	return (struct scene_packet){.src = t->client, .sport = t->cport, .dst = t->server,
				     .dport = t->sport, .proto = SCENE_TCP, .flags = flags,
				     .seq = t->cseq, .ack = flags & ACK ? t->sseq + t->smoved : 0,
				     .length = length,
				     .tsval = t->stamps ? (uint32_t)(t->us / 1000 + 5000) : 0};
}

static inline struct scene_packet scene_by_server(const struct scene_talk *t, uint16_t flags,
						  uint32_t length)
{
	return (struct scene_packet){.src = t->real, .sport = t->real_port, .dst = t->seen,
				     .dport = t->seen_port, .proto = SCENE_TCP, .flags = flags,
				     .seq = t->sseq, .ack = flags & ACK ? t->cseq + t->cmoved : 0,
				     .length = length,
				     .tsval = t->stamps ? (uint32_t)(t->us / 1000 + 70000) : 0};
}

/* The client (the server) sends; dropped behind stage `to`, counted along its way: 0 is
 * its sender's. SCENE_THROUGH: it arrives. */
#define SCENE_THROUGH UINT32_MAX

static inline void scene_travel(struct scene *s, const struct scene_talk *t,
				struct scene_packet packet, bool client, uint32_t reach)
{
	uint32_t last = s->stages - 1;
	bool forward = client != t->back;

	if (reach > last)
		reach = last;
	scene_go(s, t->us, packet, forward ? 0 : last, forward ? reach : last - reach, forward);
}

/* Time for a packet to arrive and be answered. */
static inline int64_t scene_step_us(const struct scene *s)
{
	int64_t us = 2000;
	uint32_t hop;

	for (hop = 0; hop + 1 < s->stages; hop++)
		us += s->delay_us[hop] - SCENE_DELAY_US;
	return us;
}

static inline void scene_client(struct scene *s, struct scene_talk *t, uint16_t flags,
				uint32_t length, uint32_t reach)
{
	scene_travel(s, t, scene_by_client(t, flags, length), true, reach);
	t->cseq += length + !!(flags & SYN) + !!(flags & FIN);
	t->us += scene_step_us(s);
}

static inline void scene_server(struct scene *s, struct scene_talk *t, uint16_t flags,
				uint32_t length, uint32_t reach)
{
	scene_travel(s, t, scene_by_server(t, flags, length), false, reach);
	t->sseq += length + !!(flags & SYN) + !!(flags & FIN);
	t->us += scene_step_us(s);
}

/* The client (the server) sends data that gets no farther than `reach`, and again after 250 ms. */
static inline void scene_lose(struct scene *s, struct scene_talk *t, bool client, uint32_t length,
			      uint32_t reach)
{
	struct scene_talk lost = *t;

	(client ? scene_client : scene_server)(s, &lost, ACK | PSH, length, reach);
	t->us += 250000;
	(client ? scene_client : scene_server)(s, t, ACK | PSH, length, SCENE_THROUGH);
}

static inline void scene_open(struct scene *s, struct scene_talk *t)
{
	scene_client(s, t, SYN, 0, SCENE_THROUGH);
	scene_server(s, t, SYNACK, 0, SCENE_THROUGH);
	scene_client(s, t, ACK, 0, SCENE_THROUGH);
}

/* A question of 100 bytes, an answer of 700, and its acknowledgment: 3 packets. */
static inline void scene_exchange(struct scene *s, struct scene_talk *t, unsigned times)
{
	while (times-- > 0) {
		scene_client(s, t, ACK | PSH, 100, SCENE_THROUGH);
		scene_server(s, t, ACK | PSH, 700, SCENE_THROUGH);
		scene_client(s, t, ACK, 0, SCENE_THROUGH);
	}
}

/* FIN, FIN, ACK: 3 packets. */
static inline void scene_close(struct scene *s, struct scene_talk *t)
{
	scene_client(s, t, ACK | FIN, 0, SCENE_THROUGH);
	scene_server(s, t, ACK | FIN, 0, SCENE_THROUGH);
	scene_client(s, t, ACK, 0, SCENE_THROUGH);
}

#define SCENE_WHOLE(exchanges) (6 + 3 * (exchanges)) /* packets of a whole connection */
#define SCENE_WHOLE_FORWARD(exchanges) (4 + 2 * (exchanges))
#define SCENE_WHOLE_REVERSE(exchanges) (2 + (exchanges))

static inline void scene_whole(struct scene *s, int64_t us, const char *client, uint16_t cport,
			       const char *server, uint16_t sport, unsigned exchanges)
{
	struct scene_talk t = scene_talk(us, client, cport, server, sport);

	scene_open(s, &t);
	scene_exchange(s, &t, exchanges);
	scene_close(s, &t);
}

/* Connections that pass, before (at 0 s) and behind (at `end_us`) what a scene is about,
 * so that this lies inside the common window: 2 x SCENE_WHOLE(20) packets. */
static inline void scene_frame(struct scene *s, int64_t end_us)
{
	scene_whole(s, 0, "10.1.0.9", 30001, "10.2.0.9", 80, 20);
	scene_whole(s, end_us, "10.1.0.9", 30002, "10.2.0.9", 80, 20);
}
#define SCENE_FRAME_FORWARD (2 * SCENE_WHOLE_FORWARD(20))
#define SCENE_FRAME_REVERSE (2 * SCENE_WHOLE_REVERSE(20))

#endif
