/* The lab's web server: HTTP/1.1, a process for each connection, what it does is asked for by
 * the target's first word. See web_usage and targets[]. A PROXY header (text or binary) in front
 * of the first request is taken off. Says "ready" once it listens.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include "tests/lab/talk.h"
#include "tests/lab/web.h"

static const char web_usage[] =
	"usage: web LOG PORT...\n"
	"  LOG gets a line for each request, before it is answered:\n"
	"  peer|port|own|port|X-Request-ID|method|target|status or what it does instead\n"
	"  /page/N      N bytes, the same for the same target; / is /page/512\n"
	"  /new/N       N bytes, never the same twice      /last/N  says close, and closes\n"
	"  /status/N    that status                        /late/MS    answers so much later\n"
	"  /silent      reads, never answers\n"
	"  /broken      no HTTP                            /invalid    200 and a broken header\n"
	"  /cut/N  /reset/N  FIN or RST after half of N bytes   /abort  RST before any answer\n";

enum { PORTS_MAX = 16, BODY_BYTES_MAX = 1 << 20 };

struct visit {
	struct inflow in;
	FILE *log;
	char method[16], target[512], id[NAME_BYTES];
	char peer[NAME_BYTES], own[NAME_BYTES];
	int keep;
};

/* ---- answers ---- */

static void visit_log(struct visit *visit, const char *what)
{
	fprintf(visit->log, "%s|%s|%s|%s|%s|%s\n", visit->peer, visit->own, visit->id,
		visit->method, visit->target, what);
	fflush(visit->log);
}

static int visit_answer(struct visit *visit, int status, long length, long sent, uint32_t stream)
{
	char *answer = malloc(1024 + length), code[16];
	size_t head;

	snprintf(code, sizeof(code), "%d", status);
	visit_log(visit, code);
	head = sprintf(answer,
		       "HTTP/1.1 %d %s\r\nServer: lab\r\nContent-Type: text/plain\r\n"
		       "Content-Length: %ld\r\n%s\r\n",
		       status, status < 400 ? "OK" : "No", length,
		       visit->keep ? "" : "Connection: close\r\n");
	filler_write((uint8_t *)answer + head, length, stream, 0);
	for (long i = 0; i < length; i++)
		answer[head + i] = 'a' + (answer[head + i] & 15);
	int failed = send_all(visit->in.fd, answer, head + sent);
	free(answer);
	return failed || !visit->keep ? -1 : 0;
}

static uint32_t target_stream(const char *target)
{
	uint64_t sum = 1;

	for (; *target; target++)
		sum = random_mix(sum + (uint8_t)*target);
	return (uint32_t)sum;
}

static int answer_page(struct visit *visit, long number)
{
	return visit_answer(visit, 200, number, number, target_stream(visit->target));
}

static int answer_new(struct visit *visit, long number)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return visit_answer(visit, 200, number, number,
			    (uint32_t)random_mix(now.tv_sec * 1000000000L + now.tv_nsec));
}

static int answer_last(struct visit *visit, long number)
{
	visit->keep = 0;
	return answer_page(visit, number);
}

static int answer_status(struct visit *visit, long number)
{
	return visit_answer(visit, (int)number, 100, 100, target_stream(visit->target));
}

static int answer_late(struct visit *visit, long number)
{
	const struct timespec wait = { number / 1000, number % 1000 * 1000000 };

	nanosleep(&wait, NULL);
	return visit_answer(visit, 200, 200, 200, target_stream(visit->target));
}

static int answer_silent(struct visit *visit, long number)
{
	visit_log(visit, "silent");
	inflow_body(&visit->in, -1);
	return -1;
}

static int answer_broken(struct visit *visit, long number)
{
	visit_log(visit, "broken");
	send_all(visit->in.fd, "220 this is not what you think\r\n\r\n", 34);
	return -1;
}

/* Names a status, then a header that is none: what a proxy answers in its place is its own. */
static int answer_invalid(struct visit *visit, long number)
{
	const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nno header\r\n\r\ntext";

	visit_log(visit, "200");
	send_all(visit->in.fd, answer, sizeof(answer) - 1);
	return -1;
}

static int answer_cut(struct visit *visit, long number)
{
	visit_answer(visit, 200, number, number / 2, target_stream(visit->target));
	return -1;
}

static int answer_reset(struct visit *visit, long number)
{
	answer_cut(visit, number);
	close_reset(visit->in.fd);
	return -1;
}

static int answer_abort(struct visit *visit, long number)
{
	visit_log(visit, "abort");
	close_reset(visit->in.fd);
	return -1;
}

