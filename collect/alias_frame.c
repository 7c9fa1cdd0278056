#include "collect/alias_frame.h"

#include <stdbool.h>
#include <string.h>

#include "collect/cursor.h"
#include "collect/holding.h"
#include "collect/ip.h"
#include "collect/places.h"

#define LINKTYPE_RAW 101 /* begins with an IP header: as quotes do */
#define FRAME_HEADERS_MAX 16384u /* of all headers together; far beyond any real ones */

enum {
	IPV4_BYTES = 20,
	TCP_BYTES = 20,
	EXTENSION_HOPS = 0,
	EXTENSION_ROUTING = 43,
	EXTENSION_DESTINATION = 60,
	ICMP_REDIRECT = 5,
	GRE_CHECKSUM = 0x80, /* in the first byte */
};

struct frame_work {
	const struct alias *alias;
	uint8_t *bytes;
	uint32_t kept;
	bool partial;            /* the packet's own checksum is its pseudo header's sum */
	uint32_t own;            /* places of the frame itself; behind them those of its quote */
	struct places places;
	uint8_t was[FRAME_HEADERS_MAX];
};

/* ---- what is found ---- */

/* Behind an ICMP error's own headers those of the packet that it quotes; how many bytes. A TCP header may end
 * early there, as in quotes of 8 bytes (RFC 792): its first 20 bytes hold no address. */
static uint32_t frame_find_quoted(struct frame_work *w, const struct packet *packet)
{
	uint32_t base = (uint32_t)(packet->payload - w->bytes), i;
	const struct place *last;
	struct packet quoted;

	packet_places(&quoted, LINKTYPE_RAW, packet->payload, packet->payload_captured,
		      packet->payload_bytes, &w->places);
	for (i = w->own; i < w->places.count; i++) {
		w->places.list[i].at += base;
		w->places.list[i].end += base;
	}
	last = &w->places.list[w->places.count - 1];
	return quoted.kind == PACKET_CUT && w->places.count > w->own &&
			       last->kind == PLACE_TRANSPORT && last->detail == IP_PROTO_TCP
		       ? packet->payload_captured
		       : quoted.headers_captured;
}

/* A routing header has addresses of its own, one of which the checksum behind it sums. */
static void frame_cut_routing(struct frame_work *w)
{
	uint32_t i;

	for (i = 0; i < w->places.count; i++)
		if (w->places.list[i].kind == PLACE_EXTENSION &&
		    w->places.list[i].detail == EXTENSION_ROUTING && w->places.list[i].at < w->kept)
			w->kept = w->places.list[i].at;
}

static bool frame_find(struct frame_work *w, uint32_t linktype, uint32_t caplen, uint32_t length)
{
	struct packet packet;

	w->places.count = 0;
	w->places.full = false;
	packet_places(&packet, linktype, w->bytes, caplen, length, &w->places);
	if (packet.kind != PACKET_IP)
		return false;
	packet_verify(&packet);
	w->partial = packet.marks & PACKET_PARTIAL_CHECKSUM;
	w->own = w->places.count;
	w->kept = packet.headers_captured;
	if (packet.marks & PACKET_ICMP_ERROR && packet.payload)
		w->kept += frame_find_quoted(w, &packet);
	frame_cut_routing(w);
	return !w->places.full && w->kept <= FRAME_HEADERS_MAX;
}

/* ---- what is replaced ---- */

/* Values of options become 0, but those that hold nothing; RFC 791 section 3.1. */
static void ipv4_options(uint8_t *at, const uint8_t *end)
{
	enum { END = 0, NOP = 1, RECORD_ROUTE = 7, TIMESTAMP = 68, LOOSE = 131, STRICT = 137, ALERT = 148 };
	uint32_t bytes, kept;

	while (at < end && *at != END) {
		if (*at == NOP) {
			at++;
			continue;
		}
		bytes = end - at < 2 || at[1] < 2 ? 2 : at[1];
		if (bytes > end - at)
			bytes = (uint32_t)(end - at);
		/* The pointer stays, and of timestamps what they are. */
		kept = *at == ALERT ? bytes : *at == TIMESTAMP ? 4
			     : *at == RECORD_ROUTE || *at == LOOSE || *at == STRICT ? 3 : 2;
		if (kept < bytes)
			memset(at + kept, 0, bytes - kept);
		at += bytes;
	}
	if (at < end)
		memset(at, 0, (size_t)(end - at));
}

