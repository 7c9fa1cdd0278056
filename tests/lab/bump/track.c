#include <linux/if_ether.h>
#include <string.h>
#include "tests/lab/bump/track.h"
#include "tests/lab/talk.h"

enum { MTU_BYTES = 1500, CHANGED_BYTES = 8 };

static int32_t ahead(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* The first byte that an edit needs: the request's header, which says how long it is. */
static uint32_t edit_begin(const struct edit *edit)
{
	return edit->at + (edit->growth < 0 ? edit->growth : 0) - HEADER_BYTES;
}

uint32_t track_there(const struct track *track, uint32_t own)
{
	uint32_t seen = own + track->shift;

	for (int i = 0; i < track->edit_count; i++)
		if (ahead(own, track->edits[i].at) >= 0)
			seen += track->edits[i].growth;
	return seen;
}

uint32_t track_back(const struct track *track, uint32_t seen)
{
	uint32_t own = seen - track->shift;

	for (int i = 0; i < track->edit_count; i++) {
		const struct edit *edit = &track->edits[i];

		if (ahead(own, edit->at + edit->growth) >= 0)
			own -= edit->growth;
		else if (ahead(own, edit->at) > 0) /* within what was put in */
			own = edit->at;
	}
	return own;
}

const struct edit *track_edit(struct track *track, const uint8_t *frame, const struct view *view,
			      int growth)
{
	const uint8_t *payload = frame + view->payload_offset;
	uint32_t removed = growth < 0 ? -growth : 0;
	struct edit edit = { view->seq + HEADER_BYTES + removed, growth };
	struct header header;

	if (view->payload_bytes < HEADER_BYTES + removed + CHANGED_BYTES ||
	    (int)view->ip_bytes + growth > MTU_BYTES || header_read(payload, &header) != 0 ||
	    header.request_bytes != view->payload_bytes || header.round == 0)
		return NULL;
	if (track->edit_count == EDITS_MAX ||
	    (track->edit_count && ahead(edit.at, track->edits[track->edit_count - 1].at) <= 0))
		return NULL; /* known already */
	track->edits[track->edit_count] = edit;
	return &track->edits[track->edit_count++];
}

static void edit_carry_out(const struct edit *edit, uint8_t *header, uint8_t *end)
{
	uint8_t *at = header + HEADER_BYTES;

	if (edit->growth > 0) {
		memmove(at + edit->growth, at, end - at);
		memset(at, '+', edit->growth);
	} else if (edit->growth < 0) {
		memmove(at, at - edit->growth, end - at + edit->growth);
	} else {
		for (int i = 0; i < CHANGED_BYTES; i++)
			at[i] ^= 0x20;
	}
	write32(header + 4, read32(header + 4) + edit->growth);
}

int track_apply(const struct track *track, uint8_t *frame, size_t *length, const struct view *view)
{
	uint8_t *ip = frame + view->ip_offset;
	uint32_t end_seq = view->seq + view->payload_bytes;
	size_t ip_bytes = view->ip_bytes;
	int carried_out = 0;

	/* from the last to the first, so that what is moved keeps its place */
	for (int i = track->edit_count - 1; i >= 0; i--) {
		const struct edit *edit = &track->edits[i];
		int32_t header_offset = ahead(edit_begin(edit), view->seq);

		if (ahead(view->seq, edit->at) >= 0 || ahead(end_seq, edit_begin(edit)) <= 0)
			continue;
		if (header_offset < 0 || ahead(end_seq, edit->at) < 0 ||
		    ip_bytes + edit->growth > MTU_BYTES)
			return -1;
		edit_carry_out(edit, frame + view->payload_offset + header_offset,
			       frame + view->ip_offset + ip_bytes);
		ip_bytes += edit->growth;
		carried_out++;
	}
	if (ip_bytes == view->ip_bytes)
		return carried_out;
	*length = view->ip_offset + ip_bytes;
	write16(ip + (view->version == 4 ? 2 : 4), view->version == 4 ? ip_bytes : ip_bytes - 40);
	return carried_out;
}
