/* Gives a capture the clock of another machine: `pcapshift SECONDS PPM IN OUT` writes
 * t + SECONDS + (t - t0) * PPM / 1e6 for each time t, t0 being the first packet's. The
 * result is a classic pcap with nanoseconds; the arithmetic is exact in 128 bits.
 */
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { NS_PER_S = 1000000000 };

static int64_t time_shift(int64_t time_ns, int64_t first_ns, int64_t offset_ns, int64_t drift_ppb)
{
	return time_ns + offset_ns +
	       (int64_t)((__int128)(time_ns - first_ns) * drift_ppb / NS_PER_S);
}

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const unsigned char *bytes;
	int64_t first_ns = INT64_MIN;
	int got;

	if (argc != 5) {
		fprintf(stderr, "usage: pcapshift SECONDS PPM IN OUT\n");
		return 2;
	}
	int64_t offset_ns = (int64_t)(strtold(argv[1], NULL) * NS_PER_S);
	int64_t drift_ppb = (int64_t)(strtold(argv[2], NULL) * 1000);
	pcap_t *in = pcap_open_offline_with_tstamp_precision(argv[3], PCAP_TSTAMP_PRECISION_NANO,
							     error);
	if (!in) {
		fprintf(stderr, "pcapshift: %s: %s\n", argv[3], error);
		return 1;
	}
	pcap_dumper_t *out = pcap_dump_open(in, argv[4]);
	if (!out) {
		fprintf(stderr, "pcapshift: %s\n", pcap_geterr(in));
		pcap_close(in);
		return 1;
	}
	while ((got = pcap_next_ex(in, &header, &bytes)) == 1) {
		/* With nanosecond precision libpcap keeps nanoseconds in tv_usec. */
		int64_t time_ns = (int64_t)header->ts.tv_sec * NS_PER_S + header->ts.tv_usec;

		if (first_ns == INT64_MIN)
			first_ns = time_ns;
		time_ns = time_shift(time_ns, first_ns, offset_ns, drift_ppb);
		header->ts.tv_sec = time_ns / NS_PER_S;
		header->ts.tv_usec = time_ns % NS_PER_S;
		pcap_dump((unsigned char *)out, header, bytes);
	}
	int failed = got != PCAP_ERROR_BREAK || pcap_dump_flush(out) != 0;
	if (failed)
		fprintf(stderr, "pcapshift: %s: %s\n", argv[3], pcap_geterr(in));
	pcap_dump_close(out);
	pcap_close(in);
	return failed;
}
