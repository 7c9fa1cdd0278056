/* policy.csv: any file is rows, or names a line; and a row that is said to be hidden never is the first to match. */
#include "correlate/policy.h"
#include "tests/fuzz/fuzz.h"

#undef POLICY_BYTES_MAX
#define POLICY_BYTES_MAX (1u << 16) /* to allocate what is allowed is most of the work otherwise */
#include "correlate/policy_file.c"

static void ask(const struct policy *policy, struct fuzz *in)
{
	struct policy_ask what = {.version = fuzz_number(in, 1) & 1 ? 6 : 4, .proto = (uint8_t)fuzz_number(in, 1)};
	uint32_t row;

	memcpy(&what.src, in->at, in->left < sizeof what.src ? in->left : sizeof what.src);
	what.dport = (uint16_t)fuzz_number(in, 2);
	memcpy(&what.dst, in->at, in->left < sizeof what.dst ? in->left : sizeof what.dst);
	row = policy_find(policy, &what);
	FUZZ_HOLDS(row == POLICY_NO_ROW || row < policy->rows);
	FUZZ_HOLDS(row == POLICY_NO_ROW || policy_hidden_by(policy, row) == POLICY_NO_ROW);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	struct policy *policy = NULL;
	struct error err = {0};
	char name[32];
	int fd = fuzz_file(bytes, size, name);

	if (policy_read(&policy, name, &err))
		FUZZ_HOLDS(!policy && err.status == STATUS_INPUT && err.text[0]);
	else
		FUZZ_HOLDS(policy && policy->rows <= POLICY_ROWS_MAX);
	for (uint32_t i = 0; policy && i < policy->rows && i < 50; i++)
		FUZZ_HOLDS(policy_hidden_by(policy, i) == POLICY_NO_ROW || policy_hidden_by(policy, i) < i);
	for (int i = 0; policy && i < 8; i++)
		ask(policy, &in);
	policy_free(&policy);
	close(fd);
	return 0;
}
