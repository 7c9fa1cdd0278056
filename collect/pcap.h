/* Classic pcap files: microseconds and nanoseconds, both byte orders, and the
 * modified records of Alexey Kuznetzov's patch (pcap-savefile(5)).
 *
 * Read leniently where real files need it: a record may be longer than the
 * snaplen, seconds are unsigned and last until 2106, and of the link type's
 * 32 bits the upper 16 are not type. The names begin with pcap_reader_
 * because libpcap has the others.
 */
#ifndef CROSSTAP_COLLECT_PCAP_H
#define CROSSTAP_COLLECT_PCAP_H

#include "collect/reader.h"

extern const struct reader_type pcap_reader_type;

#define PCAP_HEADER_BYTES 24 /* of the file */

/* Versions before 2.3 wrote the two lengths the other way round, 2.3 did
 * either (libpcap keeps the history). */
enum pcap_lengths { CAPLEN_FIRST, CAPLEN_SECOND, CAPLEN_IS_LESS };

/* What the file's header says of its frames. */
struct pcap_layout {
	bool big_endian;
	uint32_t ns_per_unit;
	uint32_t header_bytes; /* before each frame's bytes */
	enum pcap_lengths order;
	uint32_t linktype;
};

/* False: a magic number or a version that is not known. */
bool pcap_layout_read(struct pcap_layout *layout, const uint8_t header[PCAP_HEADER_BYTES]);
/* What a frame's header says: its time, link type and lengths. */
void pcap_layout_frame(const struct pcap_layout *layout, const uint8_t *header, struct frame *frame);

#endif
