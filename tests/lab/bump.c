/* A middlebox for the lab that owns up to what it does: a bump in the wire between two
 * interfaces of its namespace, which drops, doubles, delays and reorders packets, resets and
 * cuts sessions at random, and logs each of these acts as a line of JSON that names the packet
 * as the side from which it came sees it. What it rewrites is in bump/rewrite.h.
 * The kernel's own tools (netem) know only totals, and are not in every kernel.
 *
 * Frames are copied whole. Sessions of port SPARED_PORT pass untouched, so that a scenario
 * can begin and end its captures with packets that all points see.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "tests/lab/bump/rewrite.h"

enum {
	SPARED_PORT = 7,
	HELD_MAX = 8192,
	CUT_MAX = 1024,
	HEADERS_BYTES = 128,
};

static const char bump_usage[] =
	"usage: bump [OPTION]... CLIENT_SIDE SERVER_SIDE        says \"ready\", ends by SIGTERM\n"
	"  --log FILE     what was done       --seed N\n"
	"  --drop P       a packet is lost    --dup P       it goes out twice\n"
	"  --delay US     --jitter US         each is held so long; the order stays\n"
	"  --late P       it is held so much longer, and overtaken: --late-us N, 3000\n"
	"  --reset P      a data segment makes a RST to both ends, and passes\n"
	"  --cut          all that follows in that session is swallowed\n"
	"  --max-bytes N  longer IP packets are lost\n"
	"  --ttl N        is taken off        --tos N       is written\n"
	"  --mirror IFACE  is sent a copy of each frame that comes in and of each that goes out\n"
	"Of TCP only:\n"
	"  --only PORT    what follows is for its sessions; else for all\n"
	"  --shift SIDE   a constant of the session is added to the numbers of: client server both\n"
	"  --sack-kept    SACK blocks are not translated then\n"
	"  --timestamps   constants are added to them too\n"
	"  --nat ADDRESS  becomes the client's, and its port another one\n"
	"  --edit N       requests after a session's first grow by N bytes (negative: shrink)\n"
	"  --strip KIND,...  options that NOPs replace\n"
	"  --mss N        at the most         --wscale N  is written\n"
	"  --dscp N  --set-ttl N  are written  --no-ecn   clears both bits\n";

struct options {
	const char *log_path, *mirror;
	int seed;
	double drop, dup, late, reset;
	int delay_us, jitter_us, late_us;
	int cut, max_bytes, ttl, tos;
	struct rewrite_options rewrite;
};

struct held {
	int64_t release_ns;
	uint64_t order;
	size_t length;
	int to;
	uint8_t *frame; /* owned */
};

struct bump {
	struct options options;
	uint64_t random_state;
	struct rewriter rewriter;
	FILE *log;
	int fd[2]; /* by side: 0 client, 1 server */
	int mirror_fd; /* -1: none */
	struct held held[HELD_MAX]; /* a heap, the next to leave first */
	size_t held_count;
	uint64_t order;
	int64_t last_release_ns[2];
	uint64_t forwarded[2]; /* by the side they came from */
	struct {
		uint16_t low, high;
	} cut[CUT_MAX]; /* sessions, by ports */
	int cut_count;
};

static volatile sig_atomic_t stop_asked;

static void on_stop(int number)
{
	stop_asked = number;
}

