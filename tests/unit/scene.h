/* Scenes: captures made of a few lines that say which packet was where and
 * when, put into a store as collect would, correlated, and read back as text.
 *
 * A scene has a road: points in a row, each hop with a delay of its own that
 * counts the TTL down by one and may rewrite one end of a session (NAT, PAT, a
 * balancer's DNAT). scene_send() lets a packet travel along a stretch of it;
 * what ends early was dropped, what begins in the middle was injected, and a
 * stage that is blind did not capture. Clocks lie as scene_clock() says.
 *
 * Whatever was sent, scene_run() checks that every packet is accounted for:
 * the rows of hops and balance add up, each point's rows hold as many packets
 * as its captures, and drops and injected have as many rows as hops counts.
 */
#ifndef CROSSTAP_TESTS_SCENE_H
#define CROSSTAP_TESTS_SCENE_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/capture.h"
#include "collect/fingerprint.h"
#include "collect/flow.h"
#include "collect/packet.h"
#include "correlate/correlate.h"
#include "correlate/results.h"
#include "tests/unit/check.h"

#define SCENE_POINTS 32
#define SCENE_FILES 3            /* captures of one point */
#define SCENE_SEED 0x5ce0e
#define SCENE_EPOCH_US INT64_C(1700000000000000) /* time 0 of a scene: 2023-11-14T22:13:20Z */
#define SCENE_DELAY_US 200       /* of a hop */
#define SCENE_PAYLOAD_MAX 65536u
#define SCENE_REWRITES 16

#define SYN PACKET_TCP_SYN
#define ACK PACKET_TCP_ACK
#define FIN PACKET_TCP_FIN
#define RST PACKET_TCP_RST
#define PSH PACKET_TCP_PSH
#define SYNACK (SYN | ACK)

#define SCENE_TCP 6
#define SCENE_UDP 17
#define SCENE_ICMP 1

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
	uint32_t tsval;
	uint32_t text;           /* what a payload other than TCP's says */
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
	uint8_t link;            /* number in the capture's dictionary */
};

struct scene_file {
	struct scene_row *row;
	uint32_t rows, room;
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

struct scene_table {
	const struct table_schema *schema;
	char **cell;             /* rows x columns */
	uint32_t rows;
};

enum scene_tables {
	HOPS, BALANCE, DROPS, INJECTED, RESETS, SESSIONS, FINDINGS, SCENE_TABLES
};

struct scene {
	struct scene_point point[SCENE_POINTS];
	uint32_t points;
	uint32_t road[SCENE_POINTS]; /* point of each stage */
	uint32_t stages;
	int64_t delay_us[SCENE_POINTS]; /* of the hop behind each stage */
	uint32_t blind;          /* bit per stage: does not capture */
	struct scene_rewrite rewrite[SCENE_REWRITES];
	uint32_t rewrites;
	uint32_t next_id, sent;
	bool flat;               /* hops that do not count the TTL down */
	const char *path;        /* --path */
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
static inline void scene_put(struct scene *s, uint32_t p, int64_t us, const struct scene_packet *packet)
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
				  .packet = *packet, .order = s->sent++, .link = packet->mac};
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

/* What the hop makes of a packet that crosses it. */
static inline void scene_cross(const struct scene *s, uint32_t hop, bool forward,
			       struct scene_packet *packet)
{
	uint32_t i;

	if (!s->flat)
		packet->ttl--;
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
				     .seq = t->cseq, .ack = flags & ACK ? t->sseq : 0,
				     .length = length,
				     .tsval = t->stamps ? (uint32_t)(t->us / 1000 + 5000) : 0};
}

