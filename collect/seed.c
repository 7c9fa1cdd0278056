#include "collect/seed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define SEED_BYTES (256u << 10) /* of each file: some thousand packets' times and numbers */

static bool seed_of_file(const char *path, uint8_t *buffer, uint64_t *hash)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = pread(fd, buffer, SEED_BYTES, 0);
	close(fd);
	if (n < 0)
		return false;
	*hash = XXH3_64bits_withSeed(buffer, (size_t)n, (uint64_t)st.st_size);
	return true;
}

bool seed_from_files(const struct plan *plan, uint64_t *seed)
{
	uint8_t *buffer = malloc(SEED_BYTES);
	uint64_t sum = 0, hash = 0;
	bool told = buffer && plan->file_count;
	uint32_t i;

	for (i = 0; told && i < plan->file_count; i++) {
		told = seed_of_file(plan->files[i].file.path, buffer, &hash);
		sum += hash; /* the order does not matter */
	}
	free(buffer);
	*seed = XXH3_64bits(&sum, sizeof sum);
	return told;
}
