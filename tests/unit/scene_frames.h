/* A scene's packets as frames on the wire: each point's captures become pcap files with
 * whatever link layer, tags and tunnels the point sees, and are collected as anyone's captures
 * are. See scene.h.
 *
 * A wrapping is its headers, outermost first; the innermost IP packet follows them.
 */
#ifndef CROSSTAP_TESTS_SCENE_FRAMES_H
#define CROSSTAP_TESTS_SCENE_FRAMES_H

#include <fcntl.h>

#include "collect/ingest.h"
#include "tests/unit/scene.h"

enum wrap_layer {
	WRAP_END, WRAP_ETH, WRAP_SLL, WRAP_SLL2, WRAP_PPP, WRAP_NULL, WRAP_LOOP,
	WRAP_VLAN, WRAP_QINQ, WRAP_MPLS, WRAP_PPPOE, WRAP_GRE, WRAP_GRE_KEY, WRAP_IP4, WRAP_IP6,
	WRAP_VXLAN, WRAP_GENEVE, WRAP_GTP, WRAP_GTP_EXTENDED, WRAP_ERSPAN1, WRAP_ERSPAN2,
	WRAP_ERSPAN3
};

struct wrap {
	const char *name;
	uint32_t linktype;
	uint8_t layer[8];
	uint32_t mtu; /* outer IPv4 packets larger than that go in fragments; 0: none do */
	/* The capture holds each packet again, so wrapped, a little later; NULL: it does not. */
	const struct wrap *again;
	/* All points' frames are in the first one's file, this is what of it is this point's
	 * (FILE@...); NULL: each point has a file of its own. */
	const char *select;
};
#define WRAP_AGAIN_NS 20000

#define FRAME_ROOM 70000u
#define FRAME_FRONT 400u /* room for headers in front of the packet */
#define FRAME_ETHERNET 0x6558 /* an Ethernet frame as what others carry */

struct frame_bytes {
	uint8_t room[FRAME_ROOM];
	uint32_t at, bytes;  /* room[at] is its first byte */
	uint16_t type;       /* what it is: ethertype */
	uint8_t proto;       /* what it is: IP protocol; 0: by its ethertype */
	uint8_t link;        /* number of the link it is on, for MACs */
	uint32_t outer_id;   /* goes on from frame to frame */
	uint32_t outer_at;   /* where the outermost IPv4 header is; 0: there is none */
};

static inline uint8_t *frame_front(struct frame_bytes *f, uint32_t bytes)
{
	f->at -= bytes;
	f->bytes += bytes;
	memset(f->room + f->at, 0, bytes);
	return f->room + f->at;
}

static inline void put_16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put_32(uint8_t *at, uint32_t value)
{
	put_16(at, value >> 16);
	put_16(at + 2, value);
}