static int64_t time_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static double random_next(struct bump *bump)
{
	uint64_t x = bump->random_state += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return ((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

static void act_log(struct bump *bump, const char *act, int from, const struct view *view)
{
	int64_t now_ns = time_ns(CLOCK_REALTIME);

	fprintf(bump->log,
		"{\"act\":\"%s\",\"dir\":%d,\"t\":%lld.%09lld,\"src\":\"%s\",\"dst\":\"%s\",\"proto\":%d,"
		"\"sport\":%d,\"dport\":%d,\"ipid\":%d,\"len\":%zu,\"seq\":%u,\"ack\":%u,\"flags\":%d}\n",
		act, from, (long long)(now_ns / 1000000000), (long long)(now_ns % 1000000000),
		view->src, view->dst, view->proto, view->src_port, view->dst_port, view->ip_id,
		view->ip_bytes, view->seq, view->ack, view->flags);
}

static int held_before(const struct held *a, const struct held *b)
{
	return a->release_ns != b->release_ns ? a->release_ns < b->release_ns : a->order < b->order;
}

static void held_swap(struct bump *bump, size_t a, size_t b)
{
	struct held moved = bump->held[a];

	bump->held[a] = bump->held[b];
	bump->held[b] = moved;
}

static void frame_hold(struct bump *bump, int to, const uint8_t *frame, size_t length,
		       int64_t release_ns)
{
	size_t at = bump->held_count;
	uint8_t *copy = at < HELD_MAX ? malloc(length) : NULL;

	if (!copy) { /* an unlogged loss would falsify the truth */
		fputs("bump: too many frames held\n", stderr);
		exit(1);
	}
	memcpy(copy, frame, length);
	bump->held[bump->held_count++] = (struct held){ .release_ns = release_ns,
							.order = bump->order++,
							.length = length,
							.to = to,
							.frame = copy };
	for (; at && held_before(&bump->held[at], &bump->held[(at - 1) / 2]); at = (at - 1) / 2)
		held_swap(bump, at, (at - 1) / 2);
}

static void frame_send(int fd, const uint8_t *frame, size_t length)
{
	if (fd >= 0 && send(fd, frame, length, 0) < 0)
		fprintf(stderr, "bump: send: %s\n", strerror(errno));
}

static void frame_release(struct bump *bump)
{
	struct held first = bump->held[0];
	size_t at = 0, child;

	bump->held[0] = bump->held[--bump->held_count];
	while ((child = 2 * at + 1) < bump->held_count) {
		if (child + 1 < bump->held_count &&
		    held_before(&bump->held[child + 1], &bump->held[child]))
			child++;
		if (!held_before(&bump->held[child], &bump->held[at]))
			break;
		held_swap(bump, at, child);
		at = child;
	}
	frame_send(bump->fd[first.to], first.frame, first.length);
	frame_send(bump->mirror_fd, first.frame, first.length);
	free(first.frame);
}

static int64_t release_choose(struct bump *bump, int from, int late)
{
	int64_t hold_us = bump->options.delay_us + random_next(bump) * bump->options.jitter_us;
	int64_t release_ns = time_ns(CLOCK_MONOTONIC) + hold_us * 1000;

	if (release_ns < bump->last_release_ns[from])
		release_ns = bump->last_release_ns[from];
	if (late)
		return release_ns + bump->options.late_us * 1000LL;
	bump->last_release_ns[from] = release_ns;
	return release_ns;
}

/* A bare IPv4 RST in the name of one end, from the headers of the frame it answers. */
static void reset_send(struct bump *bump, const uint8_t *frame, const struct view *view, int from,
		       int to_sender)
{
	uint8_t reset[ETH_HLEN + 40] = { 0 };
	uint8_t *ip = reset + ETH_HLEN, *tcp = ip + 20;
	const uint8_t *old_ip = frame + ETH_HLEN;

	memcpy(reset, frame + (to_sender ? 6 : 0), 6);
	memcpy(reset + 6, frame + (to_sender ? 0 : 6), 6);
	write16(reset + 12, ETH_P_IP);
	ip[0] = 0x45;
	write16(ip + 2, 40);
	write16(ip + 4, 0xbeef);
	ip[8] = 255;
	ip[9] = IPPROTO_TCP;
	memcpy(ip + 12, old_ip + (to_sender ? 16 : 12), 4);
	memcpy(ip + 16, old_ip + (to_sender ? 12 : 16), 4);
	ip_checksum_write(ip);
	write16(tcp, to_sender ? view->dst_port : view->src_port);
	write16(tcp + 2, to_sender ? view->src_port : view->dst_port);
	write32(tcp + 4, to_sender ? view->ack : view->seq + view->payload_bytes);
	write32(tcp + 8, to_sender ? view->seq + view->payload_bytes : view->ack);
	tcp[12] = 5 << 4;
	tcp[13] = to_sender ? RST | ACK : RST;

	struct view made = frame_view(reset, sizeof(reset));
	tcp_checksum_write(reset, &made);
	act_log(bump, to_sender ? "rst_to_sender" : "rst_to_receiver", from ^ to_sender, &made);
	frame_hold(bump, to_sender ? from : !from, reset, sizeof(reset),
		   release_choose(bump, from ^ to_sender, 0));
}

static int session_is_cut(const struct bump *bump, const struct view *view)
{
	uint16_t low = view->src_port < view->dst_port ? view->src_port : view->dst_port;
	uint16_t high = view->src_port ^ view->dst_port ^ low;

	for (int i = 0; i < bump->cut_count; i++)
		if (bump->cut[i].low == low && bump->cut[i].high == high)
			return 1;
	return 0;
}

static void session_cut(struct bump *bump, const struct view *view)
{
	uint16_t low = view->src_port < view->dst_port ? view->src_port : view->dst_port;

	if (!bump->options.cut || bump->cut_count == CUT_MAX)
		return;
	bump->cut[bump->cut_count].low = low;
	bump->cut[bump->cut_count++].high = view->src_port ^ view->dst_port ^ low;
}

static void header_rewrite(const struct options *options, uint8_t *ip, int version)
{
	if (version == 4) {
		ip[8] -= options->ttl;
		if (options->tos >= 0)
			ip[1] = options->tos;
		ip_checksum_write(ip);
	} else {
		ip[7] -= options->ttl;
	}
}

/* To the sender in the numbers that it sent, to the receiver in those that it was sent. */
static void session_reset(struct bump *bump, int from, const uint8_t *seen,
			  const struct view *seen_view, const uint8_t *sent)
{
	struct view sent_view = frame_view(sent, seen_view->ip_offset + read16(sent + ETH_HLEN + 2));

	reset_send(bump, sent, &sent_view, from, 0);
	reset_send(bump, seen, seen_view, from, 1);
	session_cut(bump, seen_view);
}

/* The length of what is forwarded; 0: it is lost, and logged. */
static size_t frame_pass(struct bump *bump, int from, uint8_t *frame, size_t length,
			 const struct view *view)
{
	const struct options *options = &bump->options;
	const struct translated *session = rewriter_session(&bump->rewriter, from, frame, view);

	if (session_is_cut(bump, view) || random_next(bump) < options->drop ||
	    (options->max_bytes && view->ip_bytes > (size_t)options->max_bytes))
		length = 0;
	else
		length = rewriter_apply(&bump->rewriter, session, from, frame, length, view);
	if (!length) {
		act_log(bump, "drop", from, view);
		return 0;
	}
	bump->forwarded[from]++;
	header_rewrite(options, frame + view->ip_offset, view->version);
	return length;
}

static void frame_handle(struct bump *bump, int from, uint8_t *frame, size_t length)
{
	const struct options *options = &bump->options;
	struct view view = frame_view(frame, length);
	uint8_t seen[HEADERS_BYTES];
	int spared = (view.proto != IPPROTO_TCP && view.proto != IPPROTO_UDP) ||
		     view.src_port == SPARED_PORT || view.dst_port == SPARED_PORT;

	frame_send(bump->mirror_fd, frame, length);
	memcpy(seen, frame, sizeof(seen));
	if (spared) {
		frame_hold(bump, !from, frame, length, release_choose(bump, from, 0));
		return;
	}
	length = frame_pass(bump, from, frame, length, &view);
	if (!length)
		return;
	int late = random_next(bump) < options->late;
	if (late)
		act_log(bump, "late", from, &view);
	int64_t release_ns = release_choose(bump, from, late);
	frame_hold(bump, !from, frame, length, release_ns);
	if (random_next(bump) < options->dup) {
		act_log(bump, "dup", from, &view);
		frame_hold(bump, !from, frame, length, release_ns);
	}
	if (view.version == 4 && view.payload_bytes && !(view.flags & (SYN | FIN | RST)) &&
	    random_next(bump) < options->reset)
		session_reset(bump, from, seen, &view, frame);
}

static int side_open(const char *name)
{
	const int on = 1, buffer_bytes = 32 << 20;
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || !address.sll_ifindex ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof(buffer_bytes)) != 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		fprintf(stderr, "bump: %s: %s\n", name, strerror(errno));
		return -1;
	}
	return fd;
}

static void bump_run(struct bump *bump, const sigset_t *waiting)
{
	static uint8_t frame[FRAME_BYTES_MAX + GROWTH_MAX_BYTES];
	ssize_t length;

	while (!stop_asked || bump->held_count) {
		struct pollfd polls[2] = { { bump->fd[0], POLLIN, 0 }, { bump->fd[1], POLLIN, 0 } };
		int64_t left_ns = 1000000000;

		if (bump->held_count)
			left_ns = bump->held[0].release_ns - time_ns(CLOCK_MONOTONIC);
		if (left_ns < 0)
			left_ns = 0;
		struct timespec left = { left_ns / 1000000000, left_ns % 1000000000 };
		ppoll(polls, 2, &left, waiting);
		while (bump->held_count && bump->held[0].release_ns <= time_ns(CLOCK_MONOTONIC))
			frame_release(bump);
		for (int from = 0; from < 2; from++) {
			length = recv(bump->fd[from], frame, FRAME_BYTES_MAX, MSG_DONTWAIT);
			if (length > ETH_HLEN)
				frame_handle(bump, from, frame, length);
		}
	}
	fprintf(bump->log,
		"{\"act\":\"total\",\"up\":%llu,\"down\":%llu,\"ecn_cleared\":%llu,"
		"\"edited\":%llu,\"sacks_kept\":%llu}\n",
		(unsigned long long)bump->forwarded[0], (unsigned long long)bump->forwarded[1],
		(unsigned long long)bump->rewriter.ecn_cleared,
		(unsigned long long)bump->rewriter.edited,
		(unsigned long long)bump->rewriter.sacks_kept);
}

enum option_type { OPTION_FLAG, OPTION_NUMBER, OPTION_SHARE, OPTION_TEXT };

static const struct {
	const char *name;
	enum option_type type;
	size_t offset;
} option_rows[] = {
	{ "log", OPTION_TEXT, offsetof(struct options, log_path) },
	{ "seed", OPTION_NUMBER, offsetof(struct options, seed) },
	{ "drop", OPTION_SHARE, offsetof(struct options, drop) },
	{ "dup", OPTION_SHARE, offsetof(struct options, dup) },
	{ "delay", OPTION_NUMBER, offsetof(struct options, delay_us) },
	{ "jitter", OPTION_NUMBER, offsetof(struct options, jitter_us) },
	{ "late", OPTION_SHARE, offsetof(struct options, late) },
	{ "late-us", OPTION_NUMBER, offsetof(struct options, late_us) },
	{ "reset", OPTION_SHARE, offsetof(struct options, reset) },
	{ "cut", OPTION_FLAG, offsetof(struct options, cut) },
	{ "ttl", OPTION_NUMBER, offsetof(struct options, ttl) },
	{ "max-bytes", OPTION_NUMBER, offsetof(struct options, max_bytes) },
	{ "tos", OPTION_NUMBER, offsetof(struct options, tos) },
	{ "mirror", OPTION_TEXT, offsetof(struct options, mirror) },
	{ "only", OPTION_NUMBER, offsetof(struct options, rewrite.port) },
	{ "shift", OPTION_TEXT, offsetof(struct options, rewrite.shift) },
	{ "sack-kept", OPTION_FLAG, offsetof(struct options, rewrite.sack_kept) },
	{ "timestamps", OPTION_FLAG, offsetof(struct options, rewrite.timestamps) },
	{ "nat", OPTION_TEXT, offsetof(struct options, rewrite.nat) },
	{ "edit", OPTION_NUMBER, offsetof(struct options, rewrite.edit_bytes) },
	{ "strip", OPTION_TEXT, offsetof(struct options, rewrite.strip) },
	{ "mss", OPTION_NUMBER, offsetof(struct options, rewrite.mss) },
	{ "wscale", OPTION_NUMBER, offsetof(struct options, rewrite.window_scale) },
	{ "dscp", OPTION_NUMBER, offsetof(struct options, rewrite.dscp) },
	{ "set-ttl", OPTION_NUMBER, offsetof(struct options, rewrite.ttl) },
	{ "no-ecn", OPTION_FLAG, offsetof(struct options, rewrite.ecn_clear) },
};

enum { OPTION_ROWS = sizeof(option_rows) / sizeof(option_rows[0]) };

static int options_parse(struct options *options, int argc, char **argv)
{
	struct option longs[OPTION_ROWS + 1] = { 0 };
	int row;

	for (row = 0; row < OPTION_ROWS; row++) {
		longs[row].name = option_rows[row].name;
		longs[row].has_arg = option_rows[row].type != OPTION_FLAG;
		longs[row].val = row;
	}
	while ((row = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (row < 0 || row >= OPTION_ROWS)
			return -1;
		void *value = (char *)options + option_rows[row].offset;
		switch (option_rows[row].type) {
		case OPTION_FLAG: *(int *)value = 1; break;
		case OPTION_NUMBER: *(int *)value = atoi(optarg); break;
		case OPTION_SHARE: *(double *)value = strtod(optarg, NULL); break;
		case OPTION_TEXT: *(const char **)value = optarg; break;
		}
	}
	return argc - optind == 2 ? 0 : -1;
}

static int bump_begin(struct bump *bump, char **sides)
{
	const struct options *options = &bump->options;

	bump->random_state = options->seed;
	bump->log = options->log_path ? fopen(options->log_path, "w") : stderr;
	bump->mirror_fd = -1;
	for (int side = 0; side < 2; side++) {
		bump->fd[side] = side_open(sides[side]);
		if (bump->fd[side] < 0)
			return -1;
	}
	if (options->mirror && (bump->mirror_fd = side_open(options->mirror)) < 0)
		return -1;
	if (!bump->log)
		return -1;
	return rewriter_begin(&bump->rewriter, &options->rewrite, options->seed, bump->log);
}

int main(int argc, char **argv)
{
	static struct bump bump = {
		.options = { .seed = 1,
			     .late_us = 3000,
			     .tos = -1,
			     .rewrite = { .edit_bytes = EDIT_NONE,
					  .window_scale = -1,
					  .mss = -1,
					  .dscp = -1,
					  .ttl = -1 } },
	};
	const struct sigaction action = { .sa_handler = on_stop };
	sigset_t blocked, before;

	if (options_parse(&bump.options, argc, argv) != 0) {
		fputs(bump_usage, stderr);
		return 2;
	}
	if (bump_begin(&bump, argv + optind) != 0)
		return 1;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	sigaction(SIGTERM, &action, NULL);
	puts("ready");
	fflush(stdout);
	bump_run(&bump, &before);
	return fclose(bump.log) != 0;
}
