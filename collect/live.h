/* Live capture: the packets of an interface as a row of pcapng streams.
 *
 * A child process of its own opens the device, which needs root, gives its rights up, and does
 * nothing but carry packets from the kernel's ring to a pipe, in pcapng (pcapng_block.h): with
 * nanoseconds where the kernel has them, and with what the kernel and the interface lost, at the
 * place in time where they lost it. Whoever reads the pipe parses what strangers
 * sent, and needs no rights at all. While the reader is late, the pipe and then the ring fill up; when the
 * ring is full the kernel drops packets, and that is counted.
 *
 * The stream ends, and the next begins, after each segment, so that what was captured can be
 * committed while the capture goes on: no packet is lost in between. A live capture
 * must be opened before the program has threads.
 */
#ifndef CROSSTAP_COLLECT_LIVE_H
#define CROSSTAP_COLLECT_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/error.h"

#define LIVE_SNAPLEN_MAX 262144u /* as tcpdump's default: whole packets */
#define LIVE_RING_MIB 64u        /* of the kernel's ring, when nothing is said */
#define LIVE_RING_MIB_MAX 2047u  /* libpcap takes bytes in an int */

struct live_request {
	const char *interface;
	const char *filter;      /* pcap-filter(7); "" = none */
	const char *user;        /* to become once the device is open, by privilege_drop() */
	uint32_t snaplen;        /* bytes */
	uint32_t ring_mib;
	bool promiscuous;
	uint64_t packets;        /* to stop after; 0: go on */
	uint64_t duration_ms;    /* likewise */
	uint64_t segment_ms;     /* 0: one segment is all */
};

/* Since the capture began. */
struct live_counts {
	uint64_t packets, bytes;  /* handed on; bytes as on the wire */
	uint64_t received;        /* seen by the kernel, past the filter */
	uint64_t dropped;         /* by the kernel, for want of room in the ring */
	uint64_t missed;          /* by the interface */
};

struct live;

/* Opens the device. `request` is borrowed until live_close(). STATUS_INPUT: there is no such interface, or
 * it cannot be captured on; STATUS_USAGE: the filter; STATUS_SYSTEM: no permission, no memory. */
enum status live_open(struct live **out, const struct live_request *request,
		      struct error *err) MUST_CHECK;
/* Waits for the next segment, which begins with its first packet at the latest when the one before has
 * ended. *fd is the reading end of its pipe, the caller's to close; -1: there are no more. */
enum status live_next(struct live *live, int *fd, struct error *err) MUST_CHECK;
/* Asks for the end: what the kernel has seen until now still comes. From any thread, any number of times. */
void live_stop(struct live *live);
/* From any thread, at any time; after the end they are complete. */
struct live_counts live_counts(const struct live *live);
/* Ends the child, whatever it does. NULL is legal; *live becomes NULL. */
void live_close(struct live **live);

#endif
