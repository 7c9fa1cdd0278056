/* The child's side of collect/live.h: from the kernel's ring to a pipe. */
#include "collect/live_talk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "collect/pcapng_block.h"
#include "collect/privilege.h"
#include "collect/sandbox.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define CHILD_PATIENCE_MS 50          /* the kernel hands a block over after this, full or not */
#define CHILD_LAST_MS 200             /* when nothing came for so long, all that was seen is here */
#define CHILD_ASK_NS (20 * NS_PER_MS) /* between two looks at what was lost */
#define CHILD_SOON_NS NS_PER_MS       /* and before a packet that came since the last one */
#define CHILD_AT_ONCE 8192            /* packets taken without a look at anything else */
#define CHILD_FLUSH (192u << 10)      /* bytes gathered for one write() */
#define CHILD_PIPE (1 << 20)

/* Losses are known for a span of time; they are laid over the packets of that span in parts. */
#define LOSS_STEP_NS (50 * NS_PER_MS)

struct child_loss {
	uint64_t left;      /* not laid down yet */
	uint64_t parts;     /* in which the rest is laid down */
	int64_t next_ns;    /* the next part before the first packet from then on */
};

struct child_count {
	uint64_t received, dropped, missed;
};

struct child {
	const struct live_request *request;
	struct live_shared *shared;
	int control, out;             /* out: the segment's pipe; -1: no segment */
	pcap_t *pcap;
	int64_t tick_ns;              /* what the device's fractions count */
	uint16_t linktype;
	struct buffer buffer;
	uint64_t packets, bytes;      /* of all segments */
	int64_t segment_from_ns;      /* by the real-time clock: nothing passed unseen since */
	int64_t last_ns;              /* of the latest packet; 0: none */
	int64_t segment_ends_ns, ends_ns; /* by the monotonic clock; INT64_MAX: never */
	struct pcap_stat last;        /* what the counters said, which turn over */
	struct child_count count, segment_count; /* now, and when the segment began */
	int64_t asked_ns;             /* when they were asked last, by the real-time clock */
	struct child_loss loss;
	bool stopping, past;          /* past: a packet came that is later than the stop */
	int64_t stop_ns;              /* by the real-time clock */
};

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* ---- talk ---- */

/* Sends a message, and with it a descriptor where `fd` is none below zero. */
static bool child_say(const struct child *child, const struct live_message *message, int fd)
{
	char room[CMSG_SPACE(sizeof fd)] = {0};
	struct iovec bytes = {(void *)message, sizeof *message};
	struct msghdr header = {.msg_iov = &bytes, .msg_iovlen = 1};
	struct cmsghdr *passed;
	ssize_t n;

	if (fd >= 0) {
		header.msg_control = room;
		header.msg_controllen = sizeof room;
		passed = CMSG_FIRSTHDR(&header);
		passed->cmsg_level = SOL_SOCKET;
		passed->cmsg_type = SCM_RIGHTS;
		passed->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(passed), &fd, sizeof fd);
	}
	do
		n = sendmsg(child->control, &header, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof *message;
}

static _Noreturn void child_fail(const struct child *child, const struct error *err)
{
	struct live_message message = {.word = LIVE_FAILED, .error = *err};

	child_say(child, &message, -1);
	_exit(1);
}

/* ---- opening ---- */

static enum status child_refused(const struct child *child, int code, struct error *err)
{
	const char *interface = child->request->interface, *text = pcap_geterr(child->pcap);

	switch (code) {
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return error_set(err, STATUS_SYSTEM,
				 "%s: no permission to capture: it needs root, or CAP_NET_RAW",
				 interface);
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return error_set(err, STATUS_INPUT, "%s: there is no such interface", interface);
	case PCAP_ERROR_IFACE_NOT_UP:
		return error_set(err, STATUS_INPUT, "%s: the interface is down", interface);
	default:
		return error_set(err, STATUS_SYSTEM, "%s: %s", interface,
				 *text ? text : pcap_statustostr(code));
	}
}

static enum status child_filter(struct child *child, struct error *err)
{
	const struct live_request *request = child->request;
	struct bpf_program program;
	enum status status = STATUS_OK;