/* Of hop-by-hop and destination options; RFC 8200 section 4.2. */
static void ipv6_options(uint8_t *at, const uint8_t *end)
{
	enum { PAD_1 = 0, ROUTER_ALERT = 5, JUMBO = 0xc2 };
	uint32_t bytes;

	while (at < end) {
		if (*at == PAD_1) {
			at++;
			continue;
		}
		bytes = end - at < 2 ? 1 : 2u + at[1];
		if (bytes > end - at)
			bytes = (uint32_t)(end - at);
		if (bytes > 2 && *at != ROUTER_ALERT && *at != JUMBO)
			memset(at + 2, 0, bytes - 2);
		at += bytes;
	}
}

/* RFC 8926 section 3.5: class, type, length in words. */
static void geneve_options(uint8_t *at, const uint8_t *end)
{
	uint32_t bytes;

	while (end - at > 4) {
		bytes = (at[3] & 31) * 4u;
		at += 4;
		if (bytes > end - at)
			bytes = (uint32_t)(end - at);
		memset(at, 0, bytes);
		at += bytes;
	}
}

static void place_ip(const struct frame_work *w, const struct place *place)
{
	uint8_t *at = w->bytes + place->at;

	if (place->detail == 4) {
		alias_ipv4(w->alias, at + 12, at + 12);
		alias_ipv4(w->alias, at + 16, at + 16);
		ipv4_options(at + IPV4_BYTES, w->bytes + place->end);
	} else {
		alias_ipv6(w->alias, at + 8, at + 8);
		alias_ipv6(w->alias, at + 24, at + 24);
	}
}

static void place_transport(const struct frame_work *w, const struct place *place)
{
	uint8_t *at = w->bytes + place->at;
	uint32_t there = w->kept - place->at, header;

	if (place->detail == IP_PROTO_ICMP && there >= 8 && at[0] == ICMP_REDIRECT)
		alias_ipv4(w->alias, at + 4, at + 4);
	if (place->detail != IP_PROTO_TCP || there <= TCP_BYTES)
		return;
	header = (at[12] >> 4) * 4u;
	header = header < there ? header : there;
	if (header > TCP_BYTES)
		holding_options(w->alias, at + TCP_BYTES, header - TCP_BYTES);
}

static void place_replace(const struct frame_work *w, const struct place *place)
{
	uint8_t *at = w->bytes + place->at, *end = w->bytes + place->end;

	switch ((enum place_kind)place->kind) {
	case PLACE_MACS:
		alias_mac(w->alias, at);
		alias_mac(w->alias, at + ALIAS_MAC_BYTES);
		break;
	case PLACE_COOKED:
		alias_link(w->alias, place->detail, at);
		break;
	case PLACE_IP:
		place_ip(w, place);
		break;
	case PLACE_EXTENSION:
		if (place->detail == EXTENSION_HOPS || place->detail == EXTENSION_DESTINATION)
			ipv6_options(at + 2, end);
		break;
	case PLACE_TRANSPORT:
		place_transport(w, place);
		break;
	case PLACE_GENEVE:
		geneve_options(at, end);
		break;
	case PLACE_GRE:
		break;
	}
}

/* ---- checksums ---- */

/* A sum of 16-bit words that does not overflow; an odd byte is a word's first. */
static uint64_t sum_words(const uint8_t *bytes, uint32_t from, uint32_t end)
{
	uint64_t sum = 0;

	for (; from + 1 < end; from += 2)
		sum += cursor_be16(bytes + from);
	return from < end ? sum + (uint64_t)(bytes[from] << 8) : sum;
}

