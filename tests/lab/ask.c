/* The lab's web client: many connections to web.c or to a proxy in front of it, a process for each
 * one that is open. Prints a line for each request: own|port|host|port|method|target|status or
 * what became of it instead (none: closed without an answer, reset, late, refused).
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include "tests/lab/talk.h"
#include "tests/lab/web.h"

static const char ask_usage[] =
	"usage: ask [OPTION]... HOST PORT [TARGET]...    targets in turn; % in one is a number of its own\n"
	"  -n N   connections (1)             -c N   at the same time (1)\n"
	"  -r N   requests on each (1)        -m MS  between them (0)\n"
	"  -a FILE  awaits this file between them\n"
	"  -b N   POST with a body of N bytes -t MS  patience (5000)\n"
	"  -w     waits for the server's FIN  -k     does not say close in the last request\n"
	"  -e END how it ends instead: reset-request (RST after half of the request),\n"
	"         reset-answer (RST after the first bytes of the answer), half (half of a head, then\n"
	"         waits), idle (says nothing, waits), leave (FIN while the answer is waited for)\n";

enum asking_end { ASK_ALL, RESET_REQUEST, RESET_ANSWER, HALF, IDLE, LEAVE, ASK_ENDINGS };

static const char *const asking_endings[ASK_ENDINGS] = {
	"all", "reset-request", "reset-answer", "half", "idle", "leave",
};

struct asker {
	int connections, concurrent, rounds, pause_ms, body_bytes, patience_ms, wait_fin, keep;
	enum asking_end ending;
	const char *awaited; /* NULL: nothing */
	struct addrinfo *address;
	char **targets;
	int target_count;
};

static void asked(int fd, const char *host, const char *method, const char *target,
		  const char *became)
{
	char own[NAME_BYTES], line[1024];
	int length;

	name_of(fd, getsockname, own);
	length = snprintf(line, sizeof(line), "%s|%s|%s|%s|%s\n", own, host, method, target, became);
	if (write(STDOUT_FILENO, line, length) != length)
		exit(1);
}

/* One write for one line: all processes write into one file. */
static void asked_error(int fd, const char *host, const char *method, const char *target)
{
	asked(fd, host, method, target,
	      errno == ECONNREFUSED ? "refused" :
	      errno == ECONNRESET || errno == EPIPE ? "reset" :
	      errno == ETIMEDOUT ? "late" : "failed");
}

static void target_fill(char *target, size_t size, const char *pattern, int number)
{
	const char *mark = strchr(pattern, '%');

	if (mark)
		snprintf(target, size, "%.*s%d%s", (int)(mark - pattern), pattern, number, mark + 1);
	else
		snprintf(target, size, "%s", pattern);
}

static size_t request_write(const struct asker *asker, char *bytes, size_t size,
			    const char *target, int last)
{
	const char *close_words = last && !asker->keep ? "Connection: close\r\n" : "";
	size_t n;

	if (!asker->body_bytes)
		return snprintf(bytes, size, "GET %s HTTP/1.1\r\nHost: shop.example\r\n"
				"User-Agent: lab\r\n%s\r\n", target, close_words);
	n = snprintf(bytes, size, "POST %s HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: lab\r\n"
		     "Content-Length: %d\r\n%s\r\n", target, asker->body_bytes, close_words);
	for (int i = 0; i < asker->body_bytes && n < size; i++)
		bytes[n++] = 'a' + i % 26;
	return n;
}

/* Reads one answer; 1: another may follow. */
static int answer_read(const struct asker *asker, struct inflow *in, const char *host,
		       const char *method, const char *target)
{
	int head_bytes = inflow_head(in), status = 0;
	char became[NAME_BYTES], connection[NAME_BYTES];
	long body, got;

	if (head_bytes <= 0 || sscanf(in->bytes, "HTTP/1.%*d %d", &status) != 1) {
		if (head_bytes < 0)
			asked_error(in->fd, host, method, target);
		else
			asked(in->fd, host, method, target, "none");
		return 0;
	}
	snprintf(became, sizeof(became), "%d", status);
	if (asker->ending == RESET_ANSWER) {
		asked(in->fd, host, method, target, became);
		close_reset(in->fd);
		return 0;
	}
	head_value(in->bytes, "Connection", connection, sizeof(connection));
	body = head_length(in->bytes, -1);
	inflow_drop(in, head_bytes);
	got = inflow_body(in, body);
	if (body >= 0 && got < body)
		strcat(became, " cut");
	asked(in->fd, host, method, target, became);
	return body >= 0 && got == body && strcasecmp(connection, "close") != 0;
}

static void pause_ms(int ms)
{
	const struct timespec wait = { ms / 1000, ms % 1000 * 1000000L };

	if (ms > 0)
		nanosleep(&wait, NULL);
}

