/* Files of the report: whole or not there, in whatever way the writing ends. */
#include "report/output.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/output_digest.h"
#include "tests/unit/check.h"

static char folder[] = "/tmp/crosstap-output-XXXXXX";
static struct error err;

static char *in_folder(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", folder, name);
	return path;
}

static const char *contents(const char *name, char text[64])
{
	char path[128];
	FILE *stream = fopen(in_folder(path, name), "r");
	size_t n = stream ? fread(text, 1, 63, stream) : 0;

	text[n] = '\0';
	if (stream)
		fclose(stream);
	return stream ? text : "(none)";
}

static int files(void)
{
	DIR *directory = opendir(folder);
	int count = -2; /* . and .. */

	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count;
}

static void test_rename(void)
{
	char text[64], path[128];
	struct output output;
	struct stat st;

	umask(027);
	CHECK_INT(output_open(&output, folder, "a.csv", &err), STATUS_OK);
	fputs("new", output.stream);
	CHECK_TEXT(contents("a.csv", text), "(none)");
	CHECK_INT(output_finish(&output, &err), STATUS_OK);
	CHECK_TEXT(contents("a.csv", text), "new");
	CHECK_INT(stat(in_folder(path, "a.csv"), &st), 0);
	CHECK_INT(st.st_mode & 0777, 0640);
	output_abort(&output);
	CHECK_INT(files(), 1);
	check_case("a file is there when it is finished, with the rights that umask leaves");

	CHECK_INT(output_open(&output, folder, "a.csv", &err), STATUS_OK);
	fputs("half of", output.stream);
	fflush(output.stream);
	CHECK_TEXT(contents("a.csv", text), "new");
	output_abort(&output);
	CHECK_TEXT(contents("a.csv", text), "new");
	CHECK_INT(files(), 1);
	check_case("a file that is not finished leaves the former one");
}

static void test_left_over(void)
{
	char path[128], name[32], text[64];
	struct output output;
	FILE *stale;

	snprintf(name, sizeof name, ".b.csv.%ld-0", (long)getpid());
	stale = fopen(in_folder(path, name), "w");
	CHECK(stale != NULL);
	fclose(stale);
	CHECK_INT(output_open(&output, folder, "b.csv", &err), STATUS_OK);
	fputs("b", output.stream);
	CHECK_INT(output_finish(&output, &err), STATUS_OK);
	CHECK_TEXT(contents("b.csv", text), "b");
	unlink(path);
	unlink(in_folder(path, "b.csv"));
	check_case("what a killed process left aside is in nobody's way");
}

/* No more than `bytes` to any file, as on a full disk: EFBIG where that has ENOSPC. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void test_full(void)
{
	char text[64], expected[128];
	struct output output;
	int i;

	signal(SIGXFSZ, SIG_IGN);
	snprintf(expected, sizeof expected, "%s/a.csv: %s", folder, strerror(EFBIG));
	limit_files(5000);
	CHECK_INT(output_open(&output, folder, "a.csv", &err), STATUS_OK);
	for (i = 0; i < 10000 && output_check(&output, &err) == STATUS_OK; i++)
		fputs("0123456789", output.stream);
	CHECK(i < 10000);
	CHECK_TEXT(err.text, expected);
	CHECK_INT(output_finish(&output, &err), STATUS_SYSTEM);
	CHECK_TEXT(contents("a.csv", text), "new");
	CHECK_INT(files(), 1);
	check_case("a write that fails names the file, and the former one stays");

	limit_files(3);
	CHECK_INT(output_open(&output, folder, "a.csv", &err), STATUS_OK);
	fputs("in the buffer until the end", output.stream);
	CHECK_INT(output_check(&output, &err), STATUS_OK);
	CHECK_INT(output_finish(&output, &err), STATUS_SYSTEM);
	CHECK_TEXT(err.text, expected);
	CHECK_TEXT(contents("a.csv", text), "new");
	CHECK_INT(files(), 1);
	limit_files(RLIM_INFINITY);
	check_case("so does one that fails at the last flush");
}

static void test_directories(void)
{
	char path[128], deep[160], expected[192];
	struct output output;
	struct stat st;

	snprintf(deep, sizeof deep, "%s/x/y//z/", folder);
	CHECK_INT(aside_make_directory(deep, &err), STATUS_OK);
	CHECK_INT(aside_make_directory(deep, &err), STATUS_OK);
	CHECK(stat(deep, &st) == 0 && S_ISDIR(st.st_mode));
	rmdir(in_folder(path, "x/y/z"));
	rmdir(in_folder(path, "x/y"));
	rmdir(in_folder(path, "x"));
	check_case("a directory is made with those above it, and may be there already");

	in_folder(path, "a.csv");
	snprintf(expected, sizeof expected, "%s: %s", path, strerror(ENOTDIR));
	CHECK_INT(aside_make_directory(path, &err), STATUS_SYSTEM);
	CHECK_TEXT(err.text, expected);
	snprintf(deep, sizeof deep, "%s/below", path);
	CHECK_INT(aside_make_directory(deep, &err), STATUS_SYSTEM);
	snprintf(expected, sizeof expected, "%s/none/c.csv: %s", folder, strerror(ENOENT));
	CHECK_INT(output_open(&output, in_folder(path, "none"), "c.csv", &err), STATUS_SYSTEM);
	CHECK_TEXT(err.text, expected);
	output_abort(&output);
	check_case("what is no directory is named");
}

static void test_digests(void)
{
	/* FIPS 180-4: SHA-256 of "abc" */
	static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
				      0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
				      0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
	struct output_digests *digests = output_digests_new();
	const struct output_folder in = {.directory = folder, .digests = digests};
	char text[64], expected[128];
	struct output output;

	CHECK_INT(output_open_in(&output, &in, "d.csv", &err), STATUS_OK);
	fputs("a", output.stream);
	CHECK_INT(output_write(&output, "bc", 2, &err), STATUS_OK);
	CHECK(!output_digest_of(digests, "d.csv"));
	CHECK_INT(output_finish(&output, &err), STATUS_OK);
	CHECK_TEXT(contents("d.csv", text), "abc");
	CHECK(output_digest_of(digests, "d.csv") &&
	      memcmp(output_digest_of(digests, "d.csv"), abc, sizeof abc) == 0);
	check_case("a file's digest is that of what was written");

	limit_files(3);
	CHECK_INT(output_open_in(&output, &in, "e.csv", &err), STATUS_OK);
	fputs("in the buffer until the end", output.stream);
	CHECK_INT(output_finish(&output, &err), STATUS_SYSTEM);
	snprintf(expected, sizeof expected, "%s/e.csv: %s", folder, strerror(EFBIG));
	CHECK_TEXT(err.text, expected);
	CHECK(!output_digest_of(digests, "e.csv"));
	limit_files(RLIM_INFINITY);
	CHECK_INT(output_open_in(&output, &in, "e.csv", &err), STATUS_OK);
	output_abort(&output);
	CHECK(!output_digest_of(digests, "e.csv"));
	unlink(in_folder(expected, "d.csv"));
	CHECK_INT(files(), 1);
	check_case("one that was not finished has none");
	output_digests_free(&digests);
}

int main(void)
{
	char path[128];

	if (!mkdtemp(folder))
		return 2;
	test_rename();
	test_left_over();
	test_full();
	test_digests();
	test_directories();
	unlink(in_folder(path, "a.csv"));
	if (rmdir(folder) < 0)
		return 2;
	return check_exit();
}
