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

#endif
