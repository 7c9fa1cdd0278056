/* Policies: what is read of a file, what is wrong with it and where, and which row a session is of. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include "correlate/policy.h"
#include "tests/unit/check.h"

#define HEAD "name,src,dst,proto,dport,expect\n"

static struct error err;

/* Reads bytes as a file of the name "p.csv" in a folder of its own. */
static struct policy *read_bytes(const char *bytes, size_t size)
{
	char folder[] = "/tmp/crosstap-policy-XXXXXX", path[64];
	struct policy *policy = NULL;
	FILE *file;

	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof path, "%s/p.csv", folder);
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
		abort();
	err = (struct error){0};
	if (policy_read(&policy, path, &err) && err.status != STATUS_INPUT)
		printf("# %s\n", err.text);
	if (policy)
		CHECK_TEXT(policy->file, "p.csv");
	else if (strncmp(err.text, path, strlen(path)) == 0) /* without the folder */
		memmove(err.text, err.text + strlen(folder) + 1,
			strlen(err.text + strlen(folder) + 1) + 1);
	unlink(path);
	rmdir(folder);
	return policy;
}

static struct policy *read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

/* ---- good files ---- */

static const struct good {
	const char *sentence, *text;
	uint32_t rows, last_line;
} goods[] = {
	{"a header and a row", HEAD "web,any,any,tcp,80,allow\n", 1, 2},
	{"a header alone is a policy of no rows", HEAD, 0, 0},
	{"columns come in any order and case, and others between them",
	 "Expect,owner,DPORT,Proto,dst,SRC\ndeny,\"me, myself\",80,tcp,any,any\n", 1, 2},
	{"comments and blank lines count as lines",
	 "# first\n\n" HEAD " # more\n\t\nweb,any,any,tcp,80,allow\n", 1, 6},
	{"a byte order mark and CRLF", "\xef\xbb\xbfname,src,dst,proto,dport,expect\r\nw,any,any,tcp,80,deny\r\n", 1, 2},
	{"lines that end in CR alone", "src,dst,proto,dport,expect\rany,any,tcp,80,deny\rany,any,udp,1,deny", 2, 3},
	{"the last line needs no end", HEAD "web,any,any,tcp,80,reject", 1, 2},
	{"quoted cells, with commas, quotes and line ends in them",
	 HEAD "\"a \"\"b\"\",\nc\",any,any,tcp,\"80,443\",allow\nx,any,any,tcp,1,deny\n", 2, 4},
	{"a # within a row is no comment, nor is one in quotes",
	 HEAD "web #1,any,any,tcp,80,allow\n\"x\n# y\",any,any,tcp,80,allow\n", 2, 3},
	{"what a spreadsheet leaves empty", HEAD "web,any,any,tcp,80,allow,,\n,,,,,,,\n", 1, 2},
	{"names may be missing and may repeat", HEAD ",any,any,tcp,80,allow\n,any,any,tcp,81,deny\n", 2, 3},
	{"blanks around words", HEAD " web , any , 10.0.0.0/8 , tcp , 80 , Allow \n", 1, 2},
	{"lists", HEAD "l,10.0.0.1 10.0.0.3;2001:db8::1,any,tcp udp,80 443-445;8080,allow\n", 1, 2},
	{"protocols by name, by number and without ports",
	 HEAD "a,any,any,icmp,,allow\nb,any,any,89,any,allow\nc,any,any,ESP gre,,deny\nd,any,any,sctp,7,deny\n", 4, 5},
	{"the whole of what there is", HEAD "a,0.0.0.0/0,0.0.0.0-255.255.255.255,any,0-65535,deny\nb,::/0,::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,any,any,deny\n", 2, 3},
};

