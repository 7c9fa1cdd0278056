/* Flows of one capture: which packets belong together by their 5-tuple.
 *
 * End a of a flow is the lesser of its two ends (address bytes, then port), so
 * that it does not matter whose packet was seen first. A tuple that is used
 * again by another connection is another flow, of the next generation: a SYN
 * without ACK, with another sequence number than the SYN before it, where the
 * flow has seen FIN or RST, or data in both directions, or nothing for
 * FLOW_IDLE_NS.
 *
 * Ports are those of packet.h: of ICMP echo both are the identifier, of what
 * has no ports they are 0. Later fragments have none in the packet and belong
 * to the flow of their first fragment where that was seen not long before.
 */
#ifndef CROSSTAP_COLLECT_FLOW_H
#define CROSSTAP_COLLECT_FLOW_H

#include <stdint.h>

#include "collect/capture.h"
#include "collect/error.h"
#include "collect/packet.h"

#define FLOW_IDLE_NS (INT64_C(60) * 1000000000)
#define FLOW_FRAGMENTS 8192u /* first fragments remembered */
#define FLOW_FRAGMENT_NS (INT64_C(60) * 1000000000) /* RFC 8200 4.5: reassembly gives up then */

struct flow_table;

/* `seed` keys the hash, so that nobody can make tuples collide. */
enum status flow_table_open(struct flow_table **out, uint64_t seed, struct error *err) MUST_CHECK;

/* Asks for the flow of a packet of kind PACKET_IP. *where becomes its number
 * << 1 | direction, where 0 is from end a to end b, no later than at the next
 * flow_settle(): looking up a few packets at a time hides what memory takes to
 * answer. Packets are to come in the order of the file. */
enum status flow_ask(struct flow_table *table, const struct packet *packet, int64_t time_ns,
		     uint32_t *where, struct error *err) MUST_CHECK;
enum status flow_settle(struct flow_table *table, struct error *err) MUST_CHECK;

/* Flows so far, settled ones only. */
uint32_t flow_count(const struct flow_table *table);
/* Flow `number` < flow_count(). */
struct capture_flow flow_get(const struct flow_table *table, uint32_t number);

/* NULL is legal; *table becomes NULL. */
void flow_table_close(struct flow_table **table);

#endif