static inline void put_ipv4_checksum(uint8_t *h)
{
	uint32_t sum = 0, i;

	put_16(h + 10, 0);
	for (i = 0; i < 20; i += 2)
		sum += (uint32_t)h[i] << 8 | h[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put_16(h + 10, ~sum & 0xffff);
}

/* ---- the innermost packet ---- */

static inline uint32_t frame_transport(const struct scene_packet *p, uint8_t *h)
{
	put_16(h, p->sport);
	put_16(h + 2, p->dport);
	switch (p->proto) {
	case SCENE_TCP:
		put_32(h + 4, p->seq);
		put_32(h + 8, p->ack);
		put_16(h + 12, (p->tsval ? 0x8000u : 0x5000u) | p->flags);
		put_16(h + 14, p->window);
		if (!p->tsval)
			return 20;
		memcpy(h + 20, "\1\1\x08\x0a", 4);
		put_32(h + 24, p->tsval);
		return 32;
	case SCENE_UDP:
		put_16(h + 4, 8 + p->length);
		put_16(h + 6, 0x1234);
		return 8;
	default: /* ICMP, ICMPv6 */
		put_16(h, p->ack);
		put_32(h + 4, p->quotes ? 0 : (uint32_t)p->sport << 16 | p->seq);
		return 8;
	}
}

static inline uint32_t frame_ip(const struct scene_packet *p, uint8_t version, const uint8_t *src,
				const uint8_t *dst, uint8_t *h, uint32_t payload_bytes)
{
	uint32_t bytes = version == 4 ? 20 : 40;

	if (version == 4) {
		h[0] = 0x45;
		put_16(h + 2, 20 + payload_bytes);
		put_16(h + 4, p->ip_id);
		h[6] = 0x40;
		h[8] = p->ttl;
		h[9] = p->proto;
		memcpy(h + 12, src, 4);
		memcpy(h + 16, dst, 4);
		put_ipv4_checksum(h);
	} else {
		h[0] = 0x60;
		put_16(h + 4, payload_bytes);
		h[6] = p->proto;
		h[7] = p->ttl;
		memcpy(h + 8, src, 16);
		memcpy(h + 24, dst, 16);
	}
	return bytes;
}

static inline uint32_t frame_packet(const struct scene_packet *p, uint8_t version,
				    const uint8_t *src, const uint8_t *dst, uint8_t *out);

/* What an ICMP error quotes: the IP header and eight bytes. */
static inline uint32_t frame_quote(const struct scene_packet *quoted, uint8_t *out)
{
	static uint8_t whole[FRAME_ROOM];
	uint8_t src[16] = {0}, dst[16] = {0}, version = strchr(quoted->src, ':') ? 6 : 4;
	uint32_t bytes = version == 4 ? 28 : 48;

	scene_address(quoted->src, src);
	scene_address(quoted->dst, dst);
	memset(whole, 0, sizeof whole);
	frame_packet(quoted, version, src, dst, whole);
	memcpy(out, whole, bytes);
	return bytes;
}

static inline uint32_t frame_packet(const struct scene_packet *p, uint8_t version,
				    const uint8_t *src, const uint8_t *dst, uint8_t *out)
{
	uint8_t *h = out + (version == 4 ? 20 : 40);
	uint32_t transport = frame_transport(p, h), payload = p->length;

	if (p->quotes)
		payload = frame_quote(p->quotes, h + transport);
	else
		scene_fill(p, h + transport, payload);
	return frame_ip(p, version, src, dst, out, transport + payload) + transport + payload;
}

/* ---- what is around it ---- */

static inline void wrap_ethernet(struct frame_bytes *f)
{
	uint8_t *h = frame_front(f, 14);

	h[0] = h[6] = 2;
	h[5] = f->link;
	h[10] = 1;
	h[11] = f->link;
	put_16(h + 12, f->type);
	f->type = FRAME_ETHERNET;
	f->proto = 0;
}

static inline void wrap_cooked(struct frame_bytes *f, bool two)
{
	uint8_t *h = frame_front(f, two ? 20 : 16);

	if (two) {
		put_16(h, f->type);
		put_32(h + 4, 7); /* interface */
		put_16(h + 8, 1);
		h[11] = 6;
		h[12] = 2;
		h[17] = f->link;
		return;
	}
	put_16(h + 2, 1);
	put_16(h + 4, 6);
	h[6] = 2;
	h[11] = f->link;
	put_16(h + 14, f->type);
}

static inline void wrap_ppp_protocol(struct frame_bytes *f)
{
	put_16(frame_front(f, 2), f->type == 0x0800 ? 0x21 : f->type == 0x86dd ? 0x57 : 0x281);
}

static inline void wrap_tag(struct frame_bytes *f, uint16_t type, uint16_t id)
{
	uint8_t *h = frame_front(f, 4);

	put_16(h, id);
	put_16(h + 2, f->type);
	f->type = type;
}

static inline void wrap_ip(struct frame_bytes *f, bool six)
{
	uint8_t proto = f->proto ? f->proto : f->type == 0x0800 ? 4 : 41, *h;
	uint32_t inside = f->bytes;

	h = frame_front(f, six ? 40 : 20);
	if (six) {
		h[0] = 0x60;
		put_16(h + 4, inside);
		h[6] = proto;
		h[7] = 64;
		h[8] = h[24] = 0xfd;
		h[23] = (f->link & 1) ? 1 : 2;
		h[39] = (f->link & 1) ? 2 : 1;
	} else {
		f->outer_at = f->at;
		h[0] = 0x45;
		put_16(h + 2, 20 + inside);
		put_16(h + 4, ++f->outer_id);
		h[8] = 64;
		h[9] = proto;
		put_32(h + 12, (f->link & 1) ? 0xc6336401 : 0xc6336402);
		put_32(h + 16, (f->link & 1) ? 0xc6336402 : 0xc6336401);
		put_ipv4_checksum(h);
	}
	f->type = six ? 0x86dd : 0x0800;
	f->proto = 0;
}

static inline void wrap_udp(struct frame_bytes *f, uint16_t port)
{
	uint32_t inside = f->bytes;
	uint8_t *h = frame_front(f, 8);

	put_16(h, 40000 + f->outer_id % 100); /* of the flow's hash; differs */
	put_16(h + 2, port);
	put_16(h + 4, 8 + inside);
	f->proto = 17;
}

static inline void wrap_gre(struct frame_bytes *f, uint16_t flags, uint16_t type)
{
	uint8_t *h = frame_front(f, flags ? 8 : 4);

	put_16(h, flags);
	put_16(h + 2, type);
	if (flags)
		put_32(h + 4, flags == 0x1000 ? f->outer_id : 0x77);
	f->proto = 47;
}

static inline void wrap_gtp(struct frame_bytes *f, bool extended)
{
	uint32_t inside = f->bytes, more = extended ? 8 : 0;
	uint8_t *h = frame_front(f, 8 + more);

	h[0] = extended ? 0x34 : 0x30;
	h[1] = 255;
	put_16(h + 2, inside + more);
	put_32(h + 4, 0x1001);
	if (extended) {
		h[11] = 0x85; /* PDU session container: 4 bytes */
		h[12] = 1;
		h[14] = 9;
	}
	wrap_udp(f, 2152);
}

static inline void wrap_overlay(struct frame_bytes *f, bool geneve)
{
	uint8_t *h = frame_front(f, geneve ? 12 : 8);

	h[0] = geneve ? 1 : 8; /* one word of options; VNI valid */
	if (geneve) {
		put_16(h + 2, f->type);
		put_16(h + 8, 0x0102);
	}
	h[6] = 42;
	wrap_udp(f, geneve ? 6081 : 4789);
}

static inline void wrap_erspan(struct frame_bytes *f, unsigned type)
{
	uint8_t *h = type > 1 ? frame_front(f, type == 2 ? 8 : 12) : NULL;

	if (h) {
		put_16(h, (type == 2 ? 0x1000 : 0x2000) | 100);
		put_16(h + 2, 5);
	}
	wrap_gre(f, type > 1 ? 0x1000 : 0, type == 3 ? 0x22eb : 0x88be);
}

static inline void wrap_layer(struct frame_bytes *f, enum wrap_layer layer)
{
	switch (layer) {
	case WRAP_ETH: wrap_ethernet(f); break;
	case WRAP_SLL: wrap_cooked(f, false); break;
	case WRAP_SLL2: wrap_cooked(f, true); break;
	case WRAP_PPP: wrap_ppp_protocol(f); memcpy(frame_front(f, 2), "\xff\x03", 2); break;
	case WRAP_NULL: frame_front(f, 4)[0] = f->type == 0x0800 ? 2 : 10; break;
	case WRAP_LOOP: frame_front(f, 4)[3] = f->type == 0x0800 ? 2 : 24; break;
	case WRAP_VLAN: wrap_tag(f, 0x8100, 100); break;
	case WRAP_QINQ: wrap_tag(f, 0x88a8, 200); break;
	case WRAP_MPLS:
		put_32(frame_front(f, 4), 1000u << 12 | (f->type != 0x8847) << 8 | 64);
		f->type = 0x8847;
		break;
	case WRAP_PPPOE: {
		uint32_t inside = f->bytes + 2;
		uint8_t *h;

		wrap_ppp_protocol(f);
		h = frame_front(f, 6);
		h[0] = 0x11;
		put_16(h + 2, 9);
		put_16(h + 4, inside);
		f->type = 0x8864;
		break;
	}
	case WRAP_GRE: wrap_gre(f, 0, f->type); break;
	case WRAP_GRE_KEY: wrap_gre(f, 0x2000, f->type); break;
	case WRAP_IP4: wrap_ip(f, false); break;
	case WRAP_IP6: wrap_ip(f, true); break;
	case WRAP_VXLAN: wrap_overlay(f, false); break;
	case WRAP_GENEVE: wrap_overlay(f, true); break;
	case WRAP_GTP: wrap_gtp(f, false); break;
	case WRAP_GTP_EXTENDED: wrap_gtp(f, true); break;
	case WRAP_ERSPAN1: wrap_erspan(f, 1); break;
	case WRAP_ERSPAN2: wrap_erspan(f, 2); break;
	case WRAP_ERSPAN3: wrap_erspan(f, 3); break;
	case WRAP_END: break;
	}
}

/* ---- files ---- */

static inline void frame_write(FILE *file, int64_t time_ns, const uint8_t *bytes, uint32_t n)
{
	uint32_t header[4] = {(uint32_t)(time_ns / 1000000000), (uint32_t)(time_ns % 1000000000), n, n};

	if (fwrite(header, sizeof header, 1, file) != 1 || fwrite(bytes, n, 1, file) != 1)
		abort();
}

/* The frame, or its outermost IPv4 packet in two fragments. True: it was two. */
static inline bool frame_send(FILE *file, const struct wrap *wrap, int64_t time_ns,
			      const struct frame_bytes *f)
{
	static uint8_t part[FRAME_ROOM];
	uint32_t front = f->outer_at - f->at, data = f->bytes - front - 20, cut;
	uint8_t *h = part + front;

	if (!wrap->mtu || !f->outer_at || data + 20 <= wrap->mtu) {
		frame_write(file, time_ns, f->room + f->at, f->bytes);
		return false;
	}
	cut = (wrap->mtu - 20) / 8 * 8;
	memcpy(part, f->room + f->at, front + 20 + cut);
	put_16(h + 2, 20 + cut);
	put_16(h + 6, 0x2000);
	put_ipv4_checksum(h);
	frame_write(file, time_ns, part, front + 20 + cut);
	memcpy(h + 20, f->room + f->outer_at + 20 + cut, data - cut);
	put_16(h + 2, 20 + data - cut);
	put_16(h + 6, cut / 8);
	put_ipv4_checksum(h);
	frame_write(file, time_ns, part, front + 20 + data - cut);
	return true;
}

static inline uint32_t frame_write_row(FILE *file, const struct wrap *wrap,
				       const struct scene_row *row, int64_t time_ns)
{
	static struct frame_bytes f;
	struct scene_packet packet = row->packet;
	uint32_t k = 0;

	if (packet.quotes)
		packet.quotes = &row->quoted;
	memset(f.room, 0, FRAME_FRONT + packet.length + 200);
	f.at = FRAME_FRONT;
	f.outer_at = 0;
	f.link = row->link;
	f.type = row->version == 4 ? 0x0800 : 0x86dd;
	f.proto = 0;
	f.bytes = frame_packet(&packet, row->version, row->src, row->dst, f.room + f.at);
	while (k < 8 && wrap->layer[k])
		k++;
	for (; k > 0; k--)
		wrap_layer(&f, wrap->layer[k - 1]);
	return frame_send(file, wrap, time_ns, &f);
}

static inline FILE *frames_open(const char *name, uint32_t linktype)
{
	const uint32_t header[6] = {0xa1b23c4d, 2 | 4u << 16, 0, 0, 262144, linktype};
	FILE *file = fopen(name, "wb");

	if (!file || fwrite(header, sizeof header, 1, file) != 1)
		abort();
	return file;
}

/* A point's rows as frames; how many of these are more than its rows. */
static inline uint32_t frames_write(FILE *file, const struct wrap *wrap,
				    const struct scene_file *from)
{
	uint32_t i, more = 0;

	for (i = 0; i < from->rows; i++) {
		const struct scene_row *row = &from->row[i];
		int64_t time_ns = row->time_ns;
		const struct wrap *one;

		for (one = wrap; one; one = one->again, time_ns += WRAP_AGAIN_NS)
			more += (one != wrap) + frame_write_row(file, one, row, time_ns);
	}
	return more;
}

/* ---- the run ---- */

/* Collects the points' first files, wrapped as given for each point, correlates, reads the
 * results; checks as scene_run() does. */
static inline void scene_run_wrapped(struct scene *s, const struct wrap *const *wraps)
{
	struct correlate_options options = {.path = s->path, .tmax_ns = CORRELATE_TMAX_DEFAULT_NS,
					    .threads = s->threads};
	char folder[] = "/tmp/crosstap-frames-XXXXXX", name[64], file[80];
	pthread_mutex_t compiling = PTHREAD_MUTEX_INITIALIZER;
	static struct ingest_result result;
	const uint64_t seed = SCENE_SEED;
	struct ingest_watch watch = {0};
	struct store *store = NULL;
	enum status status;
	FILE *out = NULL;
	uint32_t p;

	scene_forget(s);
	if (!mkdtemp(folder))
		abort();
	snprintf(name, sizeof name, "%s/scene.ct", folder);
	status = store_open(&store, name, STORE_CREATE, true, &seed, &s->err);
	for (p = 0; p < s->points; p++) {
		struct scene_file *from = &s->point[p].file[0];

		snprintf(file, sizeof file, "%s/%u.pcap", folder, p);
		if (!wraps[p]->select || !p)
			out = frames_open(file, wraps[p]->linktype);
		qsort(from->row, from->rows, sizeof *from->row, scene_row_compare);
		from->more = frames_write(out, wraps[p], from);
		if ((!wraps[p]->select || p + 1 == s->points) && fclose(out) != 0)
			abort();
	}
	for (p = 0; p < s->points && !status; p++) {
		const char *select = wraps[p]->select ? wraps[p]->select : "";
		struct ingest_job job = {0, file, {select, "", INT64_MIN, INT64_MAX}, false, NULL, NULL};

		snprintf(file, sizeof file, "%s/%u.pcap", folder, *select ? 0 : p);
		status = capture_point_add(store, s->point[p].name, &job.point, &s->err);
		if (!status)
			status = ingest_run(store, &job, &compiling, &watch, &result, &s->err);
	}
	for (p = 0; p < s->points; p++) {
		snprintf(file, sizeof file, "%s/%u.pcap", folder, p);
		unlink(file);
	}
	if (!status)
		status = correlate_run(store, &options, &s->summary, &s->err);
	if (!status)
		status = scene_read(s, store);
	store_close(&store);
	unlink(name);
	snprintf(file, sizeof file, "%s-lock", name);
	unlink(file);
	rmdir(folder);
	scene_check(s, status);
}

#endif
