/* The lab's client: opens sessions to serve.c, sees them through and prints what became of each
 * as JSON, a line for each session and one for all. See call_usage.
 */
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "tests/lab/talk.h"

enum { SESSIONS_MAX = 4096 };

static const char *const ending_names[ENDINGS] = {
	[END_FIN] = "fin",		    [END_RST] = "rst",
	[END_HALF] = "half",		    [END_CLIENT_UNREAD] = "client-unread",
	[END_SERVER_FIN] = "server-fin",    [END_SERVER_RST] = "server-rst",
	[END_UNREAD] = "unread",	    [END_SILENT] = "silent",
};

static const char call_usage[] =
	"usage: call [OPTION]... HOST PORT\n"
	"  -n N  sessions (1)               -c N   at the same time (1)\n"
	"  -r N  requests in each (1)       -t MS  patience (2000)\n"
	"  -q MIN[-MAX]  bytes of a request (100)   -a MIN[-MAX]  of an answer (1000)\n"
	"  -e END  fin rst half client-unread server-fin server-rst unread silent\n"
	"  -u    UDP                        -s N   seed (1)\n"
	"  -b N  the first session's own port; the others count up\n"
	"  -p MS the next session begins so long after the last one, on the average, not at once\n";

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

enum outcome { RUNNING, OK, REFUSED, RESET, TIMEOUT, UNREACHABLE, CLOSED, FAILED, OUTCOMES };

static const char *const outcome_names[OUTCOMES] = {
	"running", "ok", "refused", "reset", "timeout", "unreachable", "closed", "failed",
};

enum step { CONNECTING, ASKING, LISTENING, ENDING };

struct session {
	enum step step;
	enum outcome outcome;
	struct header header;
	uint32_t round, done_bytes; /* of the running request or answer */
	uint32_t sent_bytes, received_bytes, lost; /* over all rounds; lost datagrams */
	int64_t begin_us, connected_us, deadline_us;
};

struct caller {
	int sessions, concurrent, rounds, patience_ms, datagrams, first_port, pace_ms;
	int64_t next_us; /* with a pace: when the next session may begin */
	uint32_t request_min, request_max, answer_min, answer_max;
	uint64_t seed;
	enum ending ending;
	struct addrinfo *address;
	struct pollfd polls[SESSIONS_MAX];
	struct session session[SESSIONS_MAX];
};

static enum outcome outcome_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return REFUSED;
	case ECONNRESET:
	case EPIPE:
		return RESET;
	case ETIMEDOUT:
		return TIMEOUT;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EACCES:
		return UNREACHABLE;
	default:
		return FAILED;
	}
}

