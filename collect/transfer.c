#include "collect/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/capture.h"

struct transfer {
	struct store *to;                  /* NULL: look only */
	struct store_txn *txn;             /* of the store that is read */
	struct holding target;             /* of what is written; changes nothing where aliases come */
	struct record_block *block;
	struct transfer_result *result;
	/* of one capture */
	struct capture capture;
	struct capture_flow *flows;
	struct capture_drop *drops;
	struct holding_flows held;
	struct capture_writer *writer;
};

static enum status transfer_damaged(const struct transfer *t, const char *what, struct error *err)
{
	return error_set(err, STATUS_INPUT, "%s: the store is damaged: %s of capture %u",
			 store_path(store_of(t->txn)), what, t->capture.number);
}

/* ---- whether it fits ---- */

static enum status transfer_check_stores(struct store *from, struct store *to,
					 const struct holding *holding, struct holding *target,
					 struct error *err)
{
	struct store_header header[2];
	struct store *store[2] = {from, to};
	enum status status = STATUS_OK;
	struct store_txn *txn;
	int i;

	for (i = 0; i < 2 && !status; i++) {
		status = store_begin(store[i], false, &txn, err);
		if (!status)
			status = store_header_get(txn, &header[i], err);
		store_abort(&txn);
	}
	if (status)
		return status;
	if (header[0].seed != header[1].seed)
		return error_set(err, STATUS_USAGE,
				 "%s: it was made with another seed than %s: the same packets have "
				 "other hashes (collect both with the same --seed, or --anonymize with "
				 "the same key)", store_path(from), store_path(to));
	if (header[0].holds > holding->holds)
		return error_set(err, STATUS_USAGE, "%s: it holds less than %s: make that one %s",
				 store_path(from), store_path(to),
				 header[0].holds == STORE_HOLDS_ALIASES ? "--anonymize with the same key"
									: "--without-payload");
	if (holding->holds == STORE_HOLDS_ALIASES && header[0].holds != holding->holds &&
	    !holding->alias)
		return error_set(err, STATUS_USAGE, "%s: its captures become anonymous with the key of "
				 "%s only: --anonymize KEYFILE", store_path(from), store_path(to));
	*target = *holding;
	if (header[0].holds != STORE_HOLDS_ALIASES)
		return STATUS_OK;
	if (header[0].key_check != holding->key_check)
		return error_set(err, STATUS_USAGE, "%s: it is anonymous under another key",
				 store_path(from));
	*target = (struct holding){STORE_HOLDS_ALL, 0, NULL}; /* they are aliases already */
	return STATUS_OK;
}

/* ---- one capture ---- */

static enum status transfer_flows(struct transfer *t, struct error *err)
{
	enum status status = capture_flows(t->txn, &t->capture, &t->flows, err);
	uint32_t i;

	for (i = 0; i < t->capture.flows && !status; i++) {
		if (t->flows[i].version != 4 && t->flows[i].version != 6)
			return transfer_damaged(t, "flows", err);
		status = holding_add_flow(&t->held, &t->flows[i], err);
	}
	if (!status && t->writer && t->capture.flows)
		status = capture_put_flows(t->writer, t->flows, t->capture.flows, err);
	return status;
}

/* A record's numbers lead into the capture's lists. */
static bool transfer_rows_hold(const struct transfer *t)
{
	const struct record_block *b = t->block;
	uint32_t row;

	for (row = 0; row < b->rows; row++)
		if (b->link[row] >= t->capture.links || b->options[row] >= t->capture.options ||
		    b->kind[row] >= PACKET_KINDS ||
		    (b->flow[row] == RECORD_NO_FLOW ? b->fp[row] != 0 || b->kind[row] == PACKET_IP
						    : b->flow[row] >> 1 >= t->capture.flows))
			return false;
	return true;
}

static enum status transfer_records(struct transfer *t, struct error *err)
{
	uint32_t blocks = capture_blocks(&t->capture), b;
	enum status status = STATUS_OK;

	for (b = 0; b < blocks && !status; b++) {
		struct record_chunk chunk;

		status = capture_block(t->txn, &t->capture, b, &chunk, err);
		if (status)
			break;
		record_unpack(t->block, &chunk);
		if (!transfer_rows_hold(t))
			return transfer_damaged(t, "records", err);
		holding_block(&t->held, t->block);
		if (t->writer)
			status = capture_put_block(t->writer, t->block, err);
	}
	return status;
}

static enum status transfer_dictionary(struct transfer *t, enum capture_dictionary which,
				       struct error *err)
{
	struct capture_entries entries;
	enum status status = capture_entries_open(t->txn, &t->capture, which, &entries, err);
	uint8_t entry[UINT16_MAX];
	uint32_t i, size;

	if (status)
		return status;
	for (i = 0; i < entries.count && !status; i++) {
		const uint8_t *bytes = capture_entry(&entries, i, &size);

		memcpy(entry, bytes, size);
		holding_entry(t->held.holding, which, entry, size);
		if (t->writer)
			status = capture_put_entry(t->writer, which, entry, size, err);
	}
	capture_entries_close(&entries);
	return status;
}

