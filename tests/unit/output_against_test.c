/* What would be written, against what is there. */
#include "report/output_against.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/check.h"

#define LONG 200000 /* bytes, more than are read at a time */

static char folder[] = "/tmp/crosstap-against-XXXXXX";
static struct error err;

static void put(const char *name, const char *bytes, size_t size)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "w");
	CHECK(file != NULL);
	if (file) {
		CHECK_INT(fwrite(bytes, 1, size, file), size);
		fclose(file);
	}
}

/* Writes `bytes` against the file, in pieces, and gives what was found. */
static struct against_result against(const char *name, const char *bytes, size_t size, size_t piece)
{
	int directory = open(folder, O_RDONLY | O_DIRECTORY);
	struct output_against *all = output_against_new(directory);
	const struct output_folder in = {.against = all};
	struct against_result result = {0};
	const struct against_result *list;
	struct output output;
	uint32_t count;
	size_t at;

	CHECK_INT(output_open_in(&output, &in, name, &err), STATUS_OK);
	for (at = 0; at < size; at += piece)
		CHECK_INT(output_write(&output, bytes + at, size - at < piece ? size - at : piece, &err),
			  STATUS_OK);
	CHECK_INT(output_finish(&output, &err), STATUS_OK);
	output_abort(&output);
	list = output_against_results(all, &count);
	CHECK_INT(count, 1);
	if (count)
		result = list[0];
	CHECK_TEXT(result.name, name);
	output_against_free(&all);
	close(directory);
	return result;
}

static void check_found(const char *text, enum against_found found, unsigned byte, unsigned line,
			const char *sentence)
{
	struct against_result result = against("file", text, strlen(text), 3);

	CHECK_INT(result.found, found);
	CHECK_INT(result.byte, byte);
	CHECK_INT(result.line, line);
	check_case(sentence);
}

static void test_long(void)
{
	char *bytes = malloc(LONG);
	struct against_result result;
	size_t i, piece;

	for (i = 0; i < LONG; i++)
		bytes[i] = (char)(i % 10 == 9 ? '\n' : 'a' + i % 7);
	put("long", bytes, LONG);
	for (piece = 1000; piece < LONG; piece *= 7) {
		result = against("long", bytes, LONG, piece);
		CHECK_INT(result.found, AGAINST_SAME);
		bytes[LONG - 3] ^= 1;
		result = against("long", bytes, LONG, piece);
		CHECK_INT(result.found, AGAINST_DIFFERS);
		CHECK_INT(result.byte, LONG - 2);
		CHECK_INT(result.line, LONG / 10);
		bytes[LONG - 3] ^= 1;
	}
	free(bytes);
	check_case("a byte of a long file is found, however it is written");
}

static void test_nothing_written(void)
{
	struct stat before, after;
	char path[64];

	snprintf(path, sizeof path, "%s/file", folder);
	CHECK_INT(stat(path, &before), 0);
	against("file", "something else", 14, 14);
	CHECK_INT(stat(path, &after), 0);
	CHECK_INT(after.st_ino, before.st_ino);
	CHECK_INT(after.st_size, before.st_size);
	CHECK_INT(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	check_case("the file stays as it is");
}

static void test_unreadable(void)
{
	char path[64];

	CHECK_INT(against("none", "x", 1, 1).error_number, ENOENT);
	CHECK_INT(against("none", "x", 1, 1).found, AGAINST_NONE);
	snprintf(path, sizeof path, "%s/link", folder);
	CHECK_INT(symlink("file", path), 0);
	CHECK_INT(against("link", "x", 1, 1).error_number, ELOOP);
	unlink(path);
	CHECK_INT(mkfifo(path, 0600), 0);
	CHECK_INT(against("link", "x", 1, 1).found, AGAINST_NONE);
	unlink(path);
	check_case("a link, a pipe and a file that is not there are none");
}

int main(void)
{
	char path[64];

	if (!mkdtemp(folder))
		return 2;
	put("file", "ab\ncd\n", 6);
	check_found("ab\ncd\n", AGAINST_SAME, 7, 3, "the same bytes are the same");
	check_found("ab\nxd\n", AGAINST_DIFFERS, 4, 2, "the first byte that differs is named, and its line");
	check_found("ab\n", AGAINST_LONG, 4, 2, "a file that goes on");
	check_found("ab\ncd\nef\n", AGAINST_SHORT, 7, 3, "a file that ends");
	test_long();
	test_nothing_written();
	test_unreadable();
	snprintf(path, sizeof path, "%s/file", folder);
	unlink(path);
	snprintf(path, sizeof path, "%s/long", folder);
	unlink(path);
	rmdir(folder);
	return check_exit();
}
