/* The lab's server that never closes: `hold PORT` accepts, lets the kernel acknowledge, reads nothing and
 * closes nothing. It says "ready" once it listens, and ends by SIGTERM.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (argc != 2)
		return 2;
	address.sin_port = htons((uint16_t)atoi(argv[1]));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 64) != 0) {
		perror("hold");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (accept(fd, NULL, NULL) >= 0)
		;
	return 1;
}
