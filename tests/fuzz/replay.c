/* Gives files to a fuzz target: `TARGET FILE...`, each once; `TARGET -m N FILE...`, and N times more with some of its
 * bytes changed, always the same ones. Ends in 0, or as the target does. The last line is how often it ran. */
#include "tests/fuzz/fuzz.h"

enum { CHANGES_MAX = 6, FILE_MAX = 1 << 20 };

static uint32_t state;

static uint32_t random_below(uint32_t bound)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % bound;
}

/* Bytes at once: other ones, bits turned, numbers that are limits, a piece moved, taken out or doubled. */
static size_t change(uint8_t *bytes, size_t size)
{
	static const uint8_t limits[] = {0, 1, 0x7f, 0x80, 0xff};
	size_t at = random_below((uint32_t)size), from = random_below((uint32_t)size), n;

	n = 1 + random_below(16);
	n = n < size - (at > from ? at : from) ? n : size - (at > from ? at : from);
	switch (random_below(5)) {
	case 0:
		bytes[at] = (uint8_t)random_below(256);
		break;
	case 1:
		bytes[at] ^= (uint8_t)(1 << random_below(8));
		break;
	case 2:
		memset(bytes + at, limits[random_below(sizeof limits)], n < 4 ? n : 4);
		break;
	case 3:
		memmove(bytes + at, bytes + from, n);
		break;
	default:
		memmove(bytes + at, bytes + at + n, size - at - n);
		return size - n ? size - n : 1;
	}
	return size;
}

static void run(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); /* of just its size, for ASan */

	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void replay(const char *path, unsigned long times)
{
	static uint8_t bytes[FILE_MAX], changed[FILE_MAX];
	FILE *file = fopen(path, "rb");
	size_t size, n;

	if (!file) {
		perror(path);
		exit(2);
	}
	size = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	run(bytes, size);
	state = 2463534242;
	for (unsigned long i = 0; size && i < times; i++) {
		memcpy(changed, bytes, size);
		n = size;
		for (uint32_t k = 1 + random_below(CHANGES_MAX); k > 0; k--)
			n = change(changed, n);
		run(changed, n);
	}
}

int main(int argc, char **argv)
{
	bool mutates = argc > 3 && strcmp(argv[1], "-m") == 0;
	unsigned long times = mutates ? strtoul(argv[2], NULL, 10) : 0, ran = 0;

	for (int i = mutates ? 3 : 1; i < argc; i++, ran += 1 + times)
		replay(argv[i], times);
	printf("%lu\n", ran);
	return 0;
}
