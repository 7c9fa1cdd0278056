/* The lab's actor: one TCP connection that does, word by word, what call.c and serve.c have no
 * reason to: it leaves data unread, aborts, dies, waits for what others do, or sends a packet of
 * its own making. See act_usage. Ends with 0 also where the connection broke, and says how.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char act_usage[] =
	"usage: act WORD...        IPv4; N bytes, MS milliseconds\n"
	"  listen PORT             says \"ready\" and takes the first connection\n"
	"  connect HOST PORT       from PORT HOST PORT: from that port\n"
	"  connect-for MS HOST PORT  gives up then, and ends\n"
	"  say N  hear N  end      writes, reads, reads until the other end is done\n"
	"  text TEXT               writes it; each | is a line's end, CR and LF\n"
	"  unread N                waits until so many bytes are there to be read\n"
	"  acked                   waits until all that was written is acknowledged\n"
	"  quiet MS                does nothing: where silence is the thing\n"
	"  mark FILE  await FILE   makes a file; waits for one\n"
	"  close abort die         FIN; SO_LINGER 0; SIGKILL\n"
	"  keepalive S S N         idle, interval, probes        timeout MS  TCP_USER_TIMEOUT\n"
	"  numbers FILE            writes SND.NXT and RCV.NXT into a file\n"
	"  strike N                sends a RST whose sequence number is N ahead\n"
	"  packet FLAGS SRC PORT DST PORT SEQ ACK  sends one of these; FLAGS of S, A, R, F\n";

enum { TRY_MS = 10, PATIENCE_MS = 20000 };

struct act {
	int fd;
	char **word; /* the next one */
};

static int act_failed(const char *what)
{
	fprintf(stderr, "act: %s: %s\n", what, strerror(errno));
	return -1;
}

static void act_wait(int ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

static const char *act_next(struct act *act)
{
	if (*act->word)
		return *act->word++;
	fputs(act_usage, stderr);
	exit(2);
}

static int act_number(struct act *act)
{
	return atoi(act_next(act));
}

static struct sockaddr_in act_address(const char *host, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (host && inet_pton(AF_INET, host, &address.sin_addr) != 1)
		fprintf(stderr, "act: %s: no address\n", host);
	return address;
}

/* ---- opening ---- */

static int act_listen(struct act *act)
{
	struct sockaddr_in address = act_address(NULL, act_number(act));
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 8) != 0)
		return act_failed("listen");
	puts("ready");
	fflush(stdout);
	act->fd = accept(fd, NULL, NULL);
	close(fd);
	return act->fd < 0 ? act_failed("accept") : 0;
}

