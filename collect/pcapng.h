/* pcapng files (draft-ietf-opsawg-pcapng): sections of either byte order,
 * interfaces that differ in link type, snaplen and time unit, enhanced, simple
 * and obsolete packet blocks, drop counters. Other blocks are skipped.
 *
 * A simple packet block has no time: 0 is given, as libpcap does.
 */
#ifndef CROSSTAP_COLLECT_PCAPNG_H
#define CROSSTAP_COLLECT_PCAPNG_H

#include "collect/reader.h"

extern const struct reader_type pcapng_reader_type;

#endif