static void check_goods(void)
{
	size_t i;

	for (i = 0; i < sizeof goods / sizeof goods[0]; i++) {
		struct policy *policy = read_text(goods[i].text);

		CHECK_TEXT(err.text, "");
		if (policy) {
			CHECK_INT(policy->rows, goods[i].rows);
			if (policy->rows)
				CHECK_INT(policy->row[policy->rows - 1].line, goods[i].last_line);
		}
		policy_free(&policy);
		check_case(goods[i].sentence);
	}
}

/* ---- bad files ---- */

static const struct bad {
	const char *text, *error;
} bads[] = {
	{"", "p.csv:1: no header: name,src,dst,proto,dport,expect"},
	{"# nothing\n\n", "p.csv:2: no header: name,src,dst,proto,dport,expect"},
	{"name,src,dest,proto,dport,expect\n",
	 "p.csv:1: the header has no column dst: it is name,src,dst,proto,dport,expect in any order"},
	{"src;dst;proto;dport;expect\n",
	 "p.csv:1: the header has no column src: it is name,src,dst,proto,dport,expect in any order"},
	{"src,dst,proto,dport,expect,src\n", "p.csv:1: the header has a column twice"},
	{HEAD "web,any,any,tcp,80a,allow\n", "p.csv:2: dport: \"80a\" is no port"},
	{HEAD "\n# x\nweb,any,any,tcp,65536,allow\n", "p.csv:4: dport: \"65536\" is no port"},
	{HEAD "web,any,any,tcp,80-,allow\n", "p.csv:2: dport: \"80-\" is no range of ports"},
	{HEAD "web,any,any,tcp,90-80,allow\n", "p.csv:2: dport: \"90-80\" ends before it begins"},
	{HEAD "web,any,any,tcp,,allow\n", "p.csv:2: dport: is empty: a port, or any"},
	{HEAD "web,any,any,icmp,8,allow\n", "p.csv:2: dport: \"8\", but proto \"icmp\" has no ports"},
	{HEAD "web,any,any,tcp icmp,8,allow\n", "p.csv:2: dport: \"8\", but proto \"tcp icmp\" has no ports"},
	{HEAD "web,any,any,tpc,80,allow\n",
	 "p.csv:2: proto: \"tpc\" is no protocol: any, tcp, udp, icmp, icmpv6, sctp, gre, esp or a number"},
	{HEAD "web,any,any,256,any,allow\n",
	 "p.csv:2: proto: \"256\" is no protocol: any, tcp, udp, icmp, icmpv6, sctp, gre, esp or a number"},
	{HEAD "web,any,any,,80,allow\n", "p.csv:2: proto: is empty: a protocol, or any"},
	{HEAD "web,10.0.0.256,any,tcp,80,allow\n", "p.csv:2: src: \"10.0.0.256\" is no address"},
	{HEAD "web,any,10.0.0.0/33,tcp,80,allow\n",
	 "p.csv:2: dst: \"10.0.0.0/33\" has no length of a prefix behind its slash"},
	{HEAD "web,any,10.0.0.1/24,tcp,80,allow\n", "p.csv:2: dst: \"10.0.0.1/24\" has bits behind its prefix"},
	{HEAD "web,any,2001:db8::1/64,tcp,80,allow\n", "p.csv:2: dst: \"2001:db8::1/64\" has bits behind its prefix"},
	{HEAD "web,any,www/24,tcp,80,allow\n", "p.csv:2: dst: \"www/24\" is no network"},
	{HEAD "web,any,10.0.0.9-10.0.0.1,tcp,80,allow\n", "p.csv:2: dst: \"10.0.0.9-10.0.0.1\" ends before it begins"},
	{HEAD "web,any,10.0.0.9-::1,tcp,80,allow\n", "p.csv:2: dst: \"10.0.0.9-::1\" is no range of addresses"},
	{HEAD "web,any,!10.0.0.9,tcp,80,allow\n", "p.csv:2: dst: \"!10.0.0.9\" is no address"},
	{HEAD "web,,any,tcp,80,allow\n", "p.csv:2: src: is empty: an address, or any"},
	{HEAD "web,10.0.0.1,2001:db8::1,tcp,80,allow\n", "p.csv:2: dst: src and dst are not of the same version of IP"},
	{HEAD "web,any,any,tcp,80,drop\n", "p.csv:2: expect: \"drop\" is none of allow, deny, reject"},
	{HEAD "web,any,any,tcp,80\n", "p.csv:2: expect: is missing: the row has 5 cells, the header 6"},
	{HEAD "web,any,any,tcp,80,443,allow\n",
	 "p.csv:2: the row has 7 cells, the header 6: a list with commas in it goes in quotes"},
	{HEAD "web,any,any,tcp,80,\"allow\n", "p.csv:2: a quote that is never closed"},
	{HEAD "w\"eb,any,any,tcp,80,allow\n",
	 "p.csv:2: a quote in the middle of a cell: a cell is in quotes whole, and a quote in it is doubled"},
	{HEAD "a,any,any,tcp,x,allow\nb,any,any,tcp,1,deny\nc,any,any,tcp,y,deny\nd,z,any,tcp,1,deny\n",
	 "p.csv:2: dport: \"x\" is no port; 2 more rows are bad, in lines 4, 5"},
	{HEAD "a,any,any,tcp,x,allow\n\n\nb,any,any,tcp,y,allow\n",
	 "p.csv:2: dport: \"x\" is no port; 1 more row is bad, in line 5"},
};

