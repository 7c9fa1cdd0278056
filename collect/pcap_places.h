/* Single frames of a classic pcap file, from places that are known: what lies between them is not read.
 *
 * For files that are not packed. What is wrong with one is not said: whoever wants to know reads it
 * from its beginning (source.h).
 */
#ifndef CROSSTAP_COLLECT_PCAP_PLACES_H
#define CROSSTAP_COLLECT_PCAP_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/source.h"

struct pcap_places;

/* NULL: it is no such file, or cannot be read. */
struct pcap_places *pcap_places_open(const char *path);
/* NULL is legal; *places becomes NULL. */
void pcap_places_close(struct pcap_places **places);

/* The next frame is that at this byte, of this number. */
void pcap_places_go(struct pcap_places *places, uint64_t offset, uint64_t number);
/* The next frame, whose bytes are borrowed until the next call; false: there is none, or none that is whole. */
bool pcap_places_next(struct pcap_places *places, struct frame *frame);

#endif
