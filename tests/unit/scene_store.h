/* A scene's packets put into a store, as collect would. See scene.h.
 */
#ifndef CROSSTAP_TESTS_SCENE_STORE_H
#define CROSSTAP_TESTS_SCENE_STORE_H

#include "collect/capture.h"
#include "collect/dictionary.h"
#include "collect/fingerprint.h"
#include "collect/flow.h"
#include "collect/link.h"
#include "tests/unit/scene_road.h"

static inline int scene_row_compare(const void *x, const void *y)
{
	const struct scene_row *a = x, *b = y;

	if (a->us != b->us)
		return a->us < b->us ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* The bytes at a place of a TCP stream are the same in whatever packet they come, and whatever
 * the place's number is by then. */
static inline void scene_fill(const struct scene_packet *p, uint8_t *payload, uint32_t bytes)
{
	uint32_t from = p->seq - p->shifted, i;

	if (p->says) {
		memcpy(payload, p->says, bytes);
		return;
	}
	for (i = 0; i < bytes; i++)
		payload[i] = p->proto == SCENE_TCP && !p->text ? (uint8_t)((from + i) * 2654435761u >> 24)
						   : (uint8_t)(p->text >> (i % 4 * 8));
	for (i = 20; i < bytes; i++)
		payload[i] ^= p->spoiled;
}

/* The options' bytes; how many. */
static inline uint32_t scene_options(const struct scene_packet *p, uint8_t *bytes)
{
	uint32_t n = p->options ? (uint32_t)(strlen(p->options) / 2) : 0, i;
	char digits[3] = "";

	for (i = 0; i < n; i++) {
		memcpy(digits, p->options + 2 * i, 2);
		bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return n;
}

/* A link as collect describes it: LINKTYPE_ETHERNET, then destination and source, then the way. */
static inline uint32_t scene_link(uint32_t link, uint8_t *bytes)
{
	static const struct {
		uint8_t bytes;
		uint8_t items[64];
	} ways[SCENE_WAYS] = {
		[SCENE_VLAN_10] = {3, {LINK_ITEM_VLAN, 0, 10}},
		[SCENE_VLAN_20] = {3, {LINK_ITEM_VLAN, 0, 20}},
		[SCENE_QINQ] = {6, {LINK_ITEM_VLAN, 0, 10, LINK_ITEM_VLAN, 0, 20}},
		[SCENE_VXLAN] = {13, {LINK_ITEM_OUTER4, 10, 0, 0, 1, 10, 0, 0, 2,
				      LINK_ITEM_VXLAN, 0, 0, 42}},
		[SCENE_NESTED] = {50, {LINK_ITEM_OUTER6, 0x20, 1, 0xd, 0xb8, [16] = 1, 0x20, 1, 0xd,
				       0xb8, [32] = 2, LINK_ITEM_OUTER4, 10, 0, 0, 1, 10, 0, 0, 2,
				       LINK_ITEM_GRE_KEY, 0, 0, 0, 7, LINK_ITEM_VLAN, 0, 5}},
	};
	const uint8_t ends[18] = {1, 0, 0, 0, 1, 2, 2, 0, 0, 0, 0, (uint8_t)link,
				  2, 0, 0, 1, 0, (uint8_t)link};

	memcpy(bytes, ends, sizeof ends);
	memcpy(bytes + sizeof ends, ways[link >> 8].items, ways[link >> 8].bytes);
	return (uint32_t)sizeof ends + ways[link >> 8].bytes;
}

static inline void scene_packet_make(struct packet *to, const struct scene_row *row,
				     uint8_t *payload)
{
	const struct scene_packet *p = &row->packet, *quoted = &row->quoted;
	uint32_t transport = p->proto == SCENE_TCP ? (p->tsval ? 32 : 20) : 8;

	if (p->options)
		transport = 20 + (uint32_t)strlen(p->options) / 2;
	memset(to, 0, sizeof *to);
	to->kind = PACKET_IP;
	to->marks = p->marks;
	to->version = row->version;
	memcpy(to->src, row->src, 16);
	memcpy(to->dst, row->dst, 16);
	to->proto = p->proto;
	to->ttl = p->ttl;
	to->tos = p->tos;
	to->flow_label = p->flow_label;
	to->ip_id = p->ip_id;
	to->header_bytes = (uint16_t)((to->version == 6 ? 40 : 20) +
				      (p->marks & PACKET_FRAGMENT_LATER ? 0 : transport));
	to->payload_bytes = to->payload_captured = p->length;
	to->ip_bytes = to->header_bytes + p->length;
	to->sport = p->sport;
	to->dport = p->dport;
	to->flags = p->flags | (p->marks & PACKET_FRAGMENT || p->may_fragment ? 0 : PACKET_IP_DF);
	to->seq = p->seq;
	to->ack = p->ack;
	if (p->proto == SCENE_ICMP && !(p->marks & PACKET_FRAGMENT_LATER))
		to->seq |= (uint32_t)p->sport << 16;
	if (p->proto == SCENE_TCP)
		to->window = p->window;
	to->tsval = p->tsval;
	to->tsecr = p->tsecr;
	to->urgent = p->urgent;
	if (p->sack) {
		to->sack_left = p->sack - p->ack;
		to->sack = to->sack_left * 31 + p->second_block;
	}
	to->payload = payload;
	scene_fill(p, payload, p->length);
	if (p->marks & PACKET_FRAGMENT_LATER) {
		to->sport = to->dport = 0;
		to->fragment_offset = (uint16_t)p->seq;
		to->ack = p->ip_id;
	}
	if (p->quotes) {
		to->marks |= PACKET_ICMP_ERROR;
		to->has_inner = true;
		to->inner_version = to->version;
		to->inner_proto = quoted->proto ? quoted->proto : SCENE_TCP;
		scene_address(quoted->src, to->inner_src);
		scene_address(quoted->dst, to->inner_dst);
		to->inner_sport = quoted->sport;
		to->inner_dport = quoted->dport;
		to->inner_ip_id = quoted->ip_id;
		to->inner_ip_bytes = 40 + quoted->length;
		to->inner_seq = quoted->seq;
	}
}

static inline void scene_block_add(struct record_block *block, const struct packet *p,
				   uint32_t frame, int64_t time_ns, uint32_t link,
				   uint32_t options)
{
	uint32_t i = block->rows;

	block->time_ns[i] = time_ns;
	block->frame[i] = frame;
	block->digest[i] = fingerprint_digest(p, SCENE_SEED);
	block->link[i] = link;
	block->options[i] = options;
	block->seq[i] = p->seq;
	block->ack[i] = p->ack;
	block->tsval[i] = p->tsval;
	block->ip_id[i] = p->ip_id;
	block->length[i] = p->ip_bytes;
	block->header[i] = p->header_bytes;
	block->flags[i] = p->flags;
	block->window[i] = p->window;
	block->marks[i] = p->marks;
	block->ttl[i] = p->ttl;
	block->tos[i] = p->tos;
	block->kind[i] = (uint8_t)p->kind;
	block->sack[i] = p->sack_left;
	block->flow_label[i] = p->flow_label;
	block->urgent[i] = p->urgent;
	block->echo[i] = fingerprint_echo(p);
	block->rows++;
}

/* Writes one file's rows: records and flows; their options go to the dictionary. */
static inline enum status scene_write_rows(struct scene *s, struct capture_writer *writer,
					   const struct scene_file *file, struct record_block *block,
					   struct flow_table *flows, struct dictionary *options)
{
	static uint8_t payload[SCENE_PAYLOAD_MAX];
	enum status status = STATUS_OK;
	uint8_t bytes[PACKET_OPTIONS_MAX];
	struct packet packet;
	uint32_t i, number;

	for (i = 0; i < file->rows && !status; i++) {
		scene_packet_make(&packet, &file->row[i], payload);
		block->fp[block->rows] = fingerprint_follows(&packet) ? 0
							: fingerprint_packet(&packet, SCENE_SEED);
		status = flow_ask(flows, &packet, file->row[i].time_ns, &block->flow[block->rows],
				  &s->err);
		if (!status)
			status = dictionary_number(options, bytes,
						   scene_options(&file->row[i].packet, bytes),
						   &number, &s->err);
		if (status)
			break;
		scene_block_add(block, &packet, i + 1, file->row[i].time_ns, file->row[i].link,
				number);
		if (block->rows == RECORD_BLOCK_ROWS || i + 1 == file->rows) {
			status = flow_settle(flows, &s->err);
			if (!status)
				status = capture_put_block(writer, block, &s->err);
			block->rows = 0;
		}
	}
	for (i = 0; i < flow_count(flows) && !status; i++) {
		struct capture_flow flow = flow_get(flows, i);

		status = capture_put_flows(writer, &flow, 1, &s->err);
	}
	return status;
}

static inline enum status scene_write_dictionaries(struct scene *s, struct capture_writer *writer,
						   const struct dictionary *options)
{
	enum status status = STATUS_OK;
	uint8_t link[PACKET_LINK_MAX];
	uint32_t i;

	for (i = 0; i < SCENE_WAYS << 8 && !status; i++)
		status = capture_put_entry(writer, CAPTURE_LINKS, link, scene_link(i, link), &s->err);
	for (i = 0; i < dictionary_entries(options) && !status; i++) {
		size_t size;
		const uint8_t *bytes = dictionary_entry(options, i, &size);

		status = capture_put_entry(writer, CAPTURE_OPTIONS, bytes, (uint32_t)size, &s->err);
	}
	return status;
}

static inline enum status scene_write_file(struct scene *s, struct store *store, uint32_t number,
					   const struct scene_point *point, uint32_t f)
{
	const struct scene_file *file = &point->file[f];
	struct record_block *block = calloc(1, sizeof *block);
	struct capture *capture = calloc(1, sizeof *capture);
	struct capture_writer *writer = NULL;
	struct flow_table *flows = NULL;
	struct dictionary *options = NULL;
	enum status status;
	uint32_t i;
	bool known;

	if (!block || !capture)
		abort();
	if (!point->as_sent && file->rows)
		qsort(file->row, file->rows, sizeof *file->row, scene_row_compare);
	status = capture_begin(store, number, &writer, &s->err);
	if (!status)
		status = flow_table_open(&flows, SCENE_SEED, &s->err);
	if (!status)
		status = dictionary_open(&options, SCENE_SEED, &s->err);
	if (!status) /* so that 0 means no options */
		status = dictionary_number(options, (const uint8_t *)"", 0, &i, &s->err);
	if (!status)
		status = scene_write_rows(s, writer, file, block, flows, options);
	if (!status)
		status = scene_write_dictionaries(s, writer, options);
	snprintf(capture->file, sizeof capture->file, "%s%u.pcap", point->name, f);
	capture->start_ns = INT64_MIN;
	capture->end_ns = INT64_MAX;
	snprintf((char *)capture->sha256, sizeof capture->sha256, "%s %u", point->name, f);
	capture->packets = file->rows;
	for (i = 0; i < file->rows; i++) {
		int64_t ns = file->row[i].time_ns;

		capture->first_ns = i && capture->first_ns < ns ? capture->first_ns : ns;
		capture->backwards += i && ns < file->row[i - 1].time_ns;
		capture->last_ns = i && capture->last_ns > ns ? capture->last_ns : ns;
	}
	if (!status)
		status = capture_finish(&writer, capture, &known, &s->err);
	capture_abort(&writer);
	flow_table_close(&flows);
	dictionary_close(&options);
	free(capture);
	free(block);
	return status;
}

static inline enum status scene_write(struct scene *s, struct store *store)
{
	enum status status = STATUS_OK;
	uint32_t p, f, number;

	for (p = 0; p < s->points && !status; p++) {
		status = capture_point_add(store, s->point[p].name, &number, &s->err);
		for (f = 0; f < SCENE_FILES && !status; f++)
			if (s->point[p].file[f].rows || !f)
				status = scene_write_file(s, store, number, &s->point[p], f);
	}
	return status;
}

#endif