/* An answer's function says 0 to go on with the connection, -1 to close it. */
static const struct {
	const char *word;
	int (*answer)(struct visit *visit, long number);
} targets[] = {
	{ "page", answer_page },     { "new", answer_new },	{ "last", answer_last },
	{ "status", answer_status }, { "late", answer_late },	{ "silent", answer_silent },
	{ "broken", answer_broken }, { "invalid", answer_invalid }, { "cut", answer_cut },
	{ "reset", answer_reset },   { "abort", answer_abort },
};

static int visit_serve(struct visit *visit)
{
	char word[16] = "page";
	long number = 512;

	sscanf(visit->target, "/%15[a-z]/%ld", word, &number);
	if (number < 0 || number > BODY_BYTES_MAX)
		number = 512;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (strcmp(targets[i].word, word) == 0)
			return targets[i].answer(visit, number);
	return visit_answer(visit, 404, 100, 100, 0);
}

/* ---- requests ---- */

static int proxy_text_skip(struct inflow *in)
{
	while (!strstr(in->bytes, "\r\n"))
		if (inflow_more(in) <= 0)
			return -1;
	inflow_drop(in, strstr(in->bytes, "\r\n") + 2 - in->bytes);
	return 0;
}

static int proxy_binary_skip(struct inflow *in)
{
	size_t length;

	while (in->length < 16)
		if (inflow_more(in) <= 0)
			return -1;
	length = 16 + ((uint8_t)in->bytes[14] << 8 | (uint8_t)in->bytes[15]);
	while (in->length < length)
		if (inflow_more(in) <= 0)
			return -1;
	inflow_drop(in, length);
	return 0;
}

/* HAProxy's PROXY protocol, section 2: both forms are known by their first bytes. */
static int proxy_skip(struct inflow *in)
{
	while (in->length < 6)
		if (inflow_more(in) <= 0)
			return -1;
	if (memcmp(in->bytes, "PROXY ", 6) == 0)
		return proxy_text_skip(in);
	return memcmp(in->bytes, "\r\n\r\n\0\r", 6) == 0 ? proxy_binary_skip(in) : 0;
}

/* One request and its answer; -1: the connection is over. */
static int visit_request(struct visit *visit)
{
	int head_bytes = inflow_head(&visit->in), minor = 0;
	char connection[NAME_BYTES];

	if (head_bytes <= 0 || sscanf(visit->in.bytes, "%15s %511s HTTP/1.%d", visit->method,
				      visit->target, &minor) != 3)
		return -1;
	head_value(visit->in.bytes, "X-Request-ID", visit->id, sizeof(visit->id));
	head_value(visit->in.bytes, "Connection", connection, sizeof(connection));
	visit->keep = minor == 1 ? strcasecmp(connection, "close") != 0 :
				   strcasecmp(connection, "keep-alive") == 0;
	long body = head_length(visit->in.bytes, 0);
	inflow_drop(&visit->in, head_bytes);
	if (inflow_body(&visit->in, body) < body)
		return -1;
	return visit_serve(visit);
}

static void visit_run(int fd, FILE *log)
{
	static struct visit visit;

	visit = (struct visit){ .in = { .fd = fd, .patience_ms = -1 }, .log = log };
	name_of(fd, getpeername, visit.peer);
	name_of(fd, getsockname, visit.own);
	if (proxy_skip(&visit.in) == 0)
		while (visit_request(&visit) == 0)
			;
}

static int port_listen(int port)
{
	const int on = 1, off = 0;
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 256) == 0)
		return fd;
	perror("web: listen");
	exit(1);
}

int main(int argc, char **argv)
{
	struct pollfd polls[PORTS_MAX];
	int count = argc - 2;
	FILE *log;

	if (count < 1 || count > PORTS_MAX || !(log = fopen(argv[1], "a"))) {
		fputs(web_usage, stderr);
		return 2;
	}
	for (int i = 0; i < count; i++)
		polls[i] = (struct pollfd){ .fd = port_listen(atoi(argv[i + 2])), .events = POLLIN };
	signal(SIGCHLD, SIG_IGN);
	puts("ready");
	fclose(stdout);
	while (poll(polls, count, -1) >= 0 || errno == EINTR) {
		for (int i = 0; i < count; i++) {
			int fd = polls[i].revents & POLLIN ? accept(polls[i].fd, NULL, NULL) : -1;

			if (fd >= 0 && fork() == 0) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				visit_run(fd, log);
				_exit(0);
			}
			close(fd);
		}
	}
	return 0;
}
