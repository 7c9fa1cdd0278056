#include "collect/filter.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define FILTER_SNAPLEN 262144 /* what an accepting program returns; nothing is cut to it */

/* The LINKTYPE_ numbers that stand for another DLT_ number in libpcap; all
 * others are the same (pcap-linktype(7)). */
static const struct {
	uint32_t linktype;
	int dlt;
} filter_dlts[] = {
	{100, DLT_ATM_RFC1483},
	{101, DLT_RAW},
	{102, DLT_SLIP_BSDOS},
	{103, DLT_PPP_BSDOS},
	{106, DLT_ATM_CLIP},
};

/* What captures are usually of: an expression fit for none of these is wrong. */
static const uint32_t filter_usual_links[] = {1, 113, 276, 101, 0, 9, 50};

/* libpcap's answer, as an error, to what is merely never true on a link type. */
static const char filter_never[] = "expression rejects all packets";

struct filter_program {
	uint32_t linktype;
	bool never;
	struct bpf_program bpf;
};

struct filter {
	const char *expression;
	pthread_mutex_t *compiling;
	uint32_t count;
	struct filter_program programs[FILTER_LINKS_MAX];
};

static int filter_dlt(uint32_t linktype)
{
	size_t i;

	for (i = 0; i < sizeof filter_dlts / sizeof filter_dlts[0]; i++)
		if (filter_dlts[i].linktype == linktype)
			return filter_dlts[i].dlt;
	return (int)linktype;
}

/* Compiles for one link type. On success program->bpf is to be freed. */
static enum status filter_compile(const char *expression, uint32_t linktype,
				  struct filter_program *program, struct error *err)
{
	pcap_t *pcap = pcap_open_dead(filter_dlt(linktype), FILTER_SNAPLEN);
	enum status status = STATUS_OK;

	memset(program, 0, sizeof *program);
	program->linktype = linktype;
	if (!pcap)
		return error_errno(err, ENOMEM, "filter \"%s\"", expression);
	if (pcap_compile(pcap, &program->bpf, expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		program->never = strcmp(pcap_geterr(pcap), filter_never) == 0;
		status = error_set(err, STATUS_USAGE, "filter \"%s\": %s", expression,
				   pcap_geterr(pcap));
	}
	pcap_close(pcap);
	return status;
}

static enum status filter_program(struct filter *filter, uint32_t linktype,
				  struct filter_program **out, struct error *err)
{
	struct filter_program *program = &filter->programs[filter->count];
	enum status status;

	if (filter->count == FILTER_LINKS_MAX)
		return error_set(err, STATUS_INPUT, "filter \"%s\": more than %d link types",
				 filter->expression, FILTER_LINKS_MAX);
	pthread_mutex_lock(filter->compiling);
	status = filter_compile(filter->expression, linktype, program, err);
	pthread_mutex_unlock(filter->compiling);
	if (status && !program->never)
		return status;
	filter->count++;
	*out = program;
	return STATUS_OK;
}

enum status filter_takes(struct filter *filter, const struct frame *frame, bool *takes,
			 struct error *err)
{
	struct filter_program *program = NULL;
	struct pcap_pkthdr header = {.caplen = frame->caplen_bytes, .len = frame->length_bytes};
	uint32_t i;

	for (i = 0; i < filter->count && !program; i++)
		if (filter->programs[i].linktype == frame->linktype)
			program = &filter->programs[i];
	if (!program) {
		enum status status = filter_program(filter, frame->linktype, &program, err);

		if (status)
			return status;
	}
	*takes = !program->never && pcap_offline_filter(&program->bpf, &header, frame->bytes) != 0;
	return STATUS_OK;
}

enum status filter_check(const char *expression, struct error *err)
{
	struct error other;
	size_t i;

	for (i = 0; i < sizeof filter_usual_links / sizeof filter_usual_links[0]; i++) {
		struct filter_program program;

		/* The words for the most usual link type are the ones to show. */
		if (filter_compile(expression, filter_usual_links[i], &program,
				   i ? &other : err) == STATUS_OK) {
			pcap_freecode(&program.bpf);
			return STATUS_OK;
		}
	}
	return err->status;
}

enum status filter_open(struct filter **out, const char *expression, pthread_mutex_t *compiling,
			struct error *err)
{
	*out = calloc(1, sizeof **out);
	if (!*out)
		return error_errno(err, ENOMEM, "filter");
	(*out)->expression = expression;
	(*out)->compiling = compiling;
	return STATUS_OK;
}

void filter_close(struct filter **filter)
{
	uint32_t i;

	if (!*filter)
		return;
	for (i = 0; i < (*filter)->count; i++)
		pcap_freecode(&(*filter)->programs[i].bpf);
	free(*filter);
	*filter = NULL;
}
