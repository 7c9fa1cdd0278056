/* ERF records (Endace's extensible record format): the header in front of
 * each packet, and what each record type holds. Also what the reader's
 * two processes say to each other.
 */
#ifndef CROSSTAP_COLLECT_ERF_RECORD_H
#define CROSSTAP_COLLECT_ERF_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ERF_HEADER_BYTES 16
#define ERF_RECORD_MAX 65535      /* its length is 16 bits */
#define ERF_TYPE_PAD 48
#define ERF_TYPE_NOTE 14          /* of ours to the child; as a file's record it holds no packet */
#define ERF_NOTE_BYTES (ERF_HEADER_BYTES + 24)

#define TSH_RECORD_BYTES 44       /* time, interface, IP header, 16 bytes behind it */
#define TSH_HEADER_BYTES 8

/* What a record of a type holds. */
struct erf_type {
	uint8_t type;
	uint32_t linktype;        /* LINKTYPE_ */
	uint8_t pad_bytes;        /* between the headers and the frame */
	uint8_t fcs_bytes;        /* at the frame's end, counted in the wire length */
	bool counts_loss;         /* the header's 16 bits are a loss counter, not a colour */
};

struct erf_record {
	const struct erf_type *type;   /* NULL: a record without a packet that could hold IP */
	uint8_t type_number;
	uint32_t record_bytes;         /* all of it */
	uint32_t extension_bytes;      /* of extension headers, behind the 16 */
	uint32_t frame_offset;         /* of the frame in the record */
	uint32_t caplen_bytes, length_bytes; /* of the frame, without FCS */
	uint32_t lost;
	uint8_t interface;             /* 0..3 */
	uint64_t time;                 /* seconds << 32 | fraction */
};

/* The record's length by its first ERF_HEADER_BYTES, or 0 when it cannot be a record. */
uint32_t erf_record_length(const uint8_t *header);
/* Reads a whole record; false when it contradicts itself. */
bool erf_record_parse(const uint8_t *bytes, uint32_t size, struct erf_record *record);
/* ERF time to ns since 1970, rounded as Wireshark does. */
int64_t erf_time_ns(uint64_t time);

/* What the child writes first, and then in front of each frame's bytes. */
#define ERF_CHILD_HELLO "crosstap"
#define ERF_CHILD_HELLO_BYTES 8
struct erf_child_frame {
	int64_t time_ns;
	uint64_t number;
	uint64_t offset, end_offset;   /* of the record, in the capture */
	uint32_t interface, linktype;
	uint32_t caplen_bytes, length_bytes;
	uint32_t lost;
	uint32_t counts_loss;
};

/* The child's exit status. */
enum erf_child_exit { ERF_CHILD_DONE = 0, ERF_CHILD_REFUSED = 3, ERF_CHILD_FAILED = 4 };

#endif