static void check_bads(void)
{
	size_t i;

	for (i = 0; i < sizeof bads / sizeof bads[0]; i++) {
		struct policy *policy = read_text(bads[i].text);

		CHECK(!policy);
		CHECK_INT(err.status, STATUS_INPUT);
		CHECK_TEXT(err.text, bads[i].error);
		policy_free(&policy);
	}
	check_case("what is wrong is named by file, line, column and reason");
}

/* A file of so many rows, each with its number for a port. */
static char *many_rows(uint32_t rows)
{
	size_t room = (size_t)rows * 32 + 64, n;
	char *text = malloc(room);
	uint32_t i;

	if (!text)
		abort();
	n = (size_t)snprintf(text, room, HEAD);
	for (i = 0; i < rows; i++)
		n += (size_t)snprintf(text + n, room - n, ",any,any,tcp,%u,allow\n", i);
	return text;
}

static void check_caps(void)
{
	char *text = many_rows(POLICY_ROWS_MAX), *big = calloc(1, POLICY_BYTES_MAX + 1);
	struct policy *policy = read_text(text);

	CHECK_INT(policy ? policy->rows : 0, POLICY_ROWS_MAX);
	policy_free(&policy);
	free(text);
	text = many_rows(POLICY_ROWS_MAX + 1);
	policy = read_text(text);
	CHECK(!policy);
	CHECK_TEXT(err.text, "p.csv:10002: more than 10000 rows");
	free(text);
	if (!big)
		abort();
	memset(big, '#', POLICY_BYTES_MAX + 1);
	policy = read_bytes(big, POLICY_BYTES_MAX + 1);
	CHECK(!policy);
	CHECK_TEXT(err.text, "p.csv: more than 16777216 bytes: no rule base");
	free(big);
	check_case("rows and bytes have a limit");
}

