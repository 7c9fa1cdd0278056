/* POINT=FILE,...: what becomes of it. */
#include "report/operand.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/check.h"

static char folder[] = "/tmp/crosstap-operand-XXXXXX";

/* "a: x y; b: z" */
static const char *gathered(const struct operands *operands, char text[256])
{
	size_t p, f, n = 0;

	text[0] = '\0';
	for (p = 0; p < operands->points; p++) {
		n += (size_t)snprintf(text + n, 256 - n, "%s%s:", p ? "; " : "",
				      operands->point[p].name);
		for (f = 0; f < operands->point[p].files; f++)
			n += (size_t)snprintf(text + n, 256 - n, " %s",
					      operands->point[p].file[f]);
	}
	return text;
}

static void check_all(const char *const *words, const char *expected)
{
	struct operands operands = {0};
	struct error err = {.text = ""};
	char text[256];

	for (; *words; words++)
		CHECK_INT(operands_add(&operands, *words, &err), STATUS_OK);
	CHECK_TEXT(gathered(&operands, text), expected);
	operands_free(&operands);
}

#define GATHER(expected, ...) check_all((const char *const[]){__VA_ARGS__, NULL}, expected)

static void refuse(const char *word, const char *why)
{
	struct operands operands = {0};
	struct error err = {.text = ""};

	CHECK_INT(operands_add(&operands, word, &err), STATUS_USAGE);
	if (!strstr(err.text, why))
		CHECK_TEXT(err.text, why);
	operands_free(&operands);
}

static void touch(const char *name)
{
	FILE *stream = fopen(name, "w");

	if (stream)
		fclose(stream);
}

static void check_folders(void)
{
	static const char *const words[] = {"a=/var/in.pcap@eth0,/var/b/x.pcap", "b=y.pcap,/var/z.pcap",
					    "c=b@c/d.pcap,/root.pcap"};
	static const char *const folders[] = {"/var/", "/var/b/", ".", "b@c/", "/"};
	struct operands operands = {0};
	struct error err = {.text = ""};
	char **list;
	size_t n, i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		CHECK_INT(operands_add(&operands, words[i], &err), STATUS_OK);
	CHECK(operands_folders(&operands, &list, &n));
	CHECK_INT(n, sizeof folders / sizeof *folders);
	for (i = 0; i < n && i < sizeof folders / sizeof *folders; i++)
		CHECK_TEXT(list[i], folders[i]);
	operands_free_folders(list, n);
	operands_free(&operands);
	check_case("the folders of all files are known, each once");
}

int main(void)
{
	char longest[80];

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 2;
	touch("a,b.pcap");
	touch("x,y,z");

	GATHER("a: 1.pcap", "a=1.pcap");
	GATHER("a: 1.pcap 2.pcap", "a=1.pcap,2.pcap");
	GATHER("b: 2; a: 1 3", "b=2", "a=1", "a=3");
	check_case("files are gathered by point, in the order in which points come first");

	GATHER("a: x=y.pcap", "a=x=y.pcap");
	GATHER("a: any.pcapng@eth0", "a=any.pcapng@eth0");
	GATHER("a: -", "a=-");
	GATHER("a: ./-v.pcap ./-q", "a=-v.pcap,-q");
	GATHER("fw_1.dmz-2: ring*.pcap", "fw_1.dmz-2=ring*.pcap");
	check_case("names of files may hold =, an interface, a pattern, or look like an option");

	GATHER("a: a,b.pcap", "a=a,b.pcap");
	GATHER("a: a,b.pcap@eth0", "a=a,b.pcap@eth0");
	GATHER("a: a,b.pcap c.pcap", "a=a,b.pcap,c.pcap");
	GATHER("a: c.pcap a,b.pcap", "a=c.pcap,a,b.pcap");
	GATHER("a: x,y,z x y", "a=x,y,z,x,y");
	check_case("a file whose name holds commas is taken where it is there");

	refuse("a", "it is POINT=FILE");
	refuse("=a.pcap", "a name is missing");
	refuse("a=", "a file is missing");
	refuse("a=x,,y", "a file has no name");
	refuse("a=x,", "a file has no name");
	refuse("a/b=x", "letters, digits and . _ -");
	refuse("a,b=x", "letters, digits and . _ -");
	refuse("a>b=x", "letters, digits and . _ -");
	refuse("caf\xc3\xa9=x", "letters, digits and . _ -");
	memset(longest, 'p', sizeof longest);
	memcpy(longest + 64, "=x", 3);
	refuse(longest, "may have 63 letters");
	GATHER("ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp: x", longest + 1);
	check_case("what is no operand is refused with a word");

	check_folders();
	unlink("a,b.pcap");
	unlink("x,y,z");
	if (chdir("/") < 0 || rmdir(folder) < 0)
		return 2;
	return check_exit();
}
