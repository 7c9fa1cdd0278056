/* Gives a capture's interface a name: `named IN OUT NAME` writes IN's packets to the pcapng file
 * OUT, all of one interface that is called NAME, whatever bytes that has.
 */
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { NS_PER_S = 1000000000, NAME_BYTES_MAX = 1024 };

/* One block with its body, which is padded (draft-ietf-opsawg-pcapng, section 3.1). */
static void put_block(FILE *out, uint32_t type, const void *head, uint32_t head_bytes,
		      const void *body, uint32_t body_bytes)
{
	static const char zeros[4];
	uint32_t padding = -body_bytes & 3, total = 12 + head_bytes + body_bytes + padding;

	fwrite(&type, 4, 1, out);
	fwrite(&total, 4, 1, out);
	fwrite(head, 1, head_bytes, out);
	fwrite(body, 1, body_bytes, out);
	fwrite(zeros, 1, padding, out);
	fwrite(&total, 4, 1, out);
}

static void put_interface(FILE *out, const char *name)
{
	const uint16_t link[2] = { DLT_EN10MB, 0 }, resolution[2] = { 9, 1 };
	const uint32_t snaplen = 0, nanoseconds = 9, end = 0;
	uint16_t if_name[2] = { 2, (uint16_t)strlen(name) };
	uint8_t head[NAME_BYTES_MAX + 64] = { 0 };
	uint32_t at = 0;

	memcpy(head, link, 4);
	memcpy(head + 4, &snaplen, 4);
	memcpy(head + 8, if_name, 4);
	memcpy(head + 12, name, if_name[1]);
	at = 12 + ((if_name[1] + 3u) & ~3u);
	memcpy(head + at, resolution, 4);
	memcpy(head + at + 4, &nanoseconds, 4);
	memcpy(head + at + 8, &end, 4);
	put_block(out, 1, head, at + 12, "", 0);
}

int main(int argc, char **argv)
{
	const uint32_t section[4] = { 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX };
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const unsigned char *bytes;

	if (argc != 4 || strlen(argv[3]) > NAME_BYTES_MAX) {
		fprintf(stderr, "usage: named IN OUT NAME\n");
		return 2;
	}
	pcap_t *in = pcap_open_offline_with_tstamp_precision(argv[1], PCAP_TSTAMP_PRECISION_NANO,
							     error);
	FILE *out = fopen(argv[2], "wb");
	if (!in || !out) {
		fprintf(stderr, "named: %s\n", in ? argv[2] : error);
		return 1;
	}
	put_block(out, 0x0a0d0d0a, section, sizeof(section), "", 0);
	put_interface(out, argv[3]);
	while (pcap_next_ex(in, &header, &bytes) == 1) {
		uint64_t time_ns =
			(uint64_t)header->ts.tv_sec * NS_PER_S + (uint64_t)header->ts.tv_usec;
		uint32_t head[5] = { 0, (uint32_t)(time_ns >> 32), (uint32_t)time_ns, header->caplen,
				     header->len };

		put_block(out, 6, head, sizeof(head), bytes, header->caplen);
	}
	pcap_close(in);
	return fclose(out) != 0;
}
