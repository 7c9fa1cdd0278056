#include "report/evidence_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/link.h"
#include "collect/terminal.h"
#include "report/evidence_clock.h"
#include "report/frames.h"
#include "report/pcapng_out.h"
#include "report/wording.h"

/* Where a packet stands in the file. */
struct evidence_key {
	int64_t time_ns;
	uint32_t place;     /* of its point, in the order of the path */
	uint32_t capture, frame;
	uint32_t number;    /* in the caller's list */
};

/* A packet to be written: key[first ... first + keys - 1], which are all the same. */
struct evidence_entry {
	uint32_t first, keys;
	uint32_t interface;
};

struct evidence_interface {
	uint32_t point, place, linktype, snaplen;
};

struct evidence_work {
	const struct trace *trace;
	const struct evidence_packet *packet;
	const struct evidence_options *options;
	struct evidence_result *result;
	uint32_t place[VIEW_POINTS_MAX], *point_of; /* of each capture */
	struct evidence_key *key;
	struct evidence_entry *entry;               /* in the order of the file, as frames->list */
	uint32_t keys, entries;
	uint64_t left_out;                          /* packets */
	struct frames *frames;
	struct evidence_interface *interface;
	uint32_t interfaces;
};

static enum status evidence_memory(struct error *err)
{
	return error_errno(err, ENOMEM, "packets for Wireshark");
}

struct evidence_packet evidence_packet(const struct trace *trace, uint32_t point, uint32_t index)
{
	const struct view_point *p = &trace->view->point[point];
	int64_t local_ns = view_get(p, RECORD_TIME, index);
	uint32_t placed = index - index % RECORD_PLACE_ROWS;

	return (struct evidence_packet){
		.place = record_place(&p->block[index >> VIEW_BLOCK_SHIFT].chunk, index & VIEW_ROW_MASK),
		.place_frame = (uint32_t)view_get(p, RECORD_FRAME, placed),
		.capture = p->block[index >> VIEW_BLOCK_SHIFT].capture,
		.frame = (uint32_t)view_get(p, RECORD_FRAME, index),
		.local_ns = local_ns,
		.time_ns = clock_correct(&trace->clock[point], local_ns)};
}

/* ---- notes ---- */

static enum status evidence_note(struct evidence_result *result, struct error *err,
				 const char *format, ...) __attribute__((format(printf, 3, 4)));

static enum status evidence_note(struct evidence_result *result, struct error *err,
				 const char *format, ...)
{
	char **list = realloc(result->note, (result->notes + (size_t)1) * sizeof *list);
	va_list values;
	int n;

	if (!list)
		return evidence_memory(err);
	result->note = list;
	va_start(values, format);
	n = vasprintf(&list[result->notes], format, values);
	va_end(values);
	result->notes += n >= 0;
	return n < 0 ? evidence_memory(err) : STATUS_OK;
}

void evidence_result_free(struct evidence_result *result)
{
	uint32_t i;

	for (i = 0; i < result->notes; i++)
		free(result->note[i]);
	free(result->note);
	*result = (struct evidence_result){0};
}

static const char *evidence_point_name(const struct evidence_work *w, uint32_t capture)
{
	return w->trace->view->point[w->point_of[capture]].name;
}

static enum status evidence_note_faults(struct evidence_work *w, struct error *err)
{
	const struct frames *frames = w->frames;
	enum status status = STATUS_OK;
	char count[WORDING_ROOM];
	uint32_t i;

	for (i = 0; i < frames->faults && !status; i++) {
		const struct frames_fault *fault = &frames->fault[i];

		w->result->missing += fault->missing;
		status = evidence_note(w->result, err, "%s of %s (%s) missing: %s%s",
				       wording_count(count, fault->missing, "packet"),
				       w->trace->view->capture[fault->capture].file,
				       evidence_point_name(w, fault->capture), fault->why,
				       fault->elsewhere ? "; --captures DIR says where the captures are"
							: "");
	}
	return status;
}

/* ---- order ---- */

/* Points in the order of the path, alternatives and those off it by name: the order of the
 * inputs changes nothing. */
static void evidence_place_points(struct evidence_work *w)
{
	const struct view *view = w->trace->view;
	uint32_t by_name[VIEW_POINTS_MAX], stage, i, places = 0;

	view_order_names(view, by_name);
	for (stage = 0; stage <= PATH_OFF; stage++)
		for (i = 0; i < view->points; i++)
			if (w->trace->path.stage[by_name[i]] == stage)
				w->place[by_name[i]] = places++;
	for (i = 0; i < view->points; i++)
		for (stage = 0; stage < view->point[i].captures; stage++)
			w->point_of[view->point[i].first_capture + stage] = i;
}