/* The same bytes in every run, each of them possible. */
static void check_noise(void)
{
	static const char pieces[][12] = {"any", ",", "\n", "\"", "#", "10.0.0.1", "/8", "-", ";", "\r", "tcp", "80",
					  "allow", "\xff", "::", "src,dst,", "proto,", "dport,", "expect\n", " "};
	uint64_t state = 1;
	uint32_t round, i;

	for (round = 0; round < 3000; round++) {
		char bytes[700];
		size_t n = round & 1 ? (size_t)snprintf(bytes, sizeof bytes, HEAD) : 0;
		struct policy *policy;

		for (i = 0; i < 40; i++) {
			const char *piece;

			state = state * 6364136223846793005u + 1442695040888963407u;
			piece = pieces[(state >> 33) % (sizeof pieces / sizeof pieces[0])];
			if ((state >> 60) == 0)
				bytes[n++] = (char)(state >> 40);
			else
				n += (size_t)snprintf(bytes + n, sizeof bytes - n, "%s", piece);
		}
		policy = read_bytes(bytes, n);
		CHECK(policy || err.text[0]);
		policy_free(&policy);
	}
	CHECK(!read_bytes(HEAD "\0,any,any,tcp,80,allow\n", sizeof HEAD + 23));
	CHECK_TEXT(err.text, "p.csv:2: a cell has a zero byte");
	check_case("whatever the bytes, there is a policy or an error");
}

/* ---- which row ---- */

static const char rules[] = HEAD
	"1,10.0.0.0/8,10.9.0.0/16,tcp,80,allow\n"
	"2,10.0.0.0/8,any,tcp,1000-2000 80,deny\n"
	"3,192.0.2.7-192.0.2.9,any,tcp udp,53,allow\n"
	"4,2001:db8::/33,2001:db8:ffff::1,tcp,443,allow\n"
	"5,any,any,icmp,any,allow\n"
	"6,::/0,any,icmpv6,,deny\n"
	"7,any,10.9.255.255,any,25,reject\n"
	"8,any,\"10.8.0.0, 10.8.0.1,10.8.0.2\",47,any,allow\n"
	"9,0.0.0.0/0,0.0.0.0/0,any,any,deny\n";

static const struct {
	const char *src, *dst;
	uint8_t proto;
	uint16_t dport;
	uint32_t row; /* from 1; 0: none */
} asks[] = {
	{"10.0.0.0", "10.9.0.0", 6, 80, 1},           {"10.255.255.255", "10.9.255.255", 6, 80, 1},
	{"9.255.255.255", "10.9.0.0", 6, 80, 9},      {"11.0.0.0", "10.9.0.0", 6, 80, 9},
	{"10.0.0.1", "10.8.255.255", 6, 80, 2},       {"10.0.0.1", "10.10.0.0", 6, 80, 2},
	{"10.0.0.1", "10.9.0.1", 17, 80, 9},          {"10.0.0.1", "10.9.0.1", 6, 1000, 2},
	{"10.0.0.1", "10.9.0.1", 6, 2000, 2},         {"10.0.0.1", "10.9.0.1", 6, 999, 9},
	{"10.0.0.1", "10.9.0.1", 6, 2001, 9},         {"192.0.2.6", "1.2.3.4", 17, 53, 9},
	{"192.0.2.7", "1.2.3.4", 17, 53, 3},          {"192.0.2.9", "1.2.3.4", 6, 53, 3},
	{"192.0.2.10", "1.2.3.4", 6, 53, 9},          {"192.0.2.8", "1.2.3.4", 132, 53, 9},
	{"2001:db8::", "2001:db8:ffff::1", 6, 443, 4},
	{"2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", "2001:db8:ffff::1", 6, 443, 4},
	{"2001:db8:8000::", "2001:db8:ffff::1", 6, 443, 0},
	{"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:ffff::1", 6, 443, 0},
	{"2001:db8::1", "2001:db8:ffff::2", 6, 443, 0},
	{"1.1.1.1", "2.2.2.2", 1, 77, 5},             {"2001:db8::1", "::1", 58, 77, 6},
	{"1.1.1.1", "10.9.255.255", 17, 25, 7},       {"1.1.1.1", "10.9.255.255", 47, 25, 9},
	{"1.1.1.1", "10.8.0.2", 47, 0, 8},            {"1.1.1.1", "10.8.0.3", 47, 0, 9},
	{"0.0.0.0", "255.255.255.255", 255, 0, 9},
	/* an IPv6 address whose last 32 bits are those of an IPv4 one is another address */
	{"::10.0.0.1", "::10.9.0.1", 6, 80, 0},
};

