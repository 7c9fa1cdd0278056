/* Seeds that are text: a row for each, `size` of its bytes. For seeds.c. */
#ifndef CROSSTAP_TESTS_FUZZ_SEEDS_TEXT_H
#define CROSSTAP_TESTS_FUZZ_SEEDS_TEXT_H

#include <stddef.h>

struct seed_text {
	const char *target, *name, *bytes;
	size_t size;
};

#define SEED(target, name, text) {target, name, text, sizeof(text) - 1}
#define POLICY "name,src,dst,proto,dport,expect\n"

static const struct seed_text seed_texts[] = {
	SEED("csv", "in", "\2a,b,c\n1,\"two \"\"2\"\"\",\"3\n4\"\r\n,,\n"),
	SEED("csv", "in-open", "\2a,\"b\n\n"),
	SEED("csv", "out-formula", "\1=cmd|' /C calc'!A0"),
	SEED("csv", "out-escape", "\1a\033]0;x\007\xe2\x80\xae,\"b\"\n"),
	SEED("csv", "out-own", "\0half a \"word\", and\nmore\xff"),
	SEED("text", "markup", "<script>alert(\"1\")</script>&amp;'"),
	SEED("text", "escapes", "\033[31mred\x9b\xc2\x9b\xe2\x80\xae \xe2\x80\xa8 \\x1b \xf0\x9f\x92\xa9\xc3("),
	SEED("text", "words", "fw-in > fw-out\tGr\xc3\xbc\xc3\x9f" "e"),
	SEED("policy", "rows", POLICY "web,10.0.0.0/8,any,tcp,80 443-445,allow\n# x\n\"a,b\",any,2001:db8::/32,udp,53,deny\n"
				      "rest,any,any,any,any,reject\n"),
	SEED("policy", "ranges", "\xef\xbb\xbf" "expect,dport,proto,dst,src\r\ndeny,any,89,::-ffff::,any\r\n"
				 "allow,1-65535,tcp sctp,10.0.0.1-10.0.0.9;10.1.0.0/16,any\r\n"),
	SEED("policy", "wrong", POLICY "web,10.0.0.256,any,tcp,80a,allow\n\"open"),
	SEED("query", "all", "host 10.9.2.2/31 and not (port 80-90 or client port 443) and outcome failed"),
	SEED("query", "hops", "hop fw-in>fw-out and dropped > 3 or duration >= 1.5s and cause syn_dropped"),
	SEED("query", "six", "ip6 and client host 2001:db8::/32 or tcp and server net 10.0.0.0/8 and point 'web 1'"),
	SEED("query", "deep", "not not ((((tcp)))) and (udp or (icmp))"),
	SEED("names", "files", "fw-in=a.pcap,b.pcap\0any.pcapng@eth0\0a.pcap@mac:00:00:5e:00:53:01\0both@vlan:10\0-\0"),
	SEED("names", "times", "2024-05-01T12:00:00.5Z\0" "2024-02-29T23:59:60+02:00\0" "1700000000.123456789\0-1\0"),
	SEED("names", "sides", "mac:00-00-5E-00-53-01\0vlan:0\0vlan:4095\0mac:1:2:3:4:5:6\0vlan:\0"),
	SEED("options_collect", "usual", "-s\0case.ct\0-p\0fw-in\0-f\0tcp\0a.pcap\0b.pcap@eth0\0--start=2024-05-01\0-j2\0"),
	SEED("options_collect", "live", "-qvs\0c.ct\0-p\0a\0-i\0eth0\0--duration\0" "1.5\0--ring=4\0-w\0x.pcapng\0"),
	SEED("options_collect", "export", "--store=c\0--export\0-\0--export-format\0csv\0--import\0b.ct\0--seed\0"
					  "0123456789abcdef\0"),
	SEED("options_correlate", "usual", "-s\0case.ct\0--path\0a,b/c,d\0--tmax\0" "20.5\0--clock\0a=+0.5\0--clock=b=-1e3\0"
					   "-j\0" "2\0--memory\0" "100\0"),
	SEED("options_report", "usual", "-s\0case.ct\0-o\0out\0--filter\0port 80 and outcome failed\0--fail-on\0drops,resets\0"),
	SEED("options_report", "formats", "-sx\0--format\0pcapng\0--verdict\0dropped,injected\0--headers-only\0--captures\0.\0"),
	SEED("options_report", "compare", "--before\0a.ct\0--before=b.ct\0--after\0c.ct\0--fail-on\0regression\0--csv\0hops\0"),
	SEED("options_report", "session", "-s\0c\0--session\0" "18446744073709551615\0-V\0-h\0--\0x\0"),
	SEED("options_front", "usual", "-o\0out\0--path\0a,b\0a=1.pcap,2.pcap\0b=3.pcap@eth0\0-j\0" "2\0--clock\0a=+1\0"),
	SEED("options_front", "more", "-f\0tcp\0--tmax=5\0--anonymize\0key\0x=y\0x=z\0--fail-on\0drops\0-qv\0"),
	SEED("content", "request", "\1GET http://u:p@h.example/a/b;c?d#e HTTP/1.1\r\nHost: h.example:8080\r\n"
				   "X-Forwarded-For: 192.0.2.1, [2001:db8::1]:443\r\nContent-Length: 3\r\n\r\nabcPUT / HTTP/1.0\r\n\r\n"),
	SEED("content", "forwarded", "\1POST /x HTTP/1.1\r\nForwarded: for=_hidden, for=\"[::ffff:192.0.2.7]:99\";by=x\r\n"
				     "Transfer-Encoding: chunked\r\n\r\n5\r\nHTTP/\r\n0\r\n\r\n"),
	SEED("content", "answers", "\1HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\nHTTP/1.0 200 OK\r\n"),
	SEED("content", "hello", "\1\26\3\1\0\x49\1\0\0\x45\3\3" "0123456789abcdef0123456789abcdef\0\0\2\x13\1\1\0\0\x1a"
				 "\0\0\0\x0c\0\x0a\0\0\7h.local\0\x10\0\5\0\3\2h2\0\x2b\0\3\2\3\4"),
	SEED("content", "alert", "\1\25\3\3\0\2\2\x28\26\3\3\0\x2a\2\0\0\x26\3\3" "0123456789abcdef0123456789abcdef\0\x13\1\0"),
	SEED("content", "proxy", "\1PROXY TCP6 2001:db8::1 2001:db8::2 5555 443\r\nGET / HTTP/1.1\r\n\r\n"),
	SEED("content", "proxy-binary", "\1\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\1\xc0\0\2\2\x15\xb3\1\xbb"),
	SEED("content", "parts", "\0\xa0\0GET /index.html HTTP\x28\1/1.1\r\nHost: h.example\r\nX-Real-IP: 192.0.2.9\r\n"
				 "\r\n\xa0\0HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"),
	SEED("store", "none", "\0\0"),
	SEED("store", "meta", "\0\0\x10\0\0\0\xff\x58\0\0\3\1\2\3\4\x88\x10\0\7"),
	SEED("store", "cut", "\x10\0\0\x20\0\1\1\1"),
	SEED("unpack", "nothing", "\x28\xb5\x2f\xfd"), /* what comes out of it has no address */
	SEED("unpack", "cut", "BZh91AY&SY\0\0\0\0"),
};

#endif
