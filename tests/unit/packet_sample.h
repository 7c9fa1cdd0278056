/* A frame as hex, and what packet_parse() and packet_verify() must make of it.
 * Fields that a sample does not name are expected to be 0.
 */
#ifndef CROSSTAP_TESTS_PACKET_SAMPLE_H
#define CROSSTAP_TESTS_PACKET_SAMPLE_H

#include <arpa/inet.h>
#include <stdlib.h>

#include "collect/packet.h"
#include "tests/unit/check.h"

struct packet_sample {
	const char *name;
	uint32_t linktype;
	uint32_t wire_bytes;    /* 0 = as many as there are in hex */
	uint32_t padding_bytes; /* behind the IP packet */
	const char *hex;
	enum packet_kind kind;
	uint16_t marks;
	const char *link;       /* hex */
	const char *options;    /* hex; NULL = not looked at */
	uint32_t ifindex, link_broadcast;
	const char *src, *dst;
	uint32_t version, proto, ttl, tos, ip_id, flow_label, ip_bytes;
	uint32_t fragment_offset, fragment_more;
	uint32_t sport, dport, flags, seq, ack, window, options_bytes, tsval, tsecr;
	uint32_t sack_left, urgent;
	uint32_t payload_bytes;
	uint32_t payload_captured; /* 0 = what the missing bytes leave of payload_bytes */
	const char *inner_src, *inner_dst;
	uint32_t inner_version, inner_proto, inner_sport, inner_dport;
	uint32_t inner_ip_id, inner_ip_bytes, inner_seq;
};

/* Whether a sample is called "row" or "row, variant". */
static inline bool sample_named_after(const struct packet_sample *sample, const char *row)
{
	size_t n = strlen(row);

	return strncmp(sample->name, row, n) == 0 &&
	       (sample->name[n] == 0 || sample->name[n] == ',');
}

struct sample_frame {
	uint8_t *bytes; /* an allocation of just the right size, for ASan */
	uint32_t caplen, length;
};

