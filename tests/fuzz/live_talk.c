/* What the process that captures says to the one that parses: should a packet have got the better of it, it says
 * anything. Each message is a length and its bytes. */
#include "collect/live.c"
#include "tests/fuzz/fuzz.h"

static void send_messages(int fd, struct fuzz *in)
{
	struct live_message message;

	for (int i = 0; i < 4 && in->left; i++) {
		size_t n = (uint32_t)fuzz_number(in, 1) & 1 ? sizeof message : fuzz_number(in, 2) % (sizeof message + 8);
		size_t some = in->left < n ? in->left : n;
		char bytes[sizeof message + 8];

		memset(bytes, 0x41, sizeof bytes);
		memcpy(bytes, in->at, some);
		in->at += some;
		in->left -= some;
		(void)!send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

static void said(enum status status, const struct error *err)
{
	FUZZ_HOLDS((unsigned)status <= STATUS_SYSTEM && status != STATUS_FINDING);
	FUZZ_HOLDS(!status || (err->status == status && memchr(err->text, 0, sizeof err->text) && err->text[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct live_request request = {.interface = "eth0"};
	struct live live = {.request = &request};
	struct fuzz in = {bytes, size};
	struct error err = {0};
	int ends[2], fd;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		abort();
	live.control = ends[0];
	send_messages(ends[1], &in);
	close(ends[1]);
	said(live_await_ready(&live, &err), &err);
	for (int i = 0; i < 4; i++) {
		err = (struct error){0};
		said(live_next(&live, &fd, &err), &err);
		if (fd >= 0)
			close(fd);
	}
	close(ends[0]);
	return 0;
}