static void check_matches(void)
{
	struct policy *policy = read_text(rules);
	size_t i;

	CHECK(policy != NULL);
	for (i = 0; policy && i < sizeof asks / sizeof asks[0]; i++) {
		uint8_t src[16], dst[16], version = strchr(asks[i].src, ':') ? 6 : 4;
		struct policy_ask ask = {.version = version, .proto = asks[i].proto,
					 .dport = asks[i].dport};
		uint32_t row;

		inet_pton(version == 4 ? AF_INET : AF_INET6, asks[i].src, src);
		inet_pton(version == 4 ? AF_INET : AF_INET6, asks[i].dst, dst);
		ask.src = policy_address(version, src);
		ask.dst = policy_address(version, dst);
		row = policy_find(policy, &ask);
		if (row + 1 != asks[i].row)
			printf("# %s > %s:%u\n", asks[i].src, asks[i].dst, asks[i].dport);
		CHECK_INT((uint32_t)(row + 1), asks[i].row);
	}
	policy_free(&policy);
	check_case("the first row that matches, to the last address and port of each range");
}

static void check_hidden(void)
{
	static const struct {
		const char *rows;
		uint32_t hidden_by; /* the last row, by the first; or by none */
	} cases[] = {
		{"a,any,any,any,any,deny\nb,10.0.0.1,10.0.0.2,tcp,80,allow\n", 0},
		{"a,10.0.0.0/8,any,tcp,any,deny\nb,10.0.0.0/9,any,tcp,80,allow\n", 0},
		{"a,10.0.0.0/9,any,tcp,any,deny\nb,10.0.0.0/8,any,tcp,80,allow\n", POLICY_NO_ROW},
		{"a,10.0.0.0/9 10.128.0.0/9,any,tcp,any,deny\nb,10.0.0.0/8,any,tcp,80,allow\n", 0},
		{"a,any,any,tcp,80-89,deny\nb,any,any,tcp,85 88-89,allow\n", 0},
		{"a,any,any,tcp,80-89,deny\nb,any,any,tcp,85 90,allow\n", POLICY_NO_ROW},
		{"a,any,any,tcp,80-84 85-89,deny\nb,any,any,tcp,80-89,allow\n", 0},
		{"a,any,any,tcp,80,deny\nb,any,any,tcp,any,allow\n", POLICY_NO_ROW},
		{"a,any,any,tcp,any,deny\nb,any,any,any,80,allow\n", POLICY_NO_ROW},
		{"a,any,any,tcp udp sctp,any,deny\nb,any,any,any,80,allow\n", 0},
		{"a,any,any,any,80,deny\nb,any,any,icmp,,allow\n", POLICY_NO_ROW},
		{"a,0.0.0.0/0,any,any,any,deny\nb,any,any,icmp,,allow\n", POLICY_NO_ROW},
	};
	char text[256];
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct policy *policy;

		snprintf(text, sizeof text, HEAD "%s", cases[i].rows);
		policy = read_text(text);
		CHECK(policy != NULL);
		if (policy)
			CHECK_INT(policy_hidden_by(policy, 1), cases[i].hidden_by);
		policy_free(&policy);
	}
	check_case("a row is hidden by one before it that takes all that it might");
}

/* Worked out by sha256sum. */
static void check_digest(void)
{
	struct policy *policy = read_text(HEAD);

	CHECK_TEXT(policy ? policy->sha256 : "",
		   "cb3ec6064ce6b47d42e07231365e6de102677a8cb1a968504565b2a0a750ff4a");
	policy_free(&policy);
	check_case("the file's SHA-256 is that of its bytes");
}

int main(void)
{
	check_goods();
	check_bads();
	check_caps();
	check_noise();
	check_matches();
	check_hidden();
	check_digest();
	return check_exit();
}