static inline uint32_t sample_hex(uint8_t *bytes, const char *hex)
{
	uint32_t n = (uint32_t)(strlen(hex) / 2);
	char digits[3] = "";

	for (uint32_t i = 0; i < n; i++) {
		memcpy(digits, hex + 2 * i, 2);
		bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return n;
}

static inline void sample_put_32(uint8_t *at, uint32_t number)
{
	uint32_t number_be = htonl(number);

	memcpy(at, &number_be, sizeof number_be);
}

/* The caller frees .bytes. */
static inline struct sample_frame sample_frame(const struct packet_sample *sample)
{
	struct sample_frame frame;

	frame.bytes = malloc(strlen(sample->hex) / 2 + 1);
	if (!frame.bytes)
		abort();
	frame.caplen = sample_hex(frame.bytes, sample->hex);
	frame.bytes = realloc(frame.bytes, frame.caplen);
	frame.length = sample->wire_bytes ? sample->wire_bytes : frame.caplen;
	return frame;
}

static inline void sample_check_address(const uint8_t got[16], uint32_t version,
					const char *expected)
{
	static const uint8_t zero[16];
	char text[INET6_ADDRSTRLEN] = "";

	if (!expected) {
		CHECK(memcmp(got, zero, sizeof zero) == 0);
		return;
	}
	inet_ntop(version == 4 ? AF_INET : AF_INET6, got, text, sizeof text);
	CHECK_TEXT(text, expected);
	if (version == 4)
		CHECK(memcmp(got + 4, zero, 12) == 0);
}

static inline void sample_check_hex(const uint8_t *got, uint32_t n, const char *expected)
{
	char text[2 * PACKET_LINK_MAX + 1] = "";

	for (uint32_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", got[i]);
	CHECK_TEXT(text, expected);
}

static inline void sample_check_network(const struct packet_sample *sample,
					const struct packet *packet)
{
	CHECK_INT(packet->version, sample->version);
	sample_check_address(packet->src, packet->version, sample->src);
	sample_check_address(packet->dst, packet->version, sample->dst);
	CHECK_INT(packet->proto, sample->proto);
	CHECK_INT(packet->ttl, sample->ttl);
	CHECK_INT(packet->tos, sample->tos);
	CHECK_INT(packet->ip_id, sample->ip_id);
	CHECK_INT(packet->flow_label, sample->flow_label);
	CHECK_INT(packet->ip_bytes, sample->ip_bytes);
	CHECK_INT(packet->fragment_offset, sample->fragment_offset);
	CHECK_INT(packet->fragment_more, sample->fragment_more);
}

static inline void sample_check_transport(const struct packet_sample *sample,
					  const struct packet *packet)
{
	CHECK_INT(packet->sport, sample->sport);
	CHECK_INT(packet->dport, sample->dport);
	CHECK_INT(packet->flags, sample->flags);
	CHECK_INT(packet->seq, sample->seq);
	CHECK_INT(packet->ack, sample->ack);
	CHECK_INT(packet->window, sample->window);
	CHECK_INT(packet->options_bytes, sample->options_bytes);
	if (sample->options)
		sample_check_hex(packet->options, packet->options_bytes, sample->options);
	CHECK_INT(packet->has_timestamps, sample->tsval != 0);
	CHECK_INT(packet->tsval, sample->tsval);
	CHECK_INT(packet->tsecr, sample->tsecr);
	CHECK_INT(packet->sack_left, sample->sack_left);
	CHECK_INT(packet->sack != 0, sample->sack_left != 0);
	CHECK_INT(packet->urgent, sample->urgent);
}

static inline void sample_check_payload(const struct packet_sample *sample,
					const struct packet *packet,
					const struct sample_frame *frame)
{
	uint32_t missing = frame->length - frame->caplen, captured = sample->payload_captured;

	if (!captured && sample->payload_bytes > missing)
		captured = sample->payload_bytes - missing;
	CHECK_INT(packet->payload_bytes, sample->payload_bytes);
	CHECK_INT(packet->payload_captured, captured);
	if (captured)
		CHECK(packet->payload + captured + sample->padding_bytes ==
		      frame->bytes + frame->caplen);
	else
		CHECK(packet->payload == NULL);
	CHECK(packet->headers_captured <= frame->caplen);
	if (captured)
		CHECK(packet->payload == frame->bytes + packet->headers_captured);
	if (packet->kind == PACKET_IP || packet->kind == PACKET_LINK_SCOPE)
		CHECK_INT(packet->header_bytes, sample->ip_bytes - sample->payload_bytes);
}

static inline void sample_check_inner(const struct packet_sample *sample,
				      const struct packet *packet)
{
	CHECK_INT(packet->has_inner, sample->inner_version != 0);
	if (!packet->has_inner)
		return;
	CHECK_INT(packet->inner_version, sample->inner_version);
	CHECK_INT(packet->inner_proto, sample->inner_proto);
	sample_check_address(packet->inner_src, packet->inner_version, sample->inner_src);
	sample_check_address(packet->inner_dst, packet->inner_version, sample->inner_dst);
	CHECK_INT(packet->inner_sport, sample->inner_sport);
	CHECK_INT(packet->inner_dport, sample->inner_dport);
	CHECK_INT(packet->inner_ip_id, sample->inner_ip_id);
	CHECK_INT(packet->inner_ip_bytes, sample->inner_ip_bytes);
	CHECK_INT(packet->inner_seq, sample->inner_seq);
}

/* Parses the sample and compares every field; ends the case. */
static inline void sample_check(const struct packet_sample *sample)
{
	struct sample_frame frame = sample_frame(sample);
	struct packet packet;

	memset(&packet, 0xa5, sizeof packet); /* nothing may be left from the packet before */
	packet_parse(&packet, sample->linktype, frame.bytes, frame.caplen, frame.length);
	packet_verify(&packet);
	CHECK_TEXT(packet_kind_name(packet.kind), packet_kind_name(sample->kind));
	CHECK_INT(packet.marks, sample->marks);
	CHECK_INT(packet.ifindex, sample->ifindex);
	CHECK_INT(packet.link_broadcast, sample->link_broadcast);
	if (sample->link)
		sample_check_hex(packet.link, packet.link_bytes, sample->link);
	sample_check_network(sample, &packet);
	sample_check_transport(sample, &packet);
	sample_check_payload(sample, &packet, &frame);
	sample_check_inner(sample, &packet);
	free(frame.bytes);
	check_case(sample->name);
}

#define SAMPLES_CHECK(samples)                                                            \
	do {                                                                              \
		for (size_t i_ = 0; i_ < sizeof(samples) / sizeof *(samples); i_++)       \
			sample_check(&(samples)[i_]);                                     \
	} while (0)

#endif
