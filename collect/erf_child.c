/* The child's side of collect/erf.h: the only code that calls libtrace. */
#include "collect/erf.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <libtrace.h>

#include "collect/erf_record.h"

#define LINKTYPE_RAW 101
#define IP_HEADER_BYTES 20

struct child {
	libtrace_t *trace;
	libtrace_packet_t *packet;
	FILE *out;
	uint64_t number, offset;      /* of the next record in the capture */
	uint32_t removed;             /* bytes that the parent took out of it */
};

struct child_format {
	const char *name;
	const char *uri;              /* rawerf: no guessing whether it is packed */
	/* Sends the record that libtrace read, of `size` bytes; false: it is no such record. */
	bool (*send)(struct child *child, uint32_t size);
};

static void frame_send(struct child *child, const struct erf_child_frame *frame,
		       const uint8_t *bytes)
{
	fwrite(frame, sizeof *frame, 1, child->out);
	fwrite(bytes, 1, frame->caplen_bytes, child->out);
}

/* A record that the parent put in: where the next one stands in the capture. */
static void note_read(struct child *child, const uint8_t *note)
{
	child->offset = bytes_u64(note + ERF_HEADER_BYTES, true);
	child->number = bytes_u64(note + ERF_HEADER_BYTES + 8, true);
	child->removed = (uint32_t)bytes_u64(note + ERF_HEADER_BYTES + 16, true);
}

/* Lengths are the framing's: libtrace's wire length counts the FCS or not,
 * depending on the format. */
static bool erf_send(struct child *child, uint32_t size)
{
	const uint8_t *bytes = child->packet->buffer;
	struct erf_record record;
	struct erf_child_frame frame = {0};

	if (size > ERF_RECORD_MAX || !erf_record_parse(bytes, size, &record))
		return false;
	if (!record.type) {
		if (record.type_number != ERF_TYPE_NOTE || size != ERF_NOTE_BYTES)
			return false;
		note_read(child, bytes);
		return true;
	}
	frame.time_ns = erf_time_ns(trace_get_erf_timestamp(child->packet));
	frame.number = child->number++;
	frame.offset = child->offset;
	frame.end_offset = child->offset += size + child->removed;
	frame.interface = record.interface;
	frame.linktype = record.type->linktype;
	frame.caplen_bytes = record.caplen_bytes;
	frame.length_bytes = record.length_bytes;
	frame.lost = record.lost;
	frame.counts_loss = record.type->counts_loss;
	child->removed = 0;
	frame_send(child, &frame, bytes + record.frame_offset);
	return true;
}

/* TSH holds 36 bytes behind a header of 8; shorter packets are filled up. */
static bool tsh_send(struct child *child, uint32_t size)
{
	const uint8_t *bytes = child->packet->buffer, *ip = bytes + TSH_HEADER_BYTES;
	uint32_t length = bytes_u16(ip + 2, true);
	uint32_t caplen = TSH_RECORD_BYTES - TSH_HEADER_BYTES;
	struct erf_child_frame frame = {0};

	if (length >= IP_HEADER_BYTES && length < caplen)
		caplen = length;
	frame.time_ns = erf_time_ns(trace_get_erf_timestamp(child->packet));
	frame.number = child->number++;
	frame.offset = child->offset;
	frame.end_offset = child->offset += TSH_RECORD_BYTES;
	frame.interface = bytes[4];
	frame.linktype = LINKTYPE_RAW;
	frame.caplen_bytes = caplen;
	frame.length_bytes = length < caplen ? caplen : length;
	frame_send(child, &frame, ip);
	return true;
}

static const struct child_format formats[] = {
	{"erf", "rawerf:-", erf_send},
	{"tsh", "tsh:-", tsh_send},
};

static int child_read(struct child *child, const struct child_format *format)
{
	int size;

	while ((size = trace_read_packet(child->trace, child->packet)) > 0)
		if (!format->send(child, (uint32_t)size))
			return ERF_CHILD_REFUSED;
	if (size < 0 || trace_is_err(child->trace))
		return ERF_CHILD_REFUSED;
	return ERF_CHILD_DONE;
}

/* libtrace prints to standard output at times: frames leave through a
 * descriptor that it does not know. */
static FILE *child_output(void)
{
	int out = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (out < 0 || null < 0 || dup2(null, STDOUT_FILENO) < 0)
		return NULL;
	return fdopen(out, "wb");
}

static int child_run(const struct child_format *format)
{
	struct child child = {.number = 1, .out = child_output()};
	int status = ERF_CHILD_FAILED;

	if (!child.out)
		return ERF_CHILD_FAILED;
	fwrite(ERF_CHILD_HELLO, 1, ERF_CHILD_HELLO_BYTES, child.out);
	child.trace = trace_create(format->uri);
	child.packet = trace_create_packet();
	if (child.packet && !trace_is_err(child.trace) && trace_start(child.trace) == 0)
		status = child_read(&child, format);
	if (child.packet)
		trace_destroy_packet(child.packet);
	trace_destroy(child.trace);
	return fclose(child.out) == 0 ? status : ERF_CHILD_FAILED;
}

int erf_child_main(int argc, char **argv)
{
	const struct rlimit no_core = {0, 0};

	setrlimit(RLIMIT_CORE, &no_core); /* an assert() of libtrace's is no news */
	for (size_t i = 0; argc == 3 && i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(argv[2], formats[i].name) == 0)
			return child_run(&formats[i]);
	return ERF_CHILD_FAILED;
}