static uint16_t sum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* What a sum of the bytes grew by; RFC 1624 section 3: the sum of what was is its complement's difference. */
static uint16_t sum_change(const struct frame_work *w, uint32_t from, uint32_t end)
{
	uint16_t was = sum_fold(sum_words(w->was, from, end));

	return sum_fold((uint64_t)sum_fold(sum_words(w->bytes, from, end)) + (uint16_t)~was);
}

/* The field at `at` sums what changed by `change`; where it is `partial`, without the complement. */
static void checksum_change(const struct frame_work *w, uint32_t at, uint16_t change, bool partial)
{
	uint16_t field = cursor_be16(w->bytes + at);

	field = partial ? sum_fold((uint64_t)field + change)
			: (uint16_t)~sum_fold((uint64_t)(uint16_t)~field + change);
	w->bytes[at] = (uint8_t)(field >> 8);
	w->bytes[at + 1] = (uint8_t)field;
}

/* Where a transport's checksum lies, and whether it sums the IP addresses. */
static bool checksum_find(uint8_t proto, uint32_t *offset, bool *pseudo)
{
	*offset = proto == IP_PROTO_TCP ? 16 : proto == IP_PROTO_UDP ? 6 : 2;
	*pseudo = proto != IP_PROTO_ICMP;
	return proto == IP_PROTO_TCP || proto == IP_PROTO_UDP || proto == IP_PROTO_ICMP ||
	       proto == IP_PROTO_ICMPV6;
}

/* Of the transport header number `i`, whose IP header is the last one before it. */
static void checksum_transport(const struct frame_work *w, uint32_t i)
{
	const struct place *place = &w->places.list[i], *ip = place;
	uint32_t offset, field, from;
	bool pseudo, partial;
	uint64_t change;

	if (!checksum_find(place->detail, &offset, &pseudo))
		return;
	field = place->at + offset;
	if (field + 2 > w->kept ||
	    (place->detail == IP_PROTO_UDP && !cursor_be16(w->bytes + field)))
		return;
	while (ip > w->places.list && ip->kind != PLACE_IP)
		ip--;
	from = ip->at + (ip->detail == 4 ? 12 : 8);
	partial = w->partial && i + 1 == w->own;
	/* As it is partial it sums the pseudo header only. */
	change = partial ? 0 : sum_change(w, place->at, w->kept);
	if (pseudo)
		change += sum_change(w, from, from + (ip->detail == 4 ? 8 : 32));
	checksum_change(w, field, sum_fold(change), partial);
	if (place->detail == IP_PROTO_UDP && !cursor_be16(w->bytes + field))
		memset(w->bytes + field, 0xff, 2); /* RFC 768: 0 would say that there is none */
}

/* The innermost first: those around it sum it, too. */
static void frame_sum(const struct frame_work *w)
{
	uint32_t i;

	for (i = w->places.count; i-- > 0;) {
		const struct place *place = &w->places.list[i];

		if (place->at >= w->kept)
			continue;
		if (place->kind == PLACE_IP && place->detail == 4)
			checksum_change(w, place->at + 10, sum_change(w, place->at, place->end), false);
		else if (place->kind == PLACE_TRANSPORT)
			checksum_transport(w, i);
		else if (place->kind == PLACE_GRE && w->bytes[place->at] & GRE_CHECKSUM)
			checksum_change(w, place->at + 4, sum_change(w, place->at, w->kept), false);
	}
}

uint32_t alias_frame(const struct alias *alias, uint32_t linktype, uint8_t *bytes, uint32_t caplen,
		     uint32_t length)
{
	struct frame_work w;
	uint32_t i;

	w.alias = alias;
	w.bytes = bytes;
	if (!frame_find(&w, linktype, caplen, length))
		return 0;
	memcpy(w.was, bytes, w.kept);
	for (i = 0; i < w.places.count; i++)
		if (w.places.list[i].at < w.kept)
			place_replace(&w, &w.places.list[i]);
	frame_sum(&w);
	return w.kept;
}