/* Until the file is there; not for ever. */
static void await(const char *file, int patience_ms)
{
	for (; file && access(file, F_OK) != 0 && patience_ms > 0; patience_ms -= 10)
		pause_ms(10);
}

/* Waits for the end that the other side makes; what it says before it is the answer. */
static void rest_read(const struct asker *asker, struct inflow *in, const char *host,
		      const char *method, const char *target)
{
	answer_read(asker, in, host, method, target);
	inflow_body(in, -1);
}

static int round_run(const struct asker *asker, struct inflow *in, const char *host, int number,
		     int last)
{
	static char request[1 << 17];
	const char *method = asker->body_bytes ? "POST" : "GET";
	char target[512];
	size_t length;

	target_fill(target, sizeof(target), asker->targets[number % asker->target_count], number);
	length = request_write(asker, request, sizeof(request), target, last);
	if (asker->ending == RESET_REQUEST || asker->ending == HALF)
		length /= 2;
	if (asker->ending != IDLE && send_all(in->fd, request, length) != 0) {
		asked_error(in->fd, host, method, target);
		return 0;
	}
	switch (asker->ending) {
	case RESET_REQUEST:
		pause_ms(asker->pause_ms);
		asked(in->fd, host, method, target, "-");
		close_reset(in->fd);
		return 0;
	case LEAVE:
		pause_ms(asker->pause_ms);
		asked(in->fd, host, method, target, "-");
		return 0;
	case HALF:
	case IDLE:
		rest_read(asker, in, host, method, target);
		return 0;
	default:
		return answer_read(asker, in, host, method, target);
	}
}

static void connection_run(const struct asker *asker, int index, const char *host)
{
	static struct inflow in;
	const struct addrinfo *to = asker->address;

	in = (struct inflow){ .fd = socket(to->ai_family, SOCK_STREAM, 0),
			      .patience_ms = asker->patience_ms };
	if (connect(in.fd, to->ai_addr, to->ai_addrlen) != 0) {
		asked_error(in.fd, host, "-", "-");
		return;
	}
	for (int i = 0; i < asker->rounds; i++) {
		if (i > 0) {
			pause_ms(asker->pause_ms);
			await(asker->awaited, asker->patience_ms);
		}
		if (!round_run(asker, &in, host, index * asker->rounds + i, i + 1 == asker->rounds))
			break;
	}
	if (asker->wait_fin)
		inflow_body(&in, -1);
}

static void connections_run(const struct asker *asker, const char *host)
{
	int running = 0;

	for (int i = 0; i < asker->connections; i++) {
		if (running == asker->concurrent && wait(NULL) > 0)
			running--;
		if (fork() == 0) {
			connection_run(asker, i, host);
			_exit(0);
		}
		running++;
	}
	while (wait(NULL) > 0)
		;
}

static int ending_parse(const char *text, enum asking_end *ending)
{
	for (int i = 0; i < ASK_ENDINGS; i++) {
		if (strcmp(text, asking_endings[i]) == 0) {
			*ending = i;
			return 0;
		}
	}
	return -1;
}

static int asker_parse(struct asker *asker, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:c:r:m:a:b:t:wke:")) != -1) {
		switch (option) {
		case 'n': asker->connections = atoi(optarg); break;
		case 'c': asker->concurrent = atoi(optarg); break;
		case 'r': asker->rounds = atoi(optarg); break;
		case 'm': asker->pause_ms = atoi(optarg); break;
		case 'a': asker->awaited = optarg; break;
		case 'b': asker->body_bytes = atoi(optarg); break;
		case 't': asker->patience_ms = atoi(optarg); break;
		case 'w': asker->wait_fin = 1; break;
		case 'k': asker->keep = 1; break;
		case 'e':
			if (ending_parse(optarg, &asker->ending) != 0)
				return -1;
			break;
		default:
			return -1;
		}
	}
	return argc - optind >= 2 ? 0 : -1;
}

int main(int argc, char **argv)
{
	static char root[] = "/", *roots[] = { root };
	struct asker asker = { .connections = 1, .concurrent = 1, .rounds = 1, .patience_ms = 5000,
			       .targets = roots, .target_count = 1 };
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				  .ai_socktype = SOCK_STREAM };
	char host[NAME_BYTES];

	if (asker_parse(&asker, argc, argv) != 0) {
		fputs(ask_usage, stderr);
		return 2;
	}
	if (argc - optind > 2) {
		asker.targets = argv + optind + 2;
		asker.target_count = argc - optind - 2;
	}
	if (getaddrinfo(argv[optind], argv[optind + 1], &hints, &asker.address) != 0) {
		fprintf(stderr, "ask: %s: no address\n", argv[optind]);
		return 1;
	}
	snprintf(host, sizeof(host), "%s|%s", argv[optind], argv[optind + 1]);
	connections_run(&asker, host);
	freeaddrinfo(asker.address);
	return 0;
}
