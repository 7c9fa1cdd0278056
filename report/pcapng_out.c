#include "report/pcapng_out.h"

#include <errno.h>

#define NS_PER_S 1000000000

static enum status block_write(struct pcapng_out *out, struct error *err)
{
	struct buffer *block = &out->block;
	size_t size = block->size;

	block->size = 0;
	if (block->failed)
		return error_errno(err, ENOMEM, "a block of pcapng");
	return output_write(out->output, (const char *)block->bytes, size, err);
}

enum status pcapng_out_begin(struct pcapng_out *out, int64_t earliest_ns, const char *application,
			     const char *comment, struct error *err)
{
	out->offset_s = earliest_ns < 0 ? earliest_ns / NS_PER_S - 1 : 0;
	pcapng_block_section(&out->block, application, comment);
	return block_write(out, err);
}

enum status pcapng_out_interface(struct pcapng_out *out, const struct pcapng_interface *interface,
				 struct error *err)
{
	struct pcapng_interface moved = *interface;

	moved.offset_s = out->offset_s;
	pcapng_block_interface(&out->block, &moved);
	return block_write(out, err);
}

enum status pcapng_out_packet(struct pcapng_out *out, const struct pcapng_packet *packet,
			      struct error *err)
{
	struct pcapng_packet moved = *packet;

	moved.offset_s = out->offset_s;
	pcapng_block_packet(&out->block, &moved);
	return block_write(out, err);
}

void pcapng_out_free(struct pcapng_out *out)
{
	buffer_free(&out->block);
}
