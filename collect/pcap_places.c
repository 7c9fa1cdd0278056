#include "collect/pcap_places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/pcap.h"

#define PLACES_READ (128u << 10) /* at a time: what a processor's cache takes easily */

struct pcap_places {
	int fd;
	struct pcap_layout layout;
	uint8_t *bytes;      /* of the file, from `offset` on */
	size_t room, left;   /* bytes allocated; there */
	uint64_t offset;
	uint64_t at, number; /* of the next frame */
};

/* So many bytes from `at` on, or NULL. */
static const uint8_t *places_need(struct pcap_places *p, size_t want)
{
	size_t most = want > PLACES_READ ? want : PLACES_READ;

	if (p->at >= p->offset && p->at - p->offset <= p->left && p->left - (p->at - p->offset) >= want)
		return p->bytes + (p->at - p->offset);
	if (most > p->room) {
		uint8_t *grown = realloc(p->bytes, most);

		if (!grown)
			return NULL;
		p->bytes = grown;
		p->room = most;
	}
	p->offset = p->at;
	p->left = 0;
	while (p->left < want) {
		ssize_t got = pread(p->fd, p->bytes + p->left, most - p->left, (off_t)(p->offset + p->left));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return NULL;
		p->left += (size_t)got;
	}
	return p->bytes;
}

struct pcap_places *pcap_places_open(const char *path)
{
	struct pcap_places *p = calloc(1, sizeof *p);
	const uint8_t *header;

	if (!p)
		return NULL;
	p->fd = open(path, O_RDONLY | O_CLOEXEC);
	header = p->fd < 0 ? NULL : places_need(p, PCAP_HEADER_BYTES);
	if (!header || !pcap_layout_read(&p->layout, header))
		pcap_places_close(&p);
	return p;
}

void pcap_places_close(struct pcap_places **places)
{
	if (!*places)
		return;
	if ((*places)->fd >= 0)
		close((*places)->fd);
	free((*places)->bytes);
	free(*places);
	*places = NULL;
}

void pcap_places_go(struct pcap_places *p, uint64_t offset, uint64_t number)
{
	p->at = offset;
	p->number = number;
}

bool pcap_places_next(struct pcap_places *p, struct frame *frame)
{
	const uint8_t *at = places_need(p, p->layout.header_bytes);

	if (!at)
		return false;
	pcap_layout_frame(&p->layout, at, frame);
	if (frame->caplen_bytes > SOURCE_CAPLEN_MAX)
		return false;
	at = places_need(p, p->layout.header_bytes + frame->caplen_bytes);
	if (!at)
		return false;
	frame->bytes = at + p->layout.header_bytes;
	frame->offset = p->at;
	frame->number = p->number++;
	p->at += p->layout.header_bytes + frame->caplen_bytes;
	return true;
}
