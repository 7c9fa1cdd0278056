/* What the fuzz targets share. A target is one file of this folder: it gives whatever bytes there are to one
 * part of crosstap, and aborts where something does not hold that must hold for any bytes. libFuzzer calls
 * it (`make fuzz-quick`), and replay.c gives it files, so that a compiler without libFuzzer will do.
 */
#ifndef CROSSTAP_TESTS_FUZZ_H
#define CROSSTAP_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define FUZZ_HOLDS(condition)                                                                    \
	do {                                                                                     \
		if (!(condition)) {                                                              \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
			abort();                                                                 \
		}                                                                                \
	} while (0)

#define FUZZ_SEED UINT64_C(0x1122334455667788)

/* The input, read from its front. Behind its end everything is 0. */
struct fuzz {
	const uint8_t *at;
	size_t left;
};

static inline uint64_t fuzz_number(struct fuzz *in, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && in->left; i++, in->left--)
		value |= (uint64_t)*in->at++ << 8 * i;
	return value;
}

/* A copy of the next bytes, `most` at the most, in an allocation of just their size, so that ASan sees each read
 * outside. The caller frees. */
static inline uint8_t *fuzz_copy(struct fuzz *in, size_t most, size_t *size)
{
	uint8_t *copy;

	*size = in->left < most ? in->left : most;
	copy = calloc(*size + !*size, 1);
	if (!copy)
		abort();
	if (*size)
		memcpy(copy, in->at, *size);
	in->at += *size;
	in->left -= *size;
	return copy;
}

/* The same as a text: up to the first zero, which is passed over. */
static inline char *fuzz_text(struct fuzz *in)
{
	size_t n = strnlen((const char *)in->at, in->left), passed = n < in->left ? n + 1 : n;
	char *text = malloc(n + 1);

	if (!text)
		abort();
	if (n)
		memcpy(text, in->at, n);
	text[n] = '\0';
	in->at += passed;
	in->left -= passed;
	return text;
}

/* A file of these bytes, which has a name, though nowhere on a disk; -1 does not happen. To be closed. */
static inline int fuzz_file(const uint8_t *bytes, size_t size, char name[32])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	snprintf(name, 32, "/proc/self/fd/%d", fd);
	return fd;
}

/* Whether texts that people are shown hold nothing but what a terminal may get. */
static inline bool fuzz_plain(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((uint8_t)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return true;
}

#endif
