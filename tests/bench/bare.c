/* bare: what it costs to read captures at all: libpcap with nanoseconds, every
 * packet of every file, counted and forgotten. The benchmark's unit.
 */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>

struct count {
	uint64_t packets, bytes;
};

/* False: the file could not be opened or read to its end; stderr says why. */
static bool count_file(struct count *count, const char *path)
{
	char reason[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int result;
	pcap_t *pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO,
							       reason);

	if (!pcap) {
		fprintf(stderr, "bare: %s\n", reason);
		return false;
	}
	while ((result = pcap_next_ex(pcap, &header, &bytes)) == 1) {
		count->packets++;
		count->bytes += header->caplen;
	}
	if (result != PCAP_ERROR_BREAK)
		fprintf(stderr, "bare: %s: %s\n", path, pcap_geterr(pcap));
	pcap_close(pcap);
	return result == PCAP_ERROR_BREAK;
}

int main(int argc, char **argv)
{
	struct count count = {0};

	if (argc < 2) {
		fprintf(stderr, "usage: bare FILE...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++)
		if (!count_file(&count, argv[i]))
			return 3;
	printf("%" PRIu64 " packets, %" PRIu64 " bytes\n", count.packets, count.bytes);
	return 0;
}