static void session_over(struct caller *caller, int index, enum outcome outcome)
{
	struct session *session = &caller->session[index];
	struct sockaddr_storage own = { 0 };
	socklen_t length = sizeof(own);
	char host[64] = "", port[16] = "";

	getsockname(caller->polls[index].fd, (struct sockaddr *)&own, &length);
	getnameinfo((struct sockaddr *)&own, length, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	session->outcome = outcome;
	printf("{\"session\":%d,\"address\":\"%s\",\"port\":%s,\"outcome\":\"%s\",\"sent\":%u,"
	       "\"received\":%u,\"lost\":%u,\"handshake_us\":%lld}\n",
	       index, host, port, outcome_names[outcome], session->sent_bytes,
	       session->received_bytes, session->lost,
	       session->connected_us ? (long long)(session->connected_us - session->begin_us) : -1);
	if (outcome == OK && caller->ending == END_RST)
		close_reset(caller->polls[index].fd);
	else
		close(caller->polls[index].fd);
	caller->polls[index].fd = -1;
}

static void round_begin(struct caller *caller, int index)
{
	struct session *session = &caller->session[index];
	uint64_t seed = random_mix(caller->seed << 32 | (uint64_t)index << 12 | session->round);
	int last = (int)session->round == caller->rounds - 1;

	session->header = (struct header){
		.request_bytes = random_between(seed, caller->request_min, caller->request_max),
		.answer_bytes = random_between(seed + 1, caller->answer_min, caller->answer_max),
		.ending = last ? caller->ending : END_FIN,
		.session = (uint32_t)(caller->seed << 12) + index,
		.round = session->round,
	};
	session->done_bytes = 0;
	session->step = ASKING;
	session->deadline_us = now_us() + caller->patience_ms * 1000LL;
	caller->polls[index].events = POLLOUT;
}

static void session_begin(struct caller *caller, int index)
{
	struct addrinfo *to = caller->address;
	struct sockaddr_storage own = { .ss_family = to->ai_family };
	int on = 1, fd = socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct session *session = &caller->session[index];

	caller->polls[index] = (struct pollfd){ .fd = fd, .events = POLLOUT };
	session->begin_us = now_us();
	session->deadline_us = session->begin_us + caller->patience_ms * 1000LL;
	if (caller->first_port) {
		/* The port lies at the same place in both families. */
		((struct sockaddr_in *)&own)->sin_port = htons(caller->first_port + index);
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(fd, (struct sockaddr *)&own, to->ai_addrlen) != 0) {
			session_over(caller, index, FAILED);
			return;
		}
	}
	if (connect(fd, to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS)
		session_over(caller, index, outcome_of(errno));
}

static void round_over(struct caller *caller, int index)
{
	struct session *session = &caller->session[index];

	session->round++;
	if ((int)session->round < caller->rounds) {
		round_begin(caller, index);
	} else if (caller->ending == END_HALF || caller->ending == END_SERVER_FIN ||
		   caller->ending == END_SERVER_RST) {
		if (caller->ending == END_HALF)
			shutdown(caller->polls[index].fd, SHUT_WR);
		session->step = ENDING;
		caller->polls[index].events = POLLIN;
	} else {
		session_over(caller, index, OK);
	}
}

static void session_ask(struct caller *caller, int index)
{
	struct session *session = &caller->session[index];
	uint8_t bytes[CHUNK_BYTES];
	uint32_t left = session->header.request_bytes - session->done_bytes;
	uint32_t length = left < CHUNK_BYTES ? left : CHUNK_BYTES;

	filler_write(bytes, length, stream_of(&session->header, 0), session->done_bytes);
	if (session->done_bytes == 0)
		header_write(bytes, &session->header);
	ssize_t sent = send(caller->polls[index].fd, bytes, length, MSG_NOSIGNAL);
	if (sent < 0) {
		if (!would_block())
			session_over(caller, index, outcome_of(errno));
		return;
	}
	session->sent_bytes += sent;
	session->done_bytes += sent;
	if (session->done_bytes < session->header.request_bytes)
		return;
	session->step = LISTENING;
	session->done_bytes = 0;
	caller->polls[index].events = POLLIN;
}

static void session_listen(struct caller *caller, int index)
{
	struct session *session = &caller->session[index];
	uint8_t bytes[CHUNK_BYTES];
	ssize_t got = recv(caller->polls[index].fd, bytes, sizeof(bytes), 0);

	if (got < 0) {
		if (would_block())
			return;
		/* A RST is what this ending is about; elsewhere it is news. */
		session_over(caller, index,
			     session->step == ENDING && caller->ending == END_SERVER_RST ?
				     OK :
				     outcome_of(errno));
		return;
	}
	if (got == 0 && !caller->datagrams) {
		session_over(caller, index, session->step == ENDING ? OK : CLOSED);
		return;
	}
	session->received_bytes += got;
	session->done_bytes += got;
	if (session->step == LISTENING && caller->ending == END_CLIENT_UNREAD)
		session_over(caller, index, OK);
	else if (session->step == LISTENING &&
		 (caller->datagrams || session->done_bytes >= session->header.answer_bytes))
		round_over(caller, index);
}

static void session_step(struct caller *caller, int index)
{
	struct session *session = &caller->session[index];
	int error = 0;
	socklen_t length = sizeof(error);

	switch (session->step) {
	case CONNECTING:
		getsockopt(caller->polls[index].fd, SOL_SOCKET, SO_ERROR, &error, &length);
		if (error) {
			session_over(caller, index, outcome_of(error));
			return;
		}
		session->connected_us = now_us();
		round_begin(caller, index);
		break;
	case ASKING:
		session_ask(caller, index);
		break;
	default:
		session_listen(caller, index);
		break;
	}
}

static void session_late(struct caller *caller, int index)
{
	if (caller->datagrams && caller->session[index].step == LISTENING) {
		caller->session[index].lost++;
		round_over(caller, index);
	} else {
		session_over(caller, index, TIMEOUT);
	}
}

/* Whether the next session may begin now; from half the pace to one and a half apart. */
static int session_due(struct caller *caller, int index)
{
	int64_t pace_us = caller->pace_ms * 1000LL;

	if (pace_us && now_us() < caller->next_us)
		return 0;
	if (pace_us)
		caller->next_us = now_us() +
				  random_between(random_mix(caller->seed << 32 | (uint64_t)index),
						 pace_us / 2, pace_us * 3 / 2);
	return 1;
}

static int64_t sessions_wait(struct caller *caller, int begun)
{
	int64_t first_us = caller->pace_ms && begun < caller->sessions ? caller->next_us : INT64_MAX;

	for (int i = 0; i < begun; i++)
		if (caller->session[i].outcome == RUNNING && caller->session[i].deadline_us < first_us)
			first_us = caller->session[i].deadline_us;
	int64_t left_us = first_us == INT64_MAX ? 0 : first_us - now_us();
	poll(caller->polls, begun, left_us <= 0 ? 0 : (int)(left_us / 1000 + 1));
	return now_us();
}

static void sessions_run(struct caller *caller)
{
	int counts[OUTCOMES] = { 0 };
	int begun = 0;

	for (;;) {
		int running = 0;

		for (int i = 0; i < begun; i++)
			running += caller->session[i].outcome == RUNNING;
		if (!running && begun == caller->sessions)
			break;
		for (; running < caller->concurrent && begun < caller->sessions &&
		       session_due(caller, begun); begun++, running++)
			session_begin(caller, begun);
		int64_t time_us = sessions_wait(caller, begun);
		for (int i = 0; i < begun; i++) {
			if (caller->session[i].outcome != RUNNING)
				continue;
			if (caller->polls[i].revents)
				session_step(caller, i);
			else if (caller->session[i].deadline_us <= time_us)
				session_late(caller, i);
		}
	}
	for (int i = 0; i < begun; i++)
		counts[caller->session[i].outcome]++;
	printf("{\"sessions\":%d", begun);
	for (int i = OK; i < OUTCOMES; i++)
		printf(",\"%s\":%d", outcome_names[i], counts[i]);
	puts("}");
}

static void range_parse(const char *text, uint32_t *low, uint32_t *high)
{
	char *end;

	*low = strtoul(text, &end, 10);
	*high = *end == '-' ? strtoul(end + 1, NULL, 10) : *low;
	if (*high < *low)
		*high = *low;
}

static int ending_parse(const char *text, enum ending *ending)
{
	for (int i = 0; i < ENDINGS; i++) {
		if (strcmp(text, ending_names[i]) == 0) {
			*ending = i;
			return 0;
		}
	}
	return -1;
}

static int caller_parse(struct caller *caller, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:c:r:t:q:a:e:us:b:p:")) != -1) {
		switch (option) {
		case 'n': caller->sessions = atoi(optarg); break;
		case 'c': caller->concurrent = atoi(optarg); break;
		case 'r': caller->rounds = atoi(optarg); break;
		case 't': caller->patience_ms = atoi(optarg); break;
		case 's': caller->seed = strtoull(optarg, NULL, 10); break;
		case 'b': caller->first_port = atoi(optarg); break;
		case 'p': caller->pace_ms = atoi(optarg); break;
		case 'u': caller->datagrams = 1; break;
		case 'q': range_parse(optarg, &caller->request_min, &caller->request_max); break;
		case 'a': range_parse(optarg, &caller->answer_min, &caller->answer_max); break;
		case 'e':
			if (ending_parse(optarg, &caller->ending) != 0)
				return -1;
			break;
		default:
			return -1;
		}
	}
	if (caller->request_min < HEADER_BYTES)
		caller->request_min = HEADER_BYTES;
	if (caller->request_max < caller->request_min)
		caller->request_max = caller->request_min;
	return argc - optind == 2 && caller->sessions <= SESSIONS_MAX && caller->concurrent > 0 ? 0 :
												  -1;
}

int main(int argc, char **argv)
{
	static struct caller caller = { .sessions = 1, .concurrent = 1, .rounds = 1,
					.patience_ms = 2000, .seed = 1,
					.request_min = 100, .request_max = 100,
					.answer_min = 1000, .answer_max = 1000 };
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };

	if (caller_parse(&caller, argc, argv) != 0) {
		fputs(call_usage, stderr);
		return 2;
	}
	hints.ai_socktype = caller.datagrams ? SOCK_DGRAM : SOCK_STREAM;
	if (getaddrinfo(argv[optind], argv[optind + 1], &hints, &caller.address) != 0) {
		fprintf(stderr, "call: %s: no address\n", argv[optind]);
		return 1;
	}
	sessions_run(&caller);
	freeaddrinfo(caller.address);
	return 0;
}
