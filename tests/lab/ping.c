/* Pings of any length: `ping COUNT BYTES ADDRESS` sends COUNT echo requests with BYTES of data, one
 * after the other, and prints how many were answered. An answer may take 300 ms. IPv4; needs root. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BYTES_MAX = 60000, PATIENCE_MS = 300 };

static uint16_t checksum(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < size; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Sends one and waits for its answer. */
static int answered(int fd, uint16_t number, size_t bytes)
{
	static uint8_t out[sizeof(struct icmphdr) + BYTES_MAX], in[BYTES_MAX + 1024];
	struct icmphdr header = {.type = ICMP_ECHO};
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	size_t size = sizeof header + bytes, i;

	header.un.echo.id = htons((uint16_t)getpid());
	header.un.echo.sequence = htons(number);
	memcpy(out, &header, sizeof header);
	for (i = sizeof header; i < size; i++)
		out[i] = (uint8_t)(i * 7 + number);
	header.checksum = checksum(out, size);
	memcpy(out, &header, sizeof header);
	if (send(fd, out, size, 0) < 0)
		return 0;
	while (poll(&wait, 1, PATIENCE_MS) > 0) {
		ssize_t got = recv(fd, in, sizeof in, 0);
		struct icmphdr answer;
		size_t at = got > 0 ? (in[0] & 15) * 4u : 0;

		if (got < (ssize_t)(at + sizeof answer))
			continue;
		memcpy(&answer, in + at, sizeof answer);
		if (answer.type == ICMP_ECHOREPLY && answer.un.echo.id == header.un.echo.id &&
		    answer.un.echo.sequence == header.un.echo.sequence)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	int count, bytes, i, good = 0, fd;

	if (argc != 4 || inet_pton(AF_INET, argv[3], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: ping COUNT BYTES ADDRESS\n");
		return 2;
	}
	count = atoi(argv[1]);
	bytes = atoi(argv[2]);
	if (count < 0 || bytes < 0 || bytes > BYTES_MAX)
		return 2;
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to)) {
		fprintf(stderr, "ping: %s\n", strerror(errno));
		return 4;
	}
	for (i = 0; i < count; i++)
		good += answered(fd, (uint16_t)i, (size_t)bytes);
	printf("%d\n", good);
	close(fd);
	return 0;
}
