#include <linux/if_ether.h>
#include <netinet/in.h>
#include "tests/lab/bump/frame.h"

uint16_t read16(const uint8_t *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

uint32_t read32(const uint8_t *bytes)
{
	return (uint32_t)read16(bytes) << 16 | read16(bytes + 2);
}

void write16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = value >> 8;
	bytes[1] = value;
}

void write32(uint8_t *bytes, uint32_t value)
{
	write16(bytes, value >> 16);
	write16(bytes + 2, value);
}

static uint32_t sum16(uint32_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		sum += read16(bytes + i);
	if (length & 1)
		sum += bytes[length - 1] << 8;
	return sum;
}

static uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

void ip_checksum_write(uint8_t *ip)
{
	write16(ip + 10, 0);
	write16(ip + 10, sum_fold(sum16(0, ip, (ip[0] & 15) * 4)));
}

void tcp_checksum_write(uint8_t *frame, const struct view *view)
{
	const uint8_t *ip = frame + view->ip_offset;
	uint8_t *tcp = frame + view->l4_offset;
	size_t tcp_bytes = view->ip_bytes + view->ip_offset - view->l4_offset;
	uint32_t sum = IPPROTO_TCP + tcp_bytes;

	write16(tcp + 16, 0);
	sum = view->version == 4 ? sum16(sum, ip + 12, 8) : sum16(sum, ip + 8, 32);
	write16(tcp + 16, sum_fold(sum16(sum, tcp, tcp_bytes)));
}

static void tcp_view(struct view *view, const uint8_t *tcp)
{
	size_t payload_offset = view->l4_offset + (tcp[12] >> 4) * 4;
	size_t end = view->ip_offset + view->ip_bytes;

	view->seq = read32(tcp + 4);
	view->ack = read32(tcp + 8);
	view->flags = tcp[13];
	if (payload_offset <= end && payload_offset >= view->l4_offset + 20) {
		view->payload_offset = payload_offset;
		view->payload_bytes = end - payload_offset;
	}
}

struct view frame_view(const uint8_t *frame, size_t length)
{
	struct view view = { .ip_offset = ETH_HLEN };
	const uint8_t *ip = frame + ETH_HLEN;

	if (length >= ETH_HLEN + 20 && read16(frame + 12) == ETH_P_IP) {
		view.version = 4;
		view.l4_offset = ETH_HLEN + (ip[0] & 15) * 4;
		view.ip_bytes = read16(ip + 2);
		view.ip_id = read16(ip + 4);
		view.proto = ip[9];
		inet_ntop(AF_INET, ip + 12, view.src, sizeof(view.src));
		inet_ntop(AF_INET, ip + 16, view.dst, sizeof(view.dst));
	} else if (length >= ETH_HLEN + 40 && read16(frame + 12) == ETH_P_IPV6) {
		view.version = 6;
		view.l4_offset = ETH_HLEN + 40;
		view.ip_bytes = read16(ip + 4) + 40;
		view.proto = ip[6];
		inet_ntop(AF_INET6, ip + 8, view.src, sizeof(view.src));
		inet_ntop(AF_INET6, ip + 24, view.dst, sizeof(view.dst));
	}
	const uint8_t *l4 = frame + view.l4_offset;
	if (!view.version || length < view.l4_offset + 8)
		return view;
	if (view.proto == IPPROTO_TCP || view.proto == IPPROTO_UDP) {
		view.src_port = read16(l4);
		view.dst_port = read16(l4 + 2);
	}
	if (view.proto == IPPROTO_TCP && length >= view.l4_offset + 20 &&
	    length >= ETH_HLEN + view.ip_bytes)
		tcp_view(&view, l4);
	return view;
}