static int evidence_sign(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int evidence_key_compare(const void *x, const void *y)
{
	const struct evidence_key *a = x, *b = y;
	int order = evidence_sign(a->time_ns, b->time_ns);

	order = order ? order : evidence_sign(a->place, b->place);
	order = order ? order : evidence_sign(a->capture, b->capture);
	order = order ? order : evidence_sign(a->frame, b->frame);
	return order ? order : evidence_sign(a->number, b->number);
}

static bool evidence_same(const struct evidence_key *a, const struct evidence_key *b)
{
	return a->capture == b->capture && a->frame == b->frame;
}

static void evidence_sort(struct evidence_work *w)
{
	uint32_t i, k;

	for (i = 0; i < w->keys; i++) {
		const struct evidence_packet *p = &w->packet[i];

		w->key[i] = (struct evidence_key){p->time_ns, w->place[w->point_of[p->capture]],
						  p->capture, p->frame, i};
	}
	qsort(w->key, w->keys, sizeof *w->key, evidence_key_compare);
	for (i = 0; i < w->keys; i = k) {
		for (k = i + 1; k < w->keys && evidence_same(&w->key[i], &w->key[k]); k++)
			;
		w->entry[w->entries++] = (struct evidence_entry){i, k - i, 0};
	}
}

/* ---- bytes ---- */

/* What is asked of the captures; *found, the caller's to free, is their list with the names of
 * their files where the store has aliases of these. */
static enum status evidence_ask(const struct evidence_work *w, struct frames_request *request,
				struct capture **found, struct error *err)
{
	const struct anonymous *anonymous = w->options->anonymous;
	const struct view *view = w->trace->view;
	struct store_header header;
	enum status status = store_header_get(view->txn, &header, err);

	*request = (struct frames_request){
		.capture = view->capture, .captures = view->captures,
		.directory = w->options->directory, .directories = w->options->directories,
		.store = w->options->store ? w->options->store : store_path(store_of(view->txn))};
	if (status)
		return status;
	request->headers_only = w->options->headers_only || header.holds == STORE_HOLDS_NO_PAYLOAD;
	request->sealed = header.holds == STORE_HOLDS_ALIASES && !anonymous;
	if (!anonymous)
		return STATUS_OK;
	*found = malloc(((size_t)view->captures + 1) * sizeof **found);
	if (!*found)
		return evidence_memory(err);
	memcpy(*found, view->capture, view->captures * sizeof **found);
	anonymous_find(anonymous, w->options->directory, w->options->directories, *found,
		       view->captures);
	request->capture = *found;
	request->alias = anonymous->alias;
	return STATUS_OK;
}

static enum status evidence_read(struct evidence_work *w, struct error *err)
{
	struct frames_wanted *wanted = malloc(((size_t)w->entries + 1) * sizeof *wanted);
	enum status status = wanted ? STATUS_OK : evidence_memory(err);
	struct capture *found = NULL;
	struct frames_request request;
	uint32_t i;

	if (!status)
		status = evidence_ask(w, &request, &found, err);

	for (i = 0; i < w->entries && !status; i++) {
		const struct evidence_packet *p = &w->packet[w->key[w->entry[i].first].number];

		wanted[i] = (struct frames_wanted){p->capture, p->frame, p->local_ns, p->place,
						       p->place_frame};
	}
	if (!status)
		status = frames_read(&w->frames, &request, wanted, w->entries, err);
	free(wanted);
	free(found);
	return status ? status : evidence_note_faults(w, err);
}

/* ---- interfaces ---- */

/* That of an entry; a new one where there is none yet. False: no memory. */
static bool evidence_add_interface(struct evidence_work *w, uint32_t i)
{
	const struct evidence_key *key = &w->key[w->entry[i].first];
	uint32_t point = w->point_of[key->capture], linktype = w->frames->list[i].linktype, n;
	struct evidence_interface *list;

	for (n = 0; n < w->interfaces; n++)
		if (w->interface[n].point == point && w->interface[n].linktype == linktype)
			break;
	w->entry[i].interface = n;
	if (n < w->interfaces)
		return true;
	list = realloc(w->interface, (n + (size_t)1) * sizeof *list);
	if (!list)
		return false;
	w->interface = list;
	list[w->interfaces++] = (struct evidence_interface){point, key->place, linktype, 0};
	return true;
}

static int evidence_interface_compare(const void *x, const void *y)
{
	const struct evidence_interface *a = x, *b = y;
	int order = evidence_sign(a->place, b->place);

	return order ? order : evidence_sign(a->linktype, b->linktype);
}

/* The greatest of the point's captures, or none where one has none; never below what is there. */
static uint32_t evidence_snaplen(const struct evidence_work *w, uint32_t interface)
{
	const struct view_point *point = &w->trace->view->point[w->interface[interface].point];
	uint32_t snaplen = 0, i;

	for (i = 0; i < point->captures; i++) {
		uint32_t one = w->trace->view->capture[point->first_capture + i].snaplen;

		if (!one)
			return 0;
		snaplen = one > snaplen ? one : snaplen;
	}
	for (i = 0; i < w->entries; i++)
		if (w->frames->list[i].bytes && w->entry[i].interface == interface &&
		    w->frames->list[i].caplen_bytes > snaplen)
			snaplen = w->frames->list[i].caplen_bytes;
	return snaplen;
}

static enum status evidence_make_interfaces(struct evidence_work *w, struct error *err)
{
	uint32_t i;

	for (i = 0; i < w->entries; i++)
		if (w->frames->list[i].bytes && !evidence_add_interface(w, i))
			return evidence_memory(err);
	if (w->interfaces)
		qsort(w->interface, w->interfaces, sizeof *w->interface,
		      evidence_interface_compare);
	for (i = 0; i < w->entries; i++) /* they have other numbers now */
		if (w->frames->list[i].bytes && !evidence_add_interface(w, i))
			return evidence_memory(err);
	for (i = 0; i < w->interfaces; i++)
		w->interface[i].snaplen = evidence_snaplen(w, i);
	return STATUS_OK;
}

/* "fw-in"; the point's further link types: "fw-in (Linux cooked v2)". */
static char *evidence_interface_name(const struct evidence_work *w, uint32_t i)
{
	const struct evidence_interface *one = &w->interface[i];
	const struct link_row *row = link_find(one->linktype);
	const char *point = w->trace->view->point[one->point].name;
	char *name;

	if (!i || w->interface[i - 1].point != one->point)
		return strdup(point);
	if ((row ? asprintf(&name, "%s (%s)", point, row->name)
		 : asprintf(&name, "%s (link type %u)", point, one->linktype)) < 0)
		return NULL;
	return name;
}

static enum status evidence_put_interface(const struct evidence_work *w, struct pcapng_out *out,
					  const struct evidence_clocks *clocks, uint32_t i,
					  struct error *err)
{
	char *name = evidence_interface_name(w, i);
	char *clock = evidence_clock_say(clocks, w->interface[i].point);
	char *safe_name = name ? wording_safe(name) : NULL;
	char *safe_clock = clock ? wording_safe(clock) : NULL;
	struct pcapng_interface interface = {.name = safe_name, .description = safe_clock,
					     .linktype = (uint16_t)w->interface[i].linktype,
					     .snaplen = w->interface[i].snaplen};
	enum status status = safe_name && safe_clock ? pcapng_out_interface(out, &interface, err)
						     : evidence_memory(err);

	free(safe_name);
	free(safe_clock);
	free(name);
	free(clock);
	return status;
}

/* ---- packets ---- */

static enum status evidence_put_packet(const struct evidence_work *w, struct pcapng_out *out,
				       uint32_t i, struct error *err)
{
	const struct evidence_entry *entry = &w->entry[i];
	const struct frames_frame *frame = &w->frames->list[i];
	char *safe[EVIDENCE_COMMENTS_MAX];
	struct pcapng_packet packet = {
		.interface = entry->interface, .time_ns = w->key[entry->first].time_ns,
		.caplen_bytes = frame->caplen_bytes, .length_bytes = frame->length_bytes,
		.bytes = frame->bytes, .comment = (const char *const *)safe};
	enum status status = STATUS_OK;
	uint32_t k;

	for (k = 0; k < entry->keys && packet.comments < EVIDENCE_COMMENTS_MAX && !status; k++) {
		const char *comment = w->packet[w->key[entry->first + k].number].comment;

		if (!comment)
			continue;
		safe[packet.comments] = wording_safe(comment);
		if (!safe[packet.comments])
			status = evidence_memory(err);
		else
			packet.comments++;
	}
	if (!status)
		status = pcapng_out_packet(out, &packet, err);
	while (packet.comments)
		free(safe[--packet.comments]);
	return status;
}

/* What the file says of itself; names captures, but no path, so that it is the same on any
 * machine. NULL: no memory. */
static char *evidence_comment(const struct evidence_work *w)
{
	char *text = NULL, *safe, count[WORDING_ROOM];
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	uint32_t i;

	if (!stream)
		return NULL;
	fputs(w->options->comment ? w->options->comment : "packets of several points", stream);
	if (w->left_out)
		fprintf(stream, "; %u of %llu packets", w->entries,
			(unsigned long long)(w->entries + w->left_out));
	if (w->options->headers_only)
		fputs("; cut behind their headers", stream);
	for (i = 0; i < w->frames->faults; i++)
		fprintf(stream, "; %s of %s (%s) missing",
			wording_count(count, w->frames->fault[i].missing, "packet"),
			w->trace->view->capture[w->frames->fault[i].capture].file,
			evidence_point_name(w, w->frames->fault[i].capture));
	if (fclose(stream) != 0 || !text) { /* without memory there may be no text and no error */
		free(text);
		return NULL;
	}
	safe = wording_safe(text);
	free(text);
	return safe;
}

static enum status evidence_put(struct evidence_work *w, struct output *output, struct error *err)
{
	struct pcapng_out out = {.output = output};
	int64_t earliest_ns = w->keys ? w->key[0].time_ns : 0;
	char *comment = evidence_comment(w);
	struct evidence_clocks clocks;
	enum status status = comment ? evidence_clocks_read(&clocks, w->trace, err)
				     : evidence_memory(err);
	uint32_t i;

	if (!status)
		status = pcapng_out_begin(&out, earliest_ns, "crosstap " CROSSTAP_VERSION, comment,
					  err);
	for (i = 0; i < w->interfaces && !status; i++)
		status = evidence_put_interface(w, &out, &clocks, i, err);
	for (i = 0; i < w->entries && !status; i++)
		if (w->frames->list[i].bytes) {
			status = evidence_put_packet(w, &out, i, err);
			w->result->written++;
		}
	pcapng_out_free(&out);
	free(comment);
	return status;
}

/* ---- the whole ---- */

static enum status evidence_make_room(struct evidence_work *w, uint32_t count, struct error *err)
{
	w->keys = w->options->chosen || count < EVIDENCE_PACKETS_MAX ? count : EVIDENCE_PACKETS_MAX;
	w->left_out = w->options->chosen ? w->options->left_out : count - w->keys;
	w->key = malloc(((size_t)w->keys + 1) * sizeof *w->key);
	w->entry = malloc(((size_t)w->keys + 1) * sizeof *w->entry);
	w->point_of = calloc((size_t)w->trace->view->captures + 1, sizeof *w->point_of);
	return w->key && w->entry && w->point_of ? STATUS_OK : evidence_memory(err);
}

static enum status evidence_note_left_out(struct evidence_work *w, struct error *err)
{
	char all[TERMINAL_NUMBER_MAX], most[TERMINAL_NUMBER_MAX];

	w->result->left_out = w->left_out;
	if (!w->left_out)
		return STATUS_OK;
	return evidence_note(w->result, err, "%s packets are too many for one file: %s%s are in it%s; "
			     "--filter takes those of some sessions",
			     terminal_number(all, w->entries + w->left_out),
			     w->options->chosen ? "" : "the first ", terminal_number(most, w->entries),
			     w->options->chosen ? ", the worst sessions first" : "");
}

enum status evidence_write(struct output *output, const struct trace *trace,
			   const struct evidence_packet *packet, uint32_t count,
			   const struct evidence_options *options, struct evidence_result *result,
			   struct error *err)
{
	struct evidence_work w = {.trace = trace, .packet = packet, .options = options,
				  .result = result};
	enum status status;

	*result = (struct evidence_result){0};
	status = evidence_make_room(&w, count, err);
	if (!status) {
		evidence_place_points(&w);
		evidence_sort(&w);
		status = evidence_note_left_out(&w, err);
	}
	if (!status)
		status = evidence_read(&w, err);
	if (!status)
		status = evidence_make_interfaces(&w, err);
	if (!status)
		status = evidence_put(&w, output, err);
	frames_free(&w.frames);
	free(w.key);
	free(w.entry);
	free(w.point_of);
	free(w.interface);
	return status;
}

enum status evidence_write_none(struct output *output, const char *comment, struct error *err)
{
	struct pcapng_out out = {.output = output};
	enum status status = pcapng_out_begin(&out, 0, "crosstap " CROSSTAP_VERSION, comment, err);

	pcapng_out_free(&out);
	return status;
}
