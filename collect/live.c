#include "collect/live.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/live_talk.h"

struct live {
	const struct live_request *request;
	pid_t child;
	int control;
	struct live_shared *shared;
	bool over;
};

/* The child reads what strangers sent: should it have been taken over, what it says is as strange. */
static bool live_is_sound(const struct live_message *message)
{
	const struct error *error = &message->error;

	if (message->word != LIVE_FAILED)
		return message->word == LIVE_READY || message->word == LIVE_SEGMENT || message->word == LIVE_OVER;
	return error->status >= STATUS_USAGE && error->status <= STATUS_SYSTEM && *error->text &&
	       memchr(error->text, 0, sizeof error->text);
}

/* One message; false: the child is gone, or out of its mind. *fd is the descriptor of LIVE_SEGMENT, else -1. */
static bool live_hear(struct live *live, struct live_message *message, int *fd)
{
	char room[CMSG_SPACE(sizeof *fd)];
	struct iovec bytes = {message, sizeof *message};
	struct msghdr header = {.msg_iov = &bytes, .msg_iovlen = 1,
				.msg_control = room, .msg_controllen = sizeof room};
	const struct cmsghdr *passed;
	bool sound;
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(live->control, &header, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	passed = n > 0 ? CMSG_FIRSTHDR(&header) : NULL;
	if (passed && passed->cmsg_level == SOL_SOCKET && passed->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(passed), sizeof *fd);
	sound = n == (ssize_t)sizeof *message && live_is_sound(message) &&
		(message->word == LIVE_SEGMENT) == (*fd >= 0);
	if (!sound && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return sound;
}

static enum status live_died(const struct live *live, struct error *err)
{
	return error_set(err, STATUS_SYSTEM, "%s: the process that captures has died",
			 live->request->interface);
}

static enum status live_await_ready(struct live *live, struct error *err)
{
	struct live_message message;
	int fd;

	if (!live_hear(live, &message, &fd) || (message.word != LIVE_READY && message.word != LIVE_FAILED)) {
		if (fd >= 0)
			close(fd);
		return live_died(live, err);
	}
	if (message.word == LIVE_FAILED)
		*err = message.error;
	return message.word == LIVE_FAILED ? message.error.status : STATUS_OK;
}

static int live_set_up(struct live *live, int ends[2])
{
	void *shared = mmap(NULL, sizeof *live->shared, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return errno;
	live->shared = shared;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return errno;
	live->control = ends[0];
	return 0;
}

enum status live_open(struct live **out, const struct live_request *request, struct error *err)
{
	struct live *live = calloc(1, sizeof *live);
	enum status status;
	int ends[2], failure;

	*out = live;
	if (!live)
		return error_errno(err, ENOMEM, "%s", request->interface);
	live->request = request;
	live->control = -1;
	failure = live_set_up(live, ends);
	if (failure) {
		live_close(out);
		return error_errno(err, failure, "%s", request->interface);
	}
	live->child = fork();
	failure = errno;
	if (live->child == 0) {
		close(ends[0]);
		live_child_run(request, ends[1], live->shared);
	}
	close(ends[1]);
	status = live->child < 0 ? error_errno(err, failure, "%s", request->interface)
				 : live_await_ready(live, err);
	if (status)
		live_close(out);
	return status;
}

enum status live_next(struct live *live, int *fd, struct error *err)
{
	struct live_message message;

	*fd = -1;
	if (live->over)
		return STATUS_OK;
	live->over = true;
	if (!live_hear(live, &message, fd))
		return live_died(live, err);
	if (message.word == LIVE_FAILED) {
		*err = message.error;
		return message.error.status;
	}
	live->over = message.word != LIVE_SEGMENT;
	return STATUS_OK;
}

void live_stop(struct live *live)
{
	static const char stop = LIVE_STOP;

	/* One that does not listen any more has come to its end. */
	(void)!send(live->control, &stop, sizeof stop, MSG_NOSIGNAL | MSG_DONTWAIT);
}

struct live_counts live_counts(const struct live *live)
{
	const struct live_shared *s = live->shared;

	return (struct live_counts){s->packets, s->bytes, s->received, s->dropped, s->missed};
}

void live_close(struct live **out)
{
	struct live *live = *out;

	if (!live)
		return;
	if (live->control >= 0)
		close(live->control);
	if (live->child > 0) {
		kill(live->child, SIGKILL);
		while (waitpid(live->child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (live->shared)
		munmap(live->shared, sizeof *live->shared);
	free(live);
	*out = NULL;
}
