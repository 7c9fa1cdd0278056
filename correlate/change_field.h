/* The fields that are compared, and how each tells a change in words.
 */
#ifndef CROSSTAP_CORRELATE_CHANGE_FIELD_H
#define CROSSTAP_CORRELATE_CHANGE_FIELD_H

#include "correlate/change.h"

/* In the order of the rows. */
enum change_field {
	FIELD_MAC, FIELD_VLAN, FIELD_TUNNEL, FIELD_IP_VERSION, FIELD_SRC, FIELD_DST, FIELD_SPORT,
	FIELD_DPORT, FIELD_ICMP_ID, FIELD_TTL, FIELD_DSCP, FIELD_ECN, FIELD_DF, FIELD_IP_ID,
	FIELD_FLOW_LABEL, FIELD_IP_CHECKSUM, FIELD_CHECKSUM, FIELD_TCP_SEQ,
	FIELD_TCP_ACK, FIELD_TCP_FLAGS, FIELD_WINDOW,
	FIELD_URGENT, FIELD_MSS, FIELD_WINDOW_SCALE, FIELD_SACK_PERMITTED, FIELD_SACK_BLOCKS,
	FIELD_TIMESTAMPS, FIELD_TSVAL, FIELD_TSECR, FIELD_OPTION, FIELD_PAYLOAD,
	FIELDS,
	FIELD_SACK_OR_TSECR = FIELDS, /* either may be why the digest differs: settled at the end */
	FIELDS_ALL
};

struct change_field_row {
	const char *name;
	bool carried;       /* not of the innermost packet itself, or what every router does */
	bool copies_differ; /* a retransmission may have another value than the packet before */
};
extern const struct change_field_row change_fields[FIELDS_ALL];

/* Takes what a packet's key says, one change after the other. Texts are the callee's to copy. */
struct change_teller {
	const struct change_book *book;
	const struct change_key *key;
	void (*take)(struct change_teller *teller, enum change_field field, bool expected,
		     const char *name, const char *from, const char *to);
};
void change_tell(struct change_teller *teller);

/* Values that are words. */
#define CHANGE_VARIES "varies"
#define CHANGE_NONE "none"
#define CHANGE_NOT_TRANSLATED "not translated"
#define CHANGE_BROKEN "broken"
#define CHANGE_OFFLOAD "left to the card"
#define CHANGE_OTHERS "others"

#endif
