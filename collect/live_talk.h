/* What the two sides of a live capture say to each other over a socket of whole messages. */
#ifndef CROSSTAP_COLLECT_LIVE_TALK_H
#define CROSSTAP_COLLECT_LIVE_TALK_H

#include <stdatomic.h>

#include "collect/live.h"

enum live_word {
	LIVE_READY,   /* the device is open */
	LIVE_SEGMENT, /* with a descriptor: the reading end of its pipe */
	LIVE_FAILED,  /* nothing more comes: status and text say why */
	LIVE_OVER,    /* nothing more comes: all is well */
};

struct live_message {
	enum live_word word;
	struct error error; /* of LIVE_FAILED */
};

/* In memory that both have: the child writes, the parent looks. */
struct live_shared {
	_Atomic uint64_t packets, bytes, received, dropped, missed;
};

#define LIVE_STOP 'S' /* what the parent says, one byte: come to an end */

/* The child: captures until it is told to end, and never returns. `control` is its side of the socket. */
_Noreturn void live_child_run(const struct live_request *request, int control,
			      struct live_shared *shared);

#endif
