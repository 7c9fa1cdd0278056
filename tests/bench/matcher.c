/* matcher: the least that a matcher must do, for comparison: two threads read a
 * capture each and hash what a router leaves of each packet, then each takes half of
 * the hashes, puts the first capture's in a table and looks the second one's up. No
 * clocks, no identical packets, no verdicts, no store; classic pcap of this machine's
 * byte order, Ethernet.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_HEADER_BYTES   24
#define RECORD_HEADER_BYTES 16
#define ETHERNET_BYTES      14
#define BATCH               16 /* probes under way at once */

struct capture {
	const char *path;
	const uint8_t *bytes;
	size_t size;
	uint64_t *hash; /* of each packet */
	size_t count;
	int failed;     /* errno value, or 0 */
};

/* Half of the hashes. */
struct half {
	const struct capture *capture;
	unsigned which;
	uint64_t matched, first_only, second_only;
	int failed;
};

static uint64_t hash_mix(uint64_t hash, uint64_t word)
{
	__uint128_t product = (__uint128_t)(hash ^ word) * 0x9e3779b97f4a7c15;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* IPv4: protocol, ID, length and the segment's first 20 bytes; what a router changes is not in. */
static uint64_t packet_hash(const uint8_t *frame, size_t count)
{
	uint8_t words[32] = {0};
	uint64_t word, hash = count;
	size_t ip = ETHERNET_BYTES, transport, i;

	if (count < ip + 40)
		return hash_mix(hash, 1);
	transport = ip + (frame[ip] >> 4 == 6 ? 40 : 20);
	if (frame[ip] >> 4 != 6)
		memcpy(words, frame + ip + 2, 4);
	memcpy(words + 4, frame + transport,
	       count - transport < 16 ? count - transport : 16); /* with no checksum in it */
	for (i = 0; i < sizeof words; i += sizeof word) {
		memcpy(&word, words + i, sizeof word);
		hash = hash_mix(hash, word);
	}
	return hash ? hash : 1;
}

static bool capture_open(struct capture *capture)
{
	struct stat stat;
	int fd = open(capture->path, O_RDONLY | O_CLOEXEC);
	void *bytes;

	if (fd < 0)
		return false;
	if (fstat(fd, &stat) != 0) {
		close(fd);
		return false;
	}
	capture->size = (size_t)stat.st_size;
	bytes = mmap(NULL, capture->size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return false;
	capture->bytes = bytes;
	capture->hash = malloc(capture->size / RECORD_HEADER_BYTES * sizeof *capture->hash);
	return capture->hash != NULL;
}

static void *capture_read(void *argument)
{
	struct capture *capture = argument;
	size_t at = FILE_HEADER_BYTES;
	uint32_t header[4];

	if (!capture_open(capture)) {
		capture->failed = errno;
		return NULL;
	}
	while (at + RECORD_HEADER_BYTES <= capture->size) {
		memcpy(header, capture->bytes + at, sizeof header);
		at += RECORD_HEADER_BYTES;
		if (header[2] > capture->size - at)
			break;
		capture->hash[capture->count++] = packet_hash(capture->bytes + at, header[2]);
		at += header[2];
	}
	return NULL;
}

static size_t table_find(const uint64_t *table, size_t mask, uint64_t hash)
{
	size_t at = hash & mask;

	while (table[at] && table[at] != hash)
		at = (at + 1) & mask;
	return at;
}

/* Puts a hash of the first capture in, or takes one of the second out again. */
static void half_use(struct half *half, uint64_t *table, uint64_t *seen, size_t mask, uint64_t hash,
		     bool second)
{
	size_t at = table_find(table, mask, hash);

	if (!second) {
		half->first_only += table[at] == 0;
		table[at] = hash;
	} else if (table[at] && !(seen[at / 64] >> at % 64 & 1)) {
		seen[at / 64] |= (uint64_t)1 << at % 64;
		half->matched++;
		half->first_only--;
	} else {
		half->second_only++;
	}
}

static void half_pass(struct half *half, uint64_t *table, uint64_t *seen, size_t mask, bool second)
{
	const struct capture *capture = &half->capture[second];
	uint64_t batch[BATCH];
	size_t i, k, n = 0;

	for (i = 0; i < capture->count; i++) {
		if (capture->hash[i] >> 63 != half->which)
			continue;
		__builtin_prefetch(&table[capture->hash[i] & mask]);
		batch[n++] = capture->hash[i];
		for (k = 0; n == BATCH && k < BATCH; k++)
			half_use(half, table, seen, mask, batch[k], second);
		n %= BATCH;
	}
	for (k = 0; k < n; k++)
		half_use(half, table, seen, mask, batch[k], second);
}

static void *half_match(void *argument)
{
	struct half *half = argument;
	size_t slots = 1024;
	uint64_t *table, *seen;

	while (slots < half->capture[0].count)
		slots *= 2;
	table = calloc(slots, sizeof *table);
	seen = calloc(slots / 64, sizeof *seen);
	if (!table || !seen) {
		half->failed = ENOMEM;
	} else {
		half_pass(half, table, seen, slots - 1, false);
		half_pass(half, table, seen, slots - 1, true);
	}
	free(table);
	free(seen);
	return NULL;
}

static void capture_close(struct capture *capture)
{
	if (capture->bytes)
		munmap((void *)(uintptr_t)capture->bytes, capture->size);
	free(capture->hash);
}

/* One thread beside this one. */
static void run_both(void *(*run)(void *), void *one, void *other)
{
	pthread_t thread;
	bool started = pthread_create(&thread, NULL, run, other) == 0;

	run(one);
	if (started)
		pthread_join(thread, NULL);
	else
		run(other);
}

static int match(struct capture capture[2])
{
	struct half half[2] = {{.capture = capture}, {.capture = capture, .which = 1}};
	int i;

	run_both(capture_read, &capture[0], &capture[1]);
	for (i = 0; i < 2; i++)
		if (capture[i].failed) {
			fprintf(stderr, "matcher: %s: %s\n", capture[i].path,
				strerror(capture[i].failed));
			return 4;
		}
	run_both(half_match, &half[0], &half[1]);
	if (half[0].failed || half[1].failed) {
		fprintf(stderr, "matcher: %s\n", strerror(ENOMEM));
		return 4;
	}
	printf("%" PRIu64 " matched, %" PRIu64 " and %" PRIu64 " on one side only\n",
	       half[0].matched + half[1].matched, half[0].first_only + half[1].first_only,
	       half[0].second_only + half[1].second_only);
	return 0;
}

int main(int argc, char **argv)
{
	struct capture capture[2] = {{.path = NULL}};
	int i, status;

	if (argc != 3) {
		fprintf(stderr, "usage: matcher FILE FILE\n");
		return 2;
	}
	for (i = 0; i < 2; i++)
		capture[i].path = argv[1 + i];
	status = match(capture);
	for (i = 0; i < 2; i++)
		capture_close(&capture[i]);
	return status;
}