static int act_open(struct act *act, int from, int patience_ms)
{
	const char *host = act_next(act);
	struct sockaddr_in to = act_address(host, act_number(act)), own = act_address(NULL, from);
	struct pollfd poll_ = { .events = POLLOUT };
	int on = 1;

	act->fd = poll_.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(act->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (from && bind(act->fd, (struct sockaddr *)&own, sizeof(own)) != 0)
		return act_failed("bind");
	if (connect(act->fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)
		return act_failed("connect");
	if (poll(&poll_, 1, patience_ms) != 1)
		exit(0); /* given up */
	fcntl(act->fd, F_SETFL, 0);
	return 0;
}

static int act_connect(struct act *act)
{
	return act_open(act, 0, PATIENCE_MS);
}

static int act_connect_from(struct act *act)
{
	return act_open(act, act_number(act), PATIENCE_MS);
}

static int act_connect_for(struct act *act)
{
	return act_open(act, 0, act_number(act));
}

/* ---- talking ---- */

static int act_say(struct act *act)
{
	int left = act_number(act);
	char bytes[4096];

	memset(bytes, 'a', sizeof(bytes));
	while (left > 0) {
		ssize_t sent = send(act->fd, bytes, left < 4096 ? left : 4096, MSG_NOSIGNAL);

		if (sent < 0)
			return act_failed("say");
		left -= sent;
	}
	return 0;
}

/* What fits into one segment, in one segment. */
static int act_text(struct act *act)
{
	const char *text = act_next(act);
	char bytes[2048];
	size_t n = 0;

	for (; *text && n + 2 < sizeof(bytes); text++) {
		if (*text == '|')
			bytes[n++] = '\r';
		bytes[n++] = *text == '|' ? '\n' : *text;
	}
	if (send(act->fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		return act_failed("text");
	return 0;
}

static int act_hear(struct act *act)
{
	int left = act_number(act);
	char bytes[4096];

	while (left > 0) {
		ssize_t got = recv(act->fd, bytes, left < 4096 ? left : 4096, 0);

		if (got <= 0)
			return act_failed("hear");
		left -= got;
	}
	return 0;
}

static int act_end(struct act *act)
{
	char bytes[4096];
	ssize_t got;

	while ((got = recv(act->fd, bytes, sizeof(bytes), 0)) > 0)
		;
	return got < 0 ? act_failed("end") : 0;
}

/* ---- waiting ---- */

static int act_unread(struct act *act)
{
	int wanted = act_number(act), there = 0, ms;

	for (ms = 0; there < wanted && ms < PATIENCE_MS; ms += TRY_MS) {
		ioctl(act->fd, FIONREAD, &there);
		act_wait(TRY_MS);
	}
	return 0;
}

static int act_acked(struct act *act)
{
	int left = 1, ms;

	for (ms = 0; left && ms < PATIENCE_MS; ms += TRY_MS) {
		ioctl(act->fd, SIOCOUTQ, &left);
		act_wait(TRY_MS);
	}
	return 0;
}

static int act_quiet(struct act *act)
{
	act_wait(act_number(act));
	return 0;
}

static int act_mark(struct act *act)
{
	FILE *file = fopen(act_next(act), "w");

	return file ? fclose(file) : act_failed("mark");
}

static int act_await(struct act *act)
{
	const char *name = act_next(act);
	int ms;

	for (ms = 0; access(name, F_OK) != 0 && ms < PATIENCE_MS; ms += TRY_MS)
		act_wait(TRY_MS);
	return 0;
}

/* ---- ending ---- */

static int act_close(struct act *act)
{
	close(act->fd);
	act->fd = -1;
	return 0;
}

static int act_abort(struct act *act)
{
	const struct linger abortive = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(act->fd, SOL_SOCKET, SO_LINGER, &abortive, sizeof(abortive));
	return act_close(act);
}

static int act_die(struct act *act)
{
	(void)act;
	return kill(getpid(), SIGKILL);
}

static int act_keepalive(struct act *act)
{
	int on = 1, idle_s = act_number(act), step_s = act_number(act), probes = act_number(act);

	setsockopt(act->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(act->fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
	setsockopt(act->fd, IPPROTO_TCP, TCP_KEEPINTVL, &step_s, sizeof(step_s));
	setsockopt(act->fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	return 0;
}

static int act_timeout(struct act *act)
{
	unsigned ms = act_number(act);

	return setsockopt(act->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

/* ---- packets of its own making ---- */

static uint32_t act_queue_number(struct act *act, int queue)
{
	int on = TCP_REPAIR_ON, off = TCP_REPAIR_OFF_NO_WP;
	socklen_t length = sizeof(uint32_t);
	uint32_t number = 0;

	setsockopt(act->fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on));
	setsockopt(act->fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue));
	if (getsockopt(act->fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &number, &length) != 0)
		act_failed("TCP_QUEUE_SEQ");
	setsockopt(act->fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off));
	return number;
}

static int act_numbers(struct act *act)
{
	FILE *file = fopen(act_next(act), "w");

	if (!file)
		return act_failed("numbers");
	fprintf(file, "%u %u\n", act_queue_number(act, TCP_SEND_QUEUE),
		act_queue_number(act, TCP_RECV_QUEUE));
	return fclose(file);
}

static uint32_t sum16(const uint8_t *bytes, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	return sum;
}

static int packet_send(const struct sockaddr_in *from, const struct sockaddr_in *to,
		       const char *flags, uint32_t seq, uint32_t ack)
{
	uint8_t pseudo[12 + 20] = { [9] = IPPROTO_TCP, [11] = 20 }, packet[40] = { 0x45 };
	const uint32_t seq_be = htonl(seq), ack_be = htonl(ack);
	uint8_t *tcp = packet + 20;
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), one = 1;
	uint32_t sum;

	packet[8] = 64;
	packet[9] = IPPROTO_TCP;
	memcpy(packet + 12, &from->sin_addr, 4);
	memcpy(packet + 16, &to->sin_addr, 4);
	memcpy(tcp, &from->sin_port, 2);
	memcpy(tcp + 2, &to->sin_port, 2);
	memcpy(tcp + 4, &seq_be, 4);
	memcpy(tcp + 8, &ack_be, 4);
	tcp[12] = 5 << 4;
	for (; *flags; flags++)
		tcp[13] |= *flags == 'S' ? 2 : *flags == 'A' ? 16 : *flags == 'R' ? 4 : 1;
	tcp[14] = 0x10;
	memcpy(pseudo, packet + 12, 8);
	memcpy(pseudo + 12, tcp, 20);
	for (sum = sum16(pseudo, sizeof(pseudo), 0); sum >> 16;)
		sum = (sum & 0xffff) + (sum >> 16);
	tcp[16] = ~sum >> 8;
	tcp[17] = ~sum;
	setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &one, sizeof(one));
	if (sendto(fd, packet, sizeof(packet), 0, (const struct sockaddr *)to, sizeof(*to)) < 0)
		return act_failed("packet");
	return close(fd);
}

static int act_packet(struct act *act)
{
	const char *flags = act_next(act), *host = act_next(act);
	struct sockaddr_in from = act_address(host, act_number(act)), to;
	uint32_t seq;

	host = act_next(act);
	to = act_address(host, act_number(act));
	seq = strtoul(act_next(act), NULL, 10);
	return packet_send(&from, &to, flags, seq, strtoul(act_next(act), NULL, 10));
}

static int act_strike(struct act *act)
{
	uint32_t seq = act_queue_number(act, TCP_SEND_QUEUE) + act_number(act);
	struct sockaddr_in own, to;
	socklen_t length = sizeof(own);

	getsockname(act->fd, (struct sockaddr *)&own, &length);
	getpeername(act->fd, (struct sockaddr *)&to, &length);
	return packet_send(&own, &to, "R", seq, 0);
}

static const struct {
	const char *name;
	int (*run)(struct act *act);
} act_words[] = {
	{ "listen", act_listen },   { "connect", act_connect },     { "from", act_connect_from },
	{ "connect-for", act_connect_for }, { "say", act_say },	    { "hear", act_hear },
	{ "text", act_text },
	{ "end", act_end },	    { "unread", act_unread },	    { "acked", act_acked },
	{ "quiet", act_quiet },	    { "mark", act_mark },	    { "await", act_await },
	{ "close", act_close },	    { "abort", act_abort },	    { "die", act_die },
	{ "keepalive", act_keepalive }, { "timeout", act_timeout }, { "numbers", act_numbers },
	{ "strike", act_strike },   { "packet", act_packet },
};

int main(int argc, char **argv)
{
	struct act act = { .fd = -1, .word = argv + 1 };
	size_t i;

	(void)argc;
	while (*act.word) {
		const char *word = *act.word++;

		for (i = 0; i < sizeof(act_words) / sizeof(act_words[0]); i++)
			if (strcmp(word, act_words[i].name) == 0)
				break;
		if (i == sizeof(act_words) / sizeof(act_words[0])) {
			fputs(act_usage, stderr);
			return 2;
		}
		if (act_words[i].run(&act) != 0)
			fprintf(stderr, "act: %s ended so\n", word);
	}
	return 0;
}
