/* A middlebox for the lab that owns up to what it does: a bump in the wire between two
 * interfaces of its namespace, which drops, doubles, delays and reorders packets, resets and
 * cuts sessions at random, and logs each of these acts as a line of JSON that names the packet.
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

enum {
	SPARED_PORT = 7,
	FRAME_BYTES_MAX = 65550,
	HELD_MAX = 8192,
	CUT_MAX = 1024,
	FIN = 1,
	SYN = 2,
	RST = 4,
	ACK = 16,
};

static const char bump_usage[] =
	"usage: bump [OPTION]... CLIENT_SIDE SERVER_SIDE        says \"ready\", ends by SIGTERM\n"
	"  --log FILE     what was done       --seed N\n"
	"  --drop P       a packet is lost    --dup P       it goes out twice\n"
	"  --delay US     --jitter US         each is held so long; the order stays\n"
	"  --late P       it is held 3000 us more, and overtaken\n"
	"  --reset P      a data segment makes a RST to both ends, and passes\n"
	"  --cut          all that follows in that session is swallowed\n"
	"  --max-bytes N  longer IP packets are lost\n"
	"  --ttl N        is taken off        --tos N       is written\n";

struct options {
	const char *log_path;
	uint64_t random_state;
	double drop, dup, late, reset;
	int64_t delay_us, jitter_us;
	int cut, max_bytes, ttl, tos;
};

/* What a frame's headers say; offsets are into the frame. */
struct view {
	int version; /* 4 or 6; 0: not IP, passes untouched */
	size_t ip_offset, l4_offset, ip_bytes;
	uint8_t proto, flags;
	uint16_t ip_id, src_port, dst_port;
	uint32_t seq, ack, payload_bytes;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
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
	FILE *log;
	int fd[2]; /* by side: 0 client, 1 server */
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
	uint64_t x = bump->options.random_state += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return ((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

static uint16_t read16(const uint8_t *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

static uint32_t read32(const uint8_t *bytes)
{
	return (uint32_t)read16(bytes) << 16 | read16(bytes + 2);
}

static void write16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = value >> 8;
	bytes[1] = value;
}

static void write32(uint8_t *bytes, uint32_t value)
{
	write16(bytes, value >> 16);
	write16(bytes + 2, value);
}

static uint32_t sum16(uint32_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		sum += read16(bytes + i);
	if (length & 1)
		sum += bytes[length - 1] << 8;
	return sum;
}

static uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void ip_checksum_write(uint8_t *ip)
{
	write16(ip + 10, 0);
	write16(ip + 10, sum_fold(sum16(0, ip, (ip[0] & 15) * 4)));
}

/* The lab's stacks send no extension headers. */
static struct view frame_view(const uint8_t *frame, size_t length)
{
	struct view view = { .ip_offset = ETH_HLEN };
	const uint8_t *ip = frame + ETH_HLEN;

	if (length >= ETH_HLEN + 20 && read16(frame + 12) == ETH_P_IP) {
		view.version = 4;
		view.l4_offset = ETH_HLEN + (ip[0] & 15) * 4;
		view.ip_bytes = read16(ip + 2);
		view.ip_id = read16(ip + 4);
		view.proto = ip[9];
		inet_ntop(AF_INET, ip + 12, view.src, sizeof(view.src));
		inet_ntop(AF_INET, ip + 16, view.dst, sizeof(view.dst));
	} else if (length >= ETH_HLEN + 40 && read16(frame + 12) == ETH_P_IPV6) {
		view.version = 6;
		view.l4_offset = ETH_HLEN + 40;
		view.ip_bytes = read16(ip + 4) + 40;
		view.proto = ip[6];
		inet_ntop(AF_INET6, ip + 8, view.src, sizeof(view.src));
		inet_ntop(AF_INET6, ip + 24, view.dst, sizeof(view.dst));
	}
	const uint8_t *l4 = frame + view.l4_offset;
	if (!view.version || length < view.l4_offset + 8)
		return view;
	if (view.proto == IPPROTO_TCP || view.proto == IPPROTO_UDP) {
		view.src_port = read16(l4);
		view.dst_port = read16(l4 + 2);
	}
	if (view.proto == IPPROTO_TCP && length >= view.l4_offset + 20) {
		view.seq = read32(l4 + 4);
		view.ack = read32(l4 + 8);
		view.flags = l4[13];
		view.payload_bytes = view.ip_bytes + ETH_HLEN - view.l4_offset - (l4[12] >> 4) * 4;
	}
	return view;
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
	if (send(bump->fd[first.to], first.frame, first.length, 0) < 0)
		fprintf(stderr, "bump: send: %s\n", strerror(errno));
	free(first.frame);
}

static int64_t release_choose(struct bump *bump, int from, int late)
{
	int64_t hold_us = bump->options.delay_us + random_next(bump) * bump->options.jitter_us;
	int64_t release_ns = time_ns(CLOCK_MONOTONIC) + hold_us * 1000;

	if (release_ns < bump->last_release_ns[from])
		release_ns = bump->last_release_ns[from];
	if (late)
		return release_ns + 3000000;
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
	write16(tcp + 16, sum_fold(sum16(IPPROTO_TCP + 20 + sum16(0, ip + 12, 8), tcp, 20)));

	struct view made = frame_view(reset, sizeof(reset));
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

static void frame_handle(struct bump *bump, int from, uint8_t *frame, size_t length)
{
	const struct options *options = &bump->options;
	struct view view = frame_view(frame, length);
	int spared = (view.proto != IPPROTO_TCP && view.proto != IPPROTO_UDP) ||
		     view.src_port == SPARED_PORT || view.dst_port == SPARED_PORT;
	int late;

	if (spared) {
		frame_hold(bump, !from, frame, length, release_choose(bump, from, 0));
		return;
	}
	if (session_is_cut(bump, &view) || random_next(bump) < options->drop ||
	    (options->max_bytes && view.ip_bytes > (size_t)options->max_bytes)) {
		act_log(bump, "drop", from, &view);
		return;
	}
	bump->forwarded[from]++;
	header_rewrite(options, frame + view.ip_offset, view.version);
	late = random_next(bump) < options->late;
	if (late)
		act_log(bump, "late", from, &view);
	int64_t release_ns = release_choose(bump, from, late);
	frame_hold(bump, !from, frame, length, release_ns);
	if (random_next(bump) < options->dup) {
		act_log(bump, "dup", from, &view);
		frame_hold(bump, !from, frame, length, release_ns);
	}
	if (view.version == 4 && view.payload_bytes && !(view.flags & (SYN | FIN | RST)) &&
	    random_next(bump) < options->reset) {
		reset_send(bump, frame, &view, from, 0);
		reset_send(bump, frame, &view, from, 1);
		session_cut(bump, &view);
	}
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
	static uint8_t frame[FRAME_BYTES_MAX];
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
			length = recv(bump->fd[from], frame, sizeof(frame), MSG_DONTWAIT);
			if (length > ETH_HLEN)
				frame_handle(bump, from, frame, length);
		}
	}
	fprintf(bump->log, "{\"act\":\"total\",\"up\":%llu,\"down\":%llu}\n",
		(unsigned long long)bump->forwarded[0], (unsigned long long)bump->forwarded[1]);
}

static int options_parse(struct options *options, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "log", 1, NULL, 'l' },     { "seed", 1, NULL, 's' },	    { "drop", 1, NULL, 'd' },
		{ "dup", 1, NULL, 'u' },     { "delay", 1, NULL, 'D' },	    { "jitter", 1, NULL, 'j' },
		{ "late", 1, NULL, 'a' },    { "reset", 1, NULL, 'r' },	    { "cut", 0, NULL, 'c' },
		{ "ttl", 1, NULL, 't' },     { "max-bytes", 1, NULL, 'm' }, { "tos", 1, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (option) {
		case 'l': options->log_path = optarg; break;
		case 's': options->random_state = strtoull(optarg, NULL, 10); break;
		case 'd': options->drop = strtod(optarg, NULL); break;
		case 'u': options->dup = strtod(optarg, NULL); break;
		case 'D': options->delay_us = atoll(optarg); break;
		case 'j': options->jitter_us = atoll(optarg); break;
		case 'a': options->late = strtod(optarg, NULL); break;
		case 'r': options->reset = strtod(optarg, NULL); break;
		case 'c': options->cut = 1; break;
		case 't': options->ttl = atoi(optarg); break;
		case 'm': options->max_bytes = atoi(optarg); break;
		case 'o': options->tos = atoi(optarg); break;
		default: return -1;
		}
	}
	return argc - optind == 2 ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct bump bump = { .options = { .random_state = 1, .tos = -1 } };
	const struct sigaction action = { .sa_handler = on_stop };
	sigset_t blocked, before;

	if (options_parse(&bump.options, argc, argv) != 0) {
		fputs(bump_usage, stderr);
		return 2;
	}
	bump.log = bump.options.log_path ? fopen(bump.options.log_path, "w") : stderr;
	bump.fd[0] = side_open(argv[optind]);
	bump.fd[1] = side_open(argv[optind + 1]);
	if (!bump.log || bump.fd[0] < 0 || bump.fd[1] < 0)
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
