/* What the two ends of an HTTP exchange in the lab, ask.c and web.c, share: heads read from
 * a socket, addresses as the log files name them.
 */
#ifndef CROSSTAP_TESTS_WEB_H
#define CROSSTAP_TESTS_WEB_H

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_BYTES_MAX = 8192, NAME_BYTES = 64 };

/* One direction of a connection, read as far as it came. */
struct inflow {
	int fd;
	int patience_ms; /* what a read may take; -1: for ever */
	size_t length;
	char bytes[HEAD_BYTES_MAX + 1];
};

/* 1: more is there; 0: the other end is done; -1: it broke, or said nothing for too long */
static inline int inflow_more(struct inflow *in)
{
	struct pollfd poll_ = { .fd = in->fd, .events = POLLIN };
	ssize_t got;

	if (in->length >= HEAD_BYTES_MAX)
		return -1;
	errno = ETIMEDOUT;
	if (poll(&poll_, 1, in->patience_ms) != 1)
		return -1;
	got = recv(in->fd, in->bytes + in->length, HEAD_BYTES_MAX - in->length, 0);
	if (got > 0)
		in->length += got;
	in->bytes[in->length] = 0;
	return got > 0 ? 1 : (int)got;
}

static inline void inflow_drop(struct inflow *in, size_t count)
{
	memmove(in->bytes, in->bytes + count, in->length - count + 1);
	in->length -= count;
}

/* Reads until a whole head is there; its length with the empty line, or as inflow_more. */
static inline int inflow_head(struct inflow *in)
{
	for (;;) {
		const char *end = strstr(in->bytes, "\r\n\r\n");
		int more;

		if (end)
			return (int)(end + 4 - in->bytes);
		if ((more = inflow_more(in)) <= 0)
			return more;
	}
}

/* Takes `wanted` bytes away, or all until the end where it is negative; how many it got. */
static inline long inflow_body(struct inflow *in, long wanted)
{
	long got = 0;

	while (wanted < 0 || got < wanted) {
		long take = (long)in->length;

		if (wanted >= 0 && take > wanted - got)
			take = wanted - got;
		inflow_drop(in, take);
		got += take;
		if (got != wanted && in->length == 0 && inflow_more(in) <= 0)
			break;
	}
	return got;
}

/* The value of a header, copied; empty where there is none. */
static inline void head_value(const char *head, const char *name, char *value, size_t size)
{
	const char *line = strstr(head, "\r\n"), *end = strstr(head, "\r\n\r\n");
	size_t length = strlen(name), n = 0;

	value[0] = 0;
	for (; line && line < end; line = strstr(line + 2, "\r\n")) {
		const char *at = line + 2;

		if (strncasecmp(at, name, length) != 0 || at[length] != ':')
			continue;
		for (at += length + 1; *at == ' '; at++)
			;
		while (*at && *at != '\r' && n + 1 < size)
			value[n++] = *at++;
		value[n] = 0;
		return;
	}
}

static inline long head_length(const char *head, long otherwise)
{
	char value[NAME_BYTES];

	head_value(head, "Content-Length", value, sizeof(value));
	return value[0] ? atol(value) : otherwise;
}

static inline int send_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

		if (sent < 0)
			return -1;
		bytes += sent;
		length -= sent;
	}
	return 0;
}

/* "ADDRESS|PORT", an IPv4 address in IPv6 clothes as IPv4 */
static inline void name_of(int fd, int (*which)(int, struct sockaddr *, socklen_t *), char *name)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);
	char host[48] = "", port[8] = "";
	const char *shown = host;

	which(fd, (struct sockaddr *)&address, &length);
	getnameinfo((struct sockaddr *)&address, length, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	if (strncmp(host, "::ffff:", 7) == 0)
		shown += 7;
	snprintf(name, NAME_BYTES, "%s|%s", shown, port);
}

#endif