	if (!*request->filter)
		return STATUS_OK;
	if (pcap_compile(child->pcap, &program, request->filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return error_set(err, STATUS_USAGE, "-f %s: %s", request->filter,
				 pcap_geterr(child->pcap));
	if (pcap_setfilter(child->pcap, &program) < 0)
		status = error_set(err, STATUS_SYSTEM, "%s: -f: %s", request->interface,
				   pcap_geterr(child->pcap));
	pcap_freecode(&program);
	return status;
}

/* An interface that has frames of more than one kind, as `any` has, is asked for the kind that
 * names the interface of each. */
static void child_choose_linktype(struct child *child)
{
	int dlt;

	if (pcap_datalink(child->pcap) == DLT_LINUX_SLL)
		(void)pcap_set_datalink(child->pcap, DLT_LINUX_SLL2);
	dlt = pcap_datalink(child->pcap);
	/* In a file raw IP has a number of its own; those of the others that Linux has are the same. */
	child->linktype = (uint16_t)(dlt == DLT_RAW ? 101 : dlt);
}

static enum status child_open(struct child *child, struct error *err)
{
	const struct live_request *request = child->request;
	char text[PCAP_ERRBUF_SIZE] = "";
	int code;

	child->pcap = pcap_create(request->interface, text);
	if (!child->pcap)
		return error_set(err, STATUS_SYSTEM, "%s: %s", request->interface, text);
	pcap_set_snaplen(child->pcap, (int)request->snaplen);
	pcap_set_promisc(child->pcap, request->promiscuous);
	pcap_set_timeout(child->pcap, CHILD_PATIENCE_MS);
	pcap_set_buffer_size(child->pcap, (int)(request->ring_mib << 20));
	child->tick_ns = pcap_set_tstamp_precision(child->pcap, PCAP_TSTAMP_PRECISION_NANO) ? 1000
											     : 1;
	code = pcap_activate(child->pcap);
	if (code < 0)
		return child_refused(child, code, err);
	child_choose_linktype(child);
	if (pcap_setnonblock(child->pcap, 1, text) < 0)
		return error_set(err, STATUS_SYSTEM, "%s: %s", request->interface, text);
	return child_filter(child, err);
}

/* ---- what was lost ---- */

static void loss_note(struct child_loss *loss, uint64_t lost, int64_t from_ns, int64_t to_ns)
{
	if (!loss->left)
		loss->next_ns = from_ns;
	loss->left += lost;
	loss->parts = to_ns > loss->next_ns ? (uint64_t)((to_ns - loss->next_ns) / LOSS_STEP_NS) + 1
					    : 1;
}

/* What is laid down before a packet of that time. */
static uint64_t loss_take(struct child_loss *loss, int64_t time_ns)
{
	uint64_t part;

	if (!loss->left || time_ns < loss->next_ns)
		return 0;
	part = loss->parts > 1 ? (loss->left + loss->parts - 1) / loss->parts : loss->left;
	loss->left -= part;
	loss->parts -= loss->parts > 1;
	loss->next_ns += LOSS_STEP_NS;
	return part;
}

static void child_tell_counts(const struct child *child)
{
	struct live_shared *shared = child->shared;

	shared->packets = child->packets;
	shared->bytes = child->bytes;
	shared->received = child->count.received;
	shared->dropped = child->count.dropped;
	shared->missed = child->count.missed;
}

/* The counters have 32 bits. What they grew by was lost since they were asked last. */
static void child_ask(struct child *child, int64_t time_ns)
{
	struct pcap_stat now = child->last;
	uint64_t lost = child->count.dropped + child->count.missed;

	if (pcap_stats(child->pcap, &now) == 0) {
		child->count.received += now.ps_recv - child->last.ps_recv;
		child->count.dropped += now.ps_drop - child->last.ps_drop;
		child->count.missed += now.ps_ifdrop - child->last.ps_ifdrop;
		child->last = now;
	}
	child_tell_counts(child);
	lost = child->count.dropped + child->count.missed - lost;
	if (lost)
		loss_note(&child->loss, lost, child->asked_ns, time_ns);
	child->asked_ns = time_ns;
}

/* ---- segments ---- */

/* The reader is gone: nobody is left to be told. */
static void child_flush(struct child *child)
{
	size_t done = 0;

	if (child->buffer.failed) {
		struct error err;

		error_errno(&err, ENOMEM, "%s", child->request->interface);
		child_fail(child, &err);
	}
	while (done < child->buffer.size) {
		ssize_t n = write(child->out, child->buffer.bytes + done, child->buffer.size - done);

		if (n < 0 && errno != EINTR)
			_exit(1);
		done += n > 0 ? (size_t)n : 0;
	}
	child->buffer.size = 0;
}

static void segment_begin(struct child *child)
{
	const struct live_request *request = child->request;
	struct live_message message = {.word = LIVE_SEGMENT};
	struct error err;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		error_errno(&err, errno, "%s", request->interface);
		child_fail(child, &err);
	}
	(void)fcntl(ends[1], F_SETPIPE_SZ, CHILD_PIPE); /* a smaller one will do */
	if (!child_say(child, &message, ends[0]))
		_exit(1);
	close(ends[0]);
	child->out = ends[1];
	child->segment_count = child->count;
	child->segment_ends_ns = request->segment_ms
					 ? now_ns(CLOCK_MONOTONIC) + (int64_t)request->segment_ms * NS_PER_MS
					 : INT64_MAX;
	pcapng_block_section(&child->buffer, "crosstap " CROSSTAP_VERSION, NULL);
	pcapng_block_interface(&child->buffer, &(struct pcapng_interface){
		.name = request->interface, .linktype = child->linktype,
		.snaplen = request->snaplen, .filter = *request->filter ? request->filter : NULL});
}

/* Until when nothing passed unseen. What the kernel saw just now it may still keep back, until its block is
 * full or old enough, unless a later packet has come. */
static int64_t segment_until(const struct child *child, int64_t time_ns)
{
	uint64_t wanted = child->request->packets;
	int64_t until_ns = time_ns - CHILD_LAST_MS * NS_PER_MS;

	if (wanted && child->packets == wanted)
		until_ns = child->last_ns;
	else if (child->stopping)
		until_ns = child->stop_ns;
	else if (child->last_ns > until_ns && child->last_ns < time_ns)
		until_ns = child->last_ns;
	return until_ns > child->segment_from_ns ? until_ns : child->segment_from_ns;
}

static void segment_end(struct child *child)
{
	int64_t time_ns = now_ns(CLOCK_REALTIME), until_ns = segment_until(child, time_ns);

	child_ask(child, time_ns);
	pcapng_block_statistics(&child->buffer, &(struct pcapng_statistics){
		.time_ns = time_ns, .from_ns = child->segment_from_ns, .until_ns = until_ns,
		.received = child->count.received - child->segment_count.received,
		.dropped = child->count.dropped - child->segment_count.dropped,
		.missed = child->count.missed - child->segment_count.missed});
	child_flush(child);
	close(child->out);
	child->out = -1;
	child->segment_from_ns = until_ns;
}

/* ---- packets ---- */

static void child_stop(struct child *child)
{
	if (!child->stopping)
		child->stop_ns = now_ns(CLOCK_REALTIME);
	child->stopping = true;
}

/* What was lost in front of a packet must be known when it is written. Packets that came since the last look may lie
 * behind a loss: whoever reads may have been slow, or this process have stood still, in the midst of a look at the
 * ring. */
static void child_ask_again(struct child *child)
{
	int64_t time_ns = now_ns(CLOCK_REALTIME);

	if (time_ns - child->asked_ns >= CHILD_SOON_NS || time_ns < child->asked_ns)
		child_ask(child, time_ns);
}

static void child_packet(unsigned char *context, const struct pcap_pkthdr *header,
			 const unsigned char *bytes)
{
	struct child *child = (struct child *)context;
	uint64_t wanted = child->request->packets;
	struct pcapng_packet packet = {
		.time_ns = header->ts.tv_sec * NS_PER_S + header->ts.tv_usec * child->tick_ns,
		.caplen_bytes = header->caplen, .length_bytes = header->len, .bytes = bytes};

	child->past |= (child->stopping && packet.time_ns > child->stop_ns) ||
		       (wanted && child->packets == wanted);
	if (child->past)
		return;
	if (packet.time_ns > child->asked_ns)
		child_ask_again(child);
	packet.dropped = loss_take(&child->loss, packet.time_ns);
	pcapng_block_packet(&child->buffer, &packet);
	child->packets++;
	child->bytes += packet.length_bytes;
	child->last_ns = packet.time_ns > child->last_ns ? packet.time_ns : child->last_ns;
	if (child->buffer.size >= CHILD_FLUSH)
		child_flush(child);
}

/* Waits for packets or for a word; false: nothing came for as long as `wait_ms`. */
static bool child_wait(struct child *child, int wait_ms)
{
	struct pollfd fds[2] = {{.fd = pcap_get_selectable_fd(child->pcap), .events = POLLIN},
				{.fd = child->control, .events = POLLIN}};
	char word;

	if (poll(fds, 2, wait_ms) <= 0)
		return false;
	if (fds[1].revents) {
		if (recv(child->control, &word, sizeof word, MSG_DONTWAIT) <= 0)
			_exit(1); /* whoever wanted the packets is gone */
		child_stop(child);
	}
	return fds[0].revents != 0;
}

/* One look at the ring; what is there is taken. False: nothing was. What was lost is asked before: it is to
 * be known when the first packet behind the loss is taken. */
static bool child_take(struct child *child, int wait_ms)
{
	bool woken = child_wait(child, wait_ms);
	int64_t time_ns = now_ns(CLOCK_REALTIME);
	int n = 0;

	if (time_ns - child->asked_ns >= CHILD_ASK_NS || time_ns < child->asked_ns)
		child_ask(child, time_ns);
	if (woken)
		n = pcap_dispatch(child->pcap, CHILD_AT_ONCE, child_packet, (unsigned char *)child);
	if (n < 0) {
		struct error err;

		error_set(&err, STATUS_SYSTEM, "%s: %s", child->request->interface,
			  pcap_geterr(child->pcap));
		child_flush(child);
		child_fail(child, &err);
	}
	if (!n)
		child_flush(child); /* a reader that is in time has all that was seen */
	return n > 0;
}

/* How long it is to wait before something else than a packet is due. */
static int child_patience(const struct child *child, int64_t time_ns)
{
	int64_t due_ns = child->segment_ends_ns < child->ends_ns ? child->segment_ends_ns : child->ends_ns;
	int64_t left_ms = due_ns == INT64_MAX ? CHILD_PATIENCE_MS : (due_ns - time_ns) / NS_PER_MS + 1;

	return left_ms < 0 ? 0 : left_ms < CHILD_PATIENCE_MS ? (int)left_ms : CHILD_PATIENCE_MS;
}

static void child_capture(struct child *child)
{
	uint64_t wanted = child->request->packets;
	int64_t time_ns;

	while (!child->stopping && !(wanted && child->packets == wanted)) {
		time_ns = now_ns(CLOCK_MONOTONIC);
		if (time_ns >= child->ends_ns)
			child_stop(child);
		if (time_ns >= child->segment_ends_ns) {
			segment_end(child);
			segment_begin(child);
		}
		child_take(child, child_patience(child, time_ns));
	}
	/* The kernel keeps the last packets back until their block is full or old enough. */
	while (!child->past && !(wanted && child->packets == wanted) &&
	       child_take(child, CHILD_LAST_MS))
		;
}

_Noreturn void live_child_run(const struct live_request *request, int control,
			      struct live_shared *shared)
{
	struct live_message message = {.word = LIVE_READY};
	struct child child = {.request = request, .control = control, .out = -1,
			      .shared = shared, .ends_ns = INT64_MAX};
	struct error err = {.text = ""};
	struct sandbox_walls walls;
	enum status status;

	/* Other children's sockets, above all: one that is open here never ends for them. */
	if (dup2(control, STDERR_FILENO + 1) == STDERR_FILENO + 1 || control == STDERR_FILENO + 1) {
		child.control = STDERR_FILENO + 1;
		close_range(STDERR_FILENO + 2, ~0u, 0);
	}
	/* A key pressed at the terminal is for the parent, which then says what to do. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	status = child_open(&child, &err);
	if (!status)
		status = privilege_drop(request->user, &err);
	if (!status)
		status = sandbox_enter(SANDBOX_DEVICE, &walls, &err);
	if (status)
		child_fail(&child, &err);
	if (!child_say(&child, &message, -1))
		_exit(1);
	child.asked_ns = child.segment_from_ns = now_ns(CLOCK_REALTIME);
	if (request->duration_ms)
		child.ends_ns = now_ns(CLOCK_MONOTONIC) + (int64_t)request->duration_ms * NS_PER_MS;
	segment_begin(&child);
	child_capture(&child);
	segment_end(&child);
	message.word = LIVE_OVER;
	child_say(&child, &message, -1);
	_exit(0);
}