static inline struct scene_packet scene_by_server(const struct scene_talk *t, uint16_t flags,
						  uint32_t length)
{
	return (struct scene_packet){.src = t->real, .sport = t->real_port, .dst = t->seen,
				     .dport = t->seen_port, .proto = SCENE_TCP, .flags = flags,
				     .seq = t->sseq, .ack = flags & ACK ? t->cseq : 0,
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

/* ---- the store ---- */

static inline int scene_row_compare(const void *x, const void *y)
{
	const struct scene_row *a = x, *b = y;

	if (a->us != b->us)
		return a->us < b->us ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* The bytes at a place of a TCP stream are the same in whatever packet they come. */
static inline void scene_fill(const struct scene_packet *p, uint8_t *payload, uint32_t bytes)
{
	uint32_t i;

	for (i = 0; i < bytes; i++)
		payload[i] = p->proto == SCENE_TCP ? (uint8_t)((p->seq + i) * 2654435761u >> 24)
						   : (uint8_t)(p->text >> (i % 4 * 8));
}

static inline void scene_packet_make(struct packet *to, const struct scene_row *row, uint8_t *payload)
{
	const struct scene_packet *p = &row->packet, *quoted = &row->quoted;
	uint32_t transport = p->proto == SCENE_TCP ? (p->tsval ? 32 : 20) : 8;

	memset(to, 0, sizeof *to);
	to->kind = PACKET_IP;
	to->marks = p->marks;
	to->version = row->version;
	memcpy(to->src, row->src, 16);
	memcpy(to->dst, row->dst, 16);
	to->proto = p->proto;
	to->ttl = p->ttl;
	to->ip_id = p->ip_id;
	to->header_bytes = (uint16_t)((to->version == 6 ? 40 : 20) +
				      (p->marks & PACKET_FRAGMENT_LATER ? 0 : transport));
	to->payload_bytes = to->payload_captured = p->length;
	to->ip_bytes = to->header_bytes + p->length;
	to->sport = p->sport;
	to->dport = p->dport;
	to->flags = p->flags | (p->marks & PACKET_FRAGMENT ? 0 : PACKET_IP_DF);
	to->seq = p->seq;
	to->ack = p->ack;
	if (p->proto == SCENE_ICMP)
		to->seq |= (uint32_t)p->sport << 16;
	if (p->proto == SCENE_TCP)
		to->window = p->window;
	to->tsval = p->tsval;
	to->payload = payload;
	scene_fill(p, payload, p->length);
	if (p->marks & PACKET_FRAGMENT_LATER) {
		to->sport = to->dport = 0;
		to->fragment_offset = (uint16_t)p->seq;
		to->ack = p->ip_id;
	}
	if (p->quotes) {
		to->marks |= PACKET_ICMP_ERROR;
		to->has_inner = true;
		to->inner_version = to->version;
		to->inner_proto = quoted->proto ? quoted->proto : SCENE_TCP;
		scene_address(quoted->src, to->inner_src);
		scene_address(quoted->dst, to->inner_dst);
		to->inner_sport = quoted->sport;
		to->inner_dport = quoted->dport;
		to->inner_ip_id = quoted->ip_id;
		to->inner_ip_bytes = 40 + quoted->length;
		to->inner_seq = quoted->seq;
	}
}

static inline void scene_block_add(struct record_block *block, const struct packet *p, uint32_t frame,
				   int64_t time_ns, uint8_t link)
{
	uint32_t i = block->rows;

	block->time_ns[i] = time_ns;
	block->frame[i] = frame;
	block->digest[i] = fingerprint_digest(p, SCENE_SEED);
	block->link[i] = link;
	block->options[i] = 0;
	block->seq[i] = p->seq;
	block->ack[i] = p->ack;
	block->tsval[i] = p->tsval;
	block->ip_id[i] = p->ip_id;
	block->length[i] = p->ip_bytes;
	block->header[i] = p->header_bytes;
	block->flags[i] = p->flags;
	block->window[i] = p->window;
	block->marks[i] = p->marks;
	block->ttl[i] = p->ttl;
	block->tos[i] = p->tos;
	block->kind[i] = (uint8_t)p->kind;
	block->rows++;
}

/* Writes one file's rows: records, flows, dictionaries. */
static inline enum status scene_write_rows(struct scene *s, struct capture_writer *writer,
					   const struct scene_file *file, struct record_block *block,
					   struct flow_table *flows)
{
	static uint8_t payload[SCENE_PAYLOAD_MAX];
	enum status status = STATUS_OK;
	struct packet packet;
	uint32_t i, link;

	for (i = 0; i < file->rows && !status; i++) {
		scene_packet_make(&packet, &file->row[i], payload);
		block->fp[block->rows] = fingerprint_packet(&packet, SCENE_SEED);
		status = flow_ask(flows, &packet, file->row[i].time_ns, &block->flow[block->rows],
				  &s->err);
		if (status)
			break;
		scene_block_add(block, &packet, i + 1, file->row[i].time_ns, file->row[i].link);
		if (block->rows == RECORD_BLOCK_ROWS || i + 1 == file->rows) {
			status = flow_settle(flows, &s->err);
			if (!status)
				status = capture_put_block(writer, block, &s->err);
			block->rows = 0;
		}
	}
	for (i = 0; i < flow_count(flows) && !status; i++) {
		struct capture_flow flow = flow_get(flows, i);

		status = capture_put_flows(writer, &flow, 1, &s->err);
	}
	for (link = 0; link < 256 && !status; link++) {
		/* LINKTYPE_ETHERNET, then destination and source */
		uint8_t bytes[18] = {1, 0, 0, 0, 1, 2, 2, 0, 0, 0, 0, (uint8_t)link,
				     2, 0, 0, 1, 0, (uint8_t)link};

		status = capture_put_entry(writer, CAPTURE_LINKS, bytes, sizeof bytes, &s->err);
	}
	return status;
}

static inline enum status scene_write_file(struct scene *s, struct store *store, uint32_t number,
					   const struct scene_point *point, uint32_t f)
{
	const struct scene_file *file = &point->file[f];
	struct record_block *block = calloc(1, sizeof *block);
	struct capture *capture = calloc(1, sizeof *capture);
	struct capture_writer *writer = NULL;
	struct flow_table *flows = NULL;
	enum status status;
	uint32_t i;
	bool known;

	if (!block || !capture)
		abort();
	if (!point->as_sent && file->rows)
		qsort(file->row, file->rows, sizeof *file->row, scene_row_compare);
	status = capture_begin(store, number, &writer, &s->err);
	if (!status)
		status = flow_table_open(&flows, SCENE_SEED, &s->err);
	if (!status)
		status = scene_write_rows(s, writer, file, block, flows);
	snprintf(capture->file, sizeof capture->file, "%s%u.pcap", point->name, f);
	capture->start_ns = INT64_MIN;
	capture->end_ns = INT64_MAX;
	snprintf((char *)capture->sha256, sizeof capture->sha256, "%s %u", point->name, f);
	capture->packets = file->rows;
	for (i = 0; i < file->rows; i++) {
		int64_t ns = file->row[i].time_ns;

		capture->first_ns = i && capture->first_ns < ns ? capture->first_ns : ns;
		capture->backwards += i && ns < file->row[i - 1].time_ns;
		capture->last_ns = i && capture->last_ns > ns ? capture->last_ns : ns;
	}
	if (!status)
		status = capture_finish(&writer, capture, &known, &s->err);
	capture_abort(&writer);
	flow_table_close(&flows);
	free(capture);
	free(block);
	return status;
}

static inline enum status scene_write(struct scene *s, struct store *store)
{
	enum status status = STATUS_OK;
	uint32_t p, f, number;

	for (p = 0; p < s->points && !status; p++) {
		status = capture_point_add(store, s->point[p].name, &number, &s->err);
		for (f = 0; f < SCENE_FILES && !status; f++)
			if (s->point[p].file[f].rows || !f)
				status = scene_write_file(s, store, number, &s->point[p], f);
	}
	return status;
}

/* ---- the results ---- */

static inline char *scene_cell_text(const struct table_reader *reader, const struct table_column *column,
				    uint32_t c)
{
	char text[TABLE_TEXT_MAX + 1] = "";
	const uint8_t *bytes;
	size_t size;

	switch (column->type) {
	case TABLE_INT:
	case TABLE_TIME:
	case TABLE_NANOS:
		if (table_int(reader, c) != TABLE_INT_UNKNOWN)
			snprintf(text, sizeof text, "%lld", (long long)table_int(reader, c));
		break;
	case TABLE_REAL:
		if (table_real(reader, c) == table_real(reader, c))
			snprintf(text, sizeof text, "%.*f", column->decimals,
				 table_real(reader, c));
		break;
	case TABLE_ADDRESS:
		bytes = table_bytes(reader, c, &size);
		if (size)
			inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
		break;
	default:
		snprintf(text, sizeof text, "%s", table_text(reader, c));
	}
	return strdup(text);
}

static inline enum status scene_read_table(struct scene *s, struct store_txn *txn,
					   struct scene_table *table)
{
	struct table_reader *reader = NULL;
	enum status status = table_open(txn, table->schema, &reader, &s->err);
	uint32_t columns = table->schema->columns, c;
	bool more = true;

	if (status)
		return status;
	table->cell = calloc((size_t)table_rows(reader) * columns + 1, sizeof *table->cell);
	while (!status && table->cell) {
		status = table_next(reader, &more, &s->err);
		if (status || !more)
			break;
		for (c = 0; c < columns; c++)
			table->cell[table->rows * columns + c] =
				scene_cell_text(reader, &table->schema->column[c], c);
		table->rows++;
	}
	table_close(&reader);
	return status;
}

static inline enum status scene_read(struct scene *s, struct store *store)
{
	static const struct table_schema *const schemas[SCENE_TABLES] = {
		&results_hops, &results_balance, &results_drops, &results_injected,
		&results_resets, &results_sessions, &results_findings,
	};
	struct store_txn *txn = NULL;
	enum status status = store_begin(store, false, &txn, &s->err);
	uint32_t t;

	for (t = 0; t < SCENE_TABLES && !status; t++) {
		s->table[t].schema = schemas[t];
		status = scene_read_table(s, txn, &s->table[t]);
	}
	store_abort(&txn);
	return status;
}

static inline const char *scene_cell(const struct scene *s, enum scene_tables t, uint32_t row,
				     uint32_t column)
{
	const struct scene_table *table = &s->table[t];

	return row < table->rows ? table->cell[row * table->schema->columns + column] : "no such row";
}

static inline long long scene_int(const struct scene *s, enum scene_tables t, uint32_t row,
				  uint32_t column)
{
	return atoll(scene_cell(s, t, row, column));
}

/* A number of a hop in a direction ("forward", "reverse", "none"); -1: no such row. */
static inline long long scene_hop(const struct scene *s, const char *hop, const char *direction,
				  uint32_t column)
{
	uint32_t row;

	for (row = 0; row < s->table[HOPS].rows; row++)
		if (strcmp(scene_cell(s, HOPS, row, HOPS_HOP), hop) == 0 &&
		    strcmp(scene_cell(s, HOPS, row, HOPS_DIRECTION), direction) == 0)
			return scene_int(s, HOPS, row, column);
	return -1;
}

/* A number of a hop's balance at a point, both directions and none together; -1: no such row. */
static inline long long scene_balance(const struct scene *s, const char *hop, const char *point,
				      uint32_t column)
{
	long long sum = -1;
	uint32_t row;

	for (row = 0; row < s->table[BALANCE].rows; row++)
		if (strcmp(scene_cell(s, BALANCE, row, BALANCE_HOP), hop) == 0 &&
		    strcmp(scene_cell(s, BALANCE, row, BALANCE_POINT), point) == 0)
			sum = (sum < 0 ? 0 : sum) + scene_int(s, BALANCE, row, column);
	return sum;
}

/* A column of hops over all hops and directions. */
static inline long long scene_sum(const struct scene *s, uint32_t column)
{
	long long sum = 0;
	uint32_t row;

	for (row = 0; row < s->table[HOPS].rows; row++)
		sum += scene_int(s, HOPS, row, column);
	return sum;
}

static inline uint32_t scene_rows(const struct scene *s, enum scene_tables t)
{
	return s->table[t].rows;
}

static inline void scene_show(const struct scene *s)
{
	uint32_t t, row, c;

	for (t = 0; t < SCENE_TABLES; t++) {
		printf("# -- %s, path %s (%s)\n", s->table[t].schema->name, s->summary.path,
		       s->summary.evidence);
		for (row = 0; row < s->table[t].rows; row++) {
			printf("#");
			for (c = 0; c < s->table[t].schema->columns; c++)
				printf(" %s=%s", s->table[t].schema->column[c].name,
				       scene_cell(s, t, row, c));
			printf("\n");
		}
	}
}

/* ---- what holds in every scene ---- */

static inline void scene_check_hops(const struct scene *s)
{
	static const uint32_t parts[] = {HOPS_MATCHED,    HOPS_DROPPED,   HOPS_LOCAL,
					 HOPS_UNCAPTURED, HOPS_EDGE,      HOPS_AMBIGUOUS,
					 HOPS_EXCLUDED};
	uint32_t row, k;

	for (row = 0; row < s->table[HOPS].rows; row++) {
		long long sum = 0;

		for (k = 0; k < sizeof parts / sizeof parts[0]; k++)
			sum += scene_int(s, HOPS, row, parts[k]);
		CHECK_INT(sum, scene_int(s, HOPS, row, HOPS_PACKETS));
	}
	CHECK_INT(scene_sum(s, HOPS_DROPPED), scene_rows(s, DROPS));
	CHECK_INT(scene_sum(s, HOPS_INJECTED), scene_rows(s, INJECTED));
}

static inline void scene_check_balance(const struct scene *s)
{
	uint32_t row, p, f;

	for (row = 0; row < s->table[BALANCE].rows; row++)
		CHECK_TEXT(scene_cell(s, BALANCE, row, BALANCE_BALANCED), "yes");
	for (row = 0; row < s->table[BALANCE].rows; row++) {
		long long rows = 0;

		for (p = 0; strcmp(s->point[p].name, scene_cell(s, BALANCE, row, BALANCE_POINT)) != 0; p++)
			;
		for (f = 0; f < SCENE_FILES; f++)
			rows += s->point[p].file[f].rows;
		CHECK_INT(scene_balance(s, scene_cell(s, BALANCE, row, BALANCE_HOP),
					s->point[p].name, BALANCE_PACKETS),
			  rows);
	}
}

static inline void scene_forget(struct scene *s)
{
	uint32_t t, i;

	for (t = 0; t < SCENE_TABLES; t++) {
		for (i = 0; s->table[t].cell && i < s->table[t].rows * s->table[t].schema->columns;
		     i++)
			free(s->table[t].cell[i]);
		free(s->table[t].cell);
		s->table[t] = (struct scene_table){0};
	}
}

static inline void scene_end(struct scene *s)
{
	uint32_t p, f;

	scene_forget(s);
	for (p = 0; p < s->points; p++)
		for (f = 0; f < SCENE_FILES; f++)
			free(s->point[p].file[f].row);
	memset(s, 0, sizeof *s);
}

/* Correlates what was sent. With SCENE_SHOW in the environment all results are printed. */
static inline enum status scene_correlate(struct scene *s)
{
	struct correlate_options options = {.path = s->path, .tmax_ns = CORRELATE_TMAX_DEFAULT_NS,
					    .threads = s->threads};
	char folder[] = "/tmp/crosstap-scene-XXXXXX", name[64], lock[80];
	const uint64_t seed = SCENE_SEED;
	struct store *store = NULL;
	enum status status;

	scene_forget(s);
	if (!mkdtemp(folder))
		abort();
	snprintf(name, sizeof name, "%s/scene.ct", folder);
	snprintf(lock, sizeof lock, "%s-lock", name);
	status = store_open(&store, name, STORE_CREATE, true, &seed, &s->err);
	if (!status)
		status = scene_write(s, store);
	if (!status)
		status = correlate_run(store, &options, &s->summary, &s->err);
	if (!status)
		status = scene_read(s, store);
	store_close(&store);
	unlink(name);
	unlink(lock);
	rmdir(folder);
	return status;
}

static inline void scene_run(struct scene *s)
{
	enum status status = scene_correlate(s);

	if (status) {
		printf("# correlate ended in %d: %s\n", status, s->err.text);
		check_failures++;
		return;
	}
	if (getenv("SCENE_SHOW"))
		scene_show(s);
	scene_check_hops(s);
	scene_check_balance(s);
}

#endif
