#include "collect/process.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "collect/error.h"

/* Nothing is called but what a signal handler may call. */
static void on_bus_error(int number)
{
	static const char text[] =
		"crosstap: the store was cut off while it was read, or its disk cannot be read\n";

	(void)!write(STDERR_FILENO, text, sizeof text - 1);
	_exit(STATUS_INPUT);
}

/* /dev/null opened the other way round: it can be neither read nor written as what it stands for. */
static void process_keep_closed(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void process_begin(void)
{
	struct sigaction bus = {.sa_handler = on_bus_error}, ignored = {.sa_handler = SIG_IGN};

	process_keep_closed();
	sigemptyset(&bus.sa_mask);
	sigemptyset(&ignored.sa_mask);
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGXFSZ, &ignored, NULL);
}
