#include "collect/mapped.h"

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

void mapped_watch(void)
{
	struct sigaction action = {.sa_handler = on_bus_error};

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}