static enum status transfer_drops(struct transfer *t, struct error *err)
{
	enum status status = capture_drops(t->txn, &t->capture, &t->drops, err);
	uint32_t i;

	for (i = 0; i < t->capture.drop_places && !status && t->writer; i++)
		status = capture_put_drop(t->writer, t->drops[i], err);
	return status;
}

static enum status transfer_contents(struct transfer *t, struct error *err)
{
	struct buffer kept = {0};
	const uint8_t *bytes;
	enum status status;
	size_t size;

	status = capture_contents(t->txn, &t->capture, &bytes, &size, err);
	if (status || !bytes)
		return status;
	status = holding_contents(&t->held, bytes, size, &kept, err);
	if (status == STATUS_INPUT)
		status = transfer_damaged(t, "contents", err);
	if (!status && t->writer)
		capture_put_contents(t->writer, &kept);
	buffer_free(&kept);
	return status;
}

static enum status transfer_begin(struct transfer *t, struct error *err)
{
	char name[CAPTURE_NAME_MAX];
	uint32_t point;
	enum status status = capture_point_name(t->txn, t->capture.point, name, sizeof name, err);

	if (!status && t->to)
		status = capture_point_add(t->to, name, &point, err);
	if (!status && t->to)
		status = capture_begin(t->to, point, &t->writer, err);
	return status;
}

static enum status transfer_end(struct transfer *t, struct error *err)
{
	enum status status;
	bool known;

	if (!t->writer)
		return STATUS_OK;
	holding_row(t->held.holding, &t->capture);
	status = capture_finish(&t->writer, &t->capture, &known, err);
	if (status)
		return status;
	t->result->captures++;
	t->result->known += known;
	t->result->packets += known ? 0 : t->capture.packets;
	return STATUS_OK;
}

static enum status transfer_capture(struct transfer *t, struct error *err)
{
	enum status status;

	t->held = (struct holding_flows){.holding = &t->target};
	status = transfer_begin(t, err);
	if (!status)
		status = transfer_flows(t, err);
	if (!status)
		status = transfer_records(t, err);
	if (!status)
		status = transfer_dictionary(t, CAPTURE_LINKS, err);
	if (!status)
		status = transfer_dictionary(t, CAPTURE_OPTIONS, err);
	if (!status)
		status = transfer_drops(t, err);
	if (!status)
		status = transfer_contents(t, err);
	if (!status)
		status = transfer_end(t, err);
	capture_abort(&t->writer);
	holding_flows_free(&t->held);
	free(t->flows);
	free(t->drops);
	t->flows = NULL;
	t->drops = NULL;
	return status;
}

enum status transfer_look(struct store_txn *txn, const struct capture *capture, struct error *err)
{
	struct transfer *t = calloc(1, sizeof *t);
	struct record_block *block = malloc(sizeof *block);
	enum status status;

	if (t && block) {
		t->txn = txn;
		t->target.holds = STORE_HOLDS_ALL;
		t->block = block;
		t->capture = *capture;
		status = transfer_capture(t, err);
	} else {
		status = error_errno(err, ENOMEM, "%s", store_path(store_of(txn)));
	}
	free(block);
	free(t);
	return status;
}

/* ---- all of them ---- */

/* The points, too, which may have no capture: in their order. */
static enum status transfer_points(struct transfer *t, struct error *err)
{
	struct store_header header;
	enum status status = store_header_get(t->txn, &header, err);
	char name[CAPTURE_NAME_MAX];
	uint32_t p, point;

	if (!status && header.points > CAPTURE_POINTS_MAX)
		status = error_set(err, STATUS_INPUT, "%s: the store is damaged: %u points",
				   store_path(store_of(t->txn)), header.points);
	for (p = 0; !status && p < header.points; p++) {
		status = capture_point_name(t->txn, p, name, sizeof name, err);
		if (!status && t->to)
			status = capture_point_add(t->to, name, &point, err);
	}
	return status;
}

static enum status transfer_all(struct transfer *t, const struct capture *list, uint32_t count,
				struct error *err)
{
	enum status status = transfer_points(t, err);
	uint32_t i;

	for (i = 0; i < count && !status; i++) {
		t->capture = list[i];
		status = transfer_capture(t, err);
	}
	return status;
}

enum status transfer_run(struct store *from, struct store *to, const struct holding *holding,
			 struct transfer_result *result, struct error *err)
{
	struct transfer *t = calloc(1, sizeof *t);
	struct capture *list = NULL;
	enum status status;
	uint32_t count;

	*result = (struct transfer_result){0};
	if (!t || !(t->block = malloc(sizeof *t->block))) {
		free(t);
		return error_errno(err, ENOMEM, "%s", store_path(from));
	}
	t->result = result;
	status = transfer_check_stores(from, to, holding, &t->target, err);
	if (!status)
		status = store_begin(from, false, &t->txn, err);
	if (!status)
		status = capture_list(t->txn, &list, &count, err);
	if (!status)
		status = transfer_all(t, list, count, err); /* a look only */
	t->to = to;
	if (!status)
		status = transfer_all(t, list, count, err);
	store_abort(&t->txn);
	free(list);
	free(t->block);
	free(t);
	return status;
}
