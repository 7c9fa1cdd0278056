/* The lab's server: `serve PORT...` answers TCP and UDP on all addresses as each request asks
 * (talk.h), says "ready" once it listens, and ends by SIGTERM.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include "tests/lab/talk.h"

enum { SERVED_MAX = 1024 };

struct served {
	struct header header;
	uint8_t header_bytes[HEADER_BYTES];
	uint32_t read_bytes, written_bytes; /* of the running request and its answer */
};

struct server {
	struct pollfd polls[SERVED_MAX];
	struct served served[SERVED_MAX];
	int count;
	int tcp_count, udp_count; /* the first in polls, listening */
};

static volatile sig_atomic_t stop_asked;

static void on_stop(int number)
{
	stop_asked = number;
}

static int socket_listen(int type, uint16_t port)
{
	const int on = 1, off = 0;
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    (type == SOCK_STREAM && listen(fd, 512) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void served_end(struct server *server, int index, int reset)
{
	if (reset)
		close_reset(server->polls[index].fd);
	else
		close(server->polls[index].fd);
	server->count--;
	server->polls[index] = server->polls[server->count];
	server->served[index] = server->served[server->count];
}

static void served_accept(struct server *server, int listening)
{
	while (server->count < SERVED_MAX) {
		int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		server->polls[server->count] = (struct pollfd){ .fd = fd, .events = POLLIN };
		server->served[server->count++] = (struct served){ 0 };
	}
}

/* 0: go on; 1: the session is over; 2: end it with a RST. */
static int served_read(struct served *served, struct pollfd *poll_)
{
	uint8_t bytes[CHUNK_BYTES];
	uint32_t wanted = served->read_bytes < HEADER_BYTES ?
				  HEADER_BYTES - served->read_bytes :
				  served->header.request_bytes - served->read_bytes;
	ssize_t got = recv(poll_->fd, bytes, wanted < CHUNK_BYTES ? wanted : CHUNK_BYTES, 0);

	if (got <= 0)
		return got == 0 || !would_block();
	if (served->read_bytes < HEADER_BYTES) {
		memcpy(served->header_bytes + served->read_bytes, bytes, got);
		if (served->read_bytes + got == HEADER_BYTES) {
			if (header_read(served->header_bytes, &served->header) != 0)
				return 2;
			if (served->header.ending == END_UNREAD)
				return 1;
		}
	}
	served->read_bytes += got;
	if (served->read_bytes >= HEADER_BYTES &&
	    served->read_bytes == served->header.request_bytes &&
	    served->header.ending != END_SILENT)
		poll_->events = POLLOUT;
	return 0;
}

static int served_write(struct served *served, struct pollfd *poll_)
{
	uint8_t bytes[CHUNK_BYTES];
	uint32_t left = served->header.answer_bytes - served->written_bytes;
	uint32_t length = left < CHUNK_BYTES ? left : CHUNK_BYTES;

	filler_write(bytes, length, stream_of(&served->header, 1), served->written_bytes);
	ssize_t sent = send(poll_->fd, bytes, length, MSG_NOSIGNAL);
	if (sent < 0)
		return !would_block();
	served->written_bytes += sent;
	if (served->written_bytes < served->header.answer_bytes)
		return 0;
	if (served->header.ending == END_SERVER_FIN)
		return 1;
	if (served->header.ending == END_SERVER_RST)
		return 2;
	*served = (struct served){ 0 };
	poll_->events = POLLIN;
	return 0;
}

static void datagram_answer(int fd)
{
	uint8_t bytes[CHUNK_BYTES];
	struct sockaddr_storage peer;
	socklen_t peer_length = sizeof(peer);
	struct header header;
	ssize_t got;

	while ((got = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&peer,
			       &peer_length)) >= 0) {
		if (got < HEADER_BYTES || header_read(bytes, &header) != 0)
			continue;
		if (header.ending == END_SILENT || header.answer_bytes > DATAGRAM_BYTES_MAX)
			continue;
		filler_write(bytes + HEADER_BYTES, header.answer_bytes, stream_of(&header, 1), 0);
		sendto(fd, bytes,
		       header.answer_bytes < HEADER_BYTES ? HEADER_BYTES : header.answer_bytes, 0,
		       (struct sockaddr *)&peer, peer_length);
	}
}

static void server_step(struct server *server, int index)
{
	struct pollfd *poll_ = &server->polls[index];
	int over;

	if (index < server->tcp_count) {
		served_accept(server, poll_->fd);
	} else if (index < server->tcp_count + server->udp_count) {
		datagram_answer(poll_->fd);
	} else {
		over = poll_->events == POLLOUT ? served_write(&server->served[index], poll_) :
						  served_read(&server->served[index], poll_);
		if (over)
			served_end(server, index, over == 2);
	}
}

int main(int argc, char **argv)
{
	static struct server server;
	const struct sigaction action = { .sa_handler = on_stop };
	sigset_t blocked, before;

	for (int type = 0; type < 2; type++) {
		for (int i = 1; i < argc; i++) {
			int fd = socket_listen(type ? SOCK_DGRAM : SOCK_STREAM, atoi(argv[i]));

			if (fd < 0) {
				fprintf(stderr, "serve: port %s: %s\n", argv[i], strerror(errno));
				return 1;
			}
			server.polls[server.count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
			*(type ? &server.udp_count : &server.tcp_count) += 1;
		}
	}
	/* Signals come in while waiting only, so that none is missed. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	sigaction(SIGTERM, &action, NULL);
	puts("ready");
	fflush(stdout);
	while (!stop_asked) {
		if (ppoll(server.polls, server.count, NULL, &before) <= 0)
			continue;
		/* From the end, since an ended session takes the last one's place. */
		for (int i = server.count - 1; i >= 0; i--)
			if (server.polls[i].revents)
				server_step(&server, i);
	}
	return 0;
}
