/* Hosts: the addresses of a run, numbered.
 */
#ifndef CROSSTAP_CORRELATE_HOSTS_H
#define CROSSTAP_CORRELATE_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#define HOSTS_NONE UINT32_MAX

struct hosts;

/* Hashes are seeded: addresses come from captures. NULL: no memory. */
struct hosts *hosts_new(uint64_t seed);
void hosts_free(struct hosts **hosts); /* NULL is legal */

/* The number of an address, counted up from 0 as they are added; HOSTS_NONE: no memory. */
uint32_t hosts_add(struct hosts *hosts, uint8_t version, const uint8_t address[16]);
/* The same without adding; HOSTS_NONE: not there. */
uint32_t hosts_find(const struct hosts *hosts, uint8_t version, const uint8_t address[16]);
uint32_t hosts_count(const struct hosts *hosts);

#endif
