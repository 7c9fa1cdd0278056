#include "collect/numbering.h"

#include <string.h>

#define LINKTYPE_ETHERNET 1
#define ETHERNET_LINK_BYTES (1 + 4 + 1 + 12) /* link.h: LINK_ITEM_TYPE and LINK_ITEM_MACS, no more */
#define MAC_BYTES 12                         /* both, where the frame begins */
#define TIMESTAMPS_BYTES 12

enum status numbering_open(struct numbering *n, uint64_t seed, struct error *err)
{
	static const uint8_t no_options[1];
	enum status status = dictionary_open(&n->links, seed, err);
	uint32_t zero;

	if (!status)
		status = dictionary_open(&n->options, seed, err);
	if (!status) /* so that 0 means no options */
		status = dictionary_number(n->options, no_options, 0, &zero, err);
	return status;
}

void numbering_close(struct numbering *n)
{
	dictionary_close(&n->links);
	dictionary_close(&n->options);
}

/* The description of a plain Ethernet frame is its first bytes. */
enum status numbering_link(struct numbering *n, const struct packet *packet, const struct frame *frame,
			   uint32_t *number, struct error *err)
{
	uint64_t macs[2] = {0};
	enum status status;
	uint32_t slot;

	if (frame->linktype != LINKTYPE_ETHERNET || packet->link_bytes != ETHERNET_LINK_BYTES)
		return dictionary_number(n->links, packet->link, packet->link_bytes, number, err);
	memcpy(&macs[0], frame->bytes, 8);
	memcpy(&macs[1], frame->bytes + 8, MAC_BYTES - 8);
	slot = ((macs[0] ^ macs[1] << 16) * UINT64_C(0x9e3779b97f4a7c15) >> 32) % NUMBERING_RECENT;
	if (n->recent[slot].used && n->recent[slot].macs[0] == macs[0] &&
	    n->recent[slot].macs[1] == macs[1]) {
		*number = n->recent[slot].number;
		return STATUS_OK;
	}
	status = dictionary_number(n->links, packet->link, packet->link_bytes, number, err);
	n->recent[slot].used = !status;
	n->recent[slot].macs[0] = macs[0];
	n->recent[slot].macs[1] = macs[1];
	n->recent[slot].number = *number;
	return status;
}

/* Timestamps behind two no-operations: all of the options, since their values are zeroed. */
static inline bool numbering_is_timestamps(const struct packet *packet)
{
	static const uint8_t aligned[4] = {1, 1, 8, 10};

	return packet->options_bytes == TIMESTAMPS_BYTES &&
	       memcmp(packet->options, aligned, sizeof aligned) == 0;
}

enum status numbering_options(struct numbering *n, const struct packet *packet, uint32_t *number,
			      struct error *err)
{
	enum status status;

	*number = 0;
	if (!packet->options_bytes)
		return STATUS_OK;
	if (n->timestamps && numbering_is_timestamps(packet)) {
		*number = n->timestamps;
		return STATUS_OK;
	}
	status = dictionary_number(n->options, packet->options, packet->options_bytes, number, err);
	if (!status && numbering_is_timestamps(packet))
		n->timestamps = *number;
	return status;
}
