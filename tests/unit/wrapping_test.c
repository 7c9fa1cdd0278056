/* Whatever wraps a packet at one point and not at the other: TCP, UDP and ICMP match, and
 * what is lost is found, over the whole way from frames to verdicts. */
#include "tests/unit/scene_frames.h"

#define ETHERNET 1

static const struct wrap wraps[] = {
	{"Ethernet", ETHERNET, {WRAP_ETH}, 0, NULL, NULL},
	{"raw IP", 101, {WRAP_END}, 0, NULL, NULL},
	{"Linux cooked", 113, {WRAP_SLL}, 0, NULL, NULL},
	{"Linux cooked 2", 276, {WRAP_SLL2}, 0, NULL, NULL},
	{"PPP", 9, {WRAP_PPP}, 0, NULL, NULL},
	{"BSD loopback", 0, {WRAP_NULL}, 0, NULL, NULL},
	{"OpenBSD loopback", 108, {WRAP_LOOP}, 0, NULL, NULL},
	{"a VLAN tag", ETHERNET, {WRAP_ETH, WRAP_VLAN}, 0, NULL, NULL},
	{"QinQ", ETHERNET, {WRAP_ETH, WRAP_QINQ, WRAP_VLAN}, 0, NULL, NULL},
	{"an MPLS label", ETHERNET, {WRAP_ETH, WRAP_MPLS}, 0, NULL, NULL},
	{"MPLS labels with Ethernet inside", ETHERNET, {WRAP_ETH, WRAP_MPLS, WRAP_MPLS, WRAP_ETH}, 0, NULL, NULL},
	{"a PPPoE session", ETHERNET, {WRAP_ETH, WRAP_PPPOE}, 0, NULL, NULL},
	{"a PPPoE session in a VLAN", ETHERNET, {WRAP_ETH, WRAP_VLAN, WRAP_PPPOE}, 0, NULL, NULL},
	{"GRE", ETHERNET, {WRAP_ETH, WRAP_IP4, WRAP_GRE}, 0, NULL, NULL},
	{"GRE with a key over IPv6", ETHERNET, {WRAP_ETH, WRAP_IP6, WRAP_GRE_KEY}, 0, NULL, NULL},
	{"GRE with Ethernet inside", ETHERNET, {WRAP_ETH, WRAP_IP4, WRAP_GRE_KEY, WRAP_ETH}, 0, NULL, NULL},
	{"IP in IPv4", ETHERNET, {WRAP_ETH, WRAP_IP4}, 0, NULL, NULL},
	{"IP in IPv6", ETHERNET, {WRAP_ETH, WRAP_IP6}, 0, NULL, NULL},
	{"IP in IP in IP", ETHERNET, {WRAP_ETH, WRAP_IP6, WRAP_IP4}, 0, NULL, NULL},
	{"VXLAN", ETHERNET, {WRAP_ETH, WRAP_IP4, WRAP_VXLAN, WRAP_ETH}, 0, NULL, NULL},
	{"VXLAN over IPv6 with a tag inside", ETHERNET,
	 {WRAP_ETH, WRAP_IP6, WRAP_VXLAN, WRAP_ETH, WRAP_VLAN}, 0, NULL, NULL},
	{"GENEVE with options", ETHERNET, {WRAP_ETH, WRAP_IP4, WRAP_GENEVE, WRAP_ETH}, 0, NULL, NULL},
	{"GTP-U", ETHERNET, {WRAP_ETH, WRAP_IP4, WRAP_GTP}, 0, NULL, NULL},
	{"GTP-U with an extension header", 113, {WRAP_SLL, WRAP_IP4, WRAP_GTP_EXTENDED}, 0, NULL, NULL},
	{"ERSPAN I", ETHERNET, {WRAP_ETH, WRAP_IP4, WRAP_ERSPAN1, WRAP_ETH}, 0, NULL, NULL},
	{"ERSPAN II", ETHERNET, {WRAP_ETH, WRAP_IP4, WRAP_ERSPAN2, WRAP_ETH}, 0, NULL, NULL},
	{"ERSPAN III", ETHERNET, {WRAP_ETH, WRAP_IP4, WRAP_ERSPAN3, WRAP_ETH, WRAP_VLAN}, 0, NULL, NULL},
	{"a tunnel in a tunnel", ETHERNET,
	 {WRAP_ETH, WRAP_VLAN, WRAP_IP4, WRAP_VXLAN, WRAP_ETH, WRAP_IP6, WRAP_GRE}, 0, NULL, NULL},
	{"VXLAN whose packets go in fragments", ETHERNET,
	 {WRAP_ETH, WRAP_IP4, WRAP_VXLAN, WRAP_ETH}, 576, NULL, NULL},
	{"GRE whose packets go in fragments", ETHERNET, {WRAP_ETH, WRAP_IP4, WRAP_GRE}, 576, NULL, NULL},
};
#define WRAPS (sizeof wraps / sizeof *wraps)

static struct scene scene;

#define PINGS 20
#define DATAGRAMS 40
#define TALKS 8
#define FORWARD (TALKS * SCENE_WHOLE_FORWARD(6) + PINGS + DATAGRAMS + 4)
#define REVERSE (TALKS * SCENE_WHOLE_REVERSE(6) + PINGS + DATAGRAMS + 1)

/* One of each kind is lost on its way to the server, and an answer. */
static void traffic(bool six)
{
	const char *client = six ? "2001:db8:1::1" : "10.1.0.1";
	const char *server = six ? "2001:db8:2::1" : "10.2.0.1";
	struct scene_packet echo = {.src = client, .dst = server, .sport = 7, .dport = 7,
				    .proto = six ? 58 : SCENE_ICMP, .ack = six ? 128 << 8 : 8 << 8,
				    .length = 56};
	struct scene_packet reply = {.src = server, .dst = client, .sport = 7, .dport = 7,
				     .proto = six ? 58 : SCENE_ICMP, .ack = six ? 129 << 8 : 0,
				     .length = 56};
	struct scene_packet ask = {.src = client, .sport = 5000, .dst = server, .dport = 53,
				   .proto = SCENE_UDP, .length = 40};
	struct scene_packet answer = {.src = server, .sport = 53, .dst = client, .dport = 5000,
				      .proto = SCENE_UDP, .length = 1200};
	uint32_t i;

	for (i = 0; i < TALKS; i++) {
		struct scene_talk t = scene_talk(i * 400000, client, (uint16_t)(40000 + i), server, 80);

		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 3);
		if (i == 3)
			scene_lose(&scene, &t, true, 300, 0);
		scene_exchange(&scene, &t, 3);
		scene_close(&scene, &t);
	}
	for (i = 0; i < DATAGRAMS; i++) {
		ask.text = answer.text = 0x1000 + i;
		scene_send(&scene, 100000 + i * 70000, ask, 0, i == 20 ? 0 : 1);
		scene_send(&scene, 103000 + i * 70000, answer, 1, i == 25 ? 1 : 0);
	}
	for (i = 0; i < PINGS; i++) {
		echo.seq = reply.seq = i;
		echo.text = reply.text = 0x2000 + i;
		scene_send(&scene, 110000 + i * 120000, echo, 0, i == 10 ? 0 : 1);
		scene_send(&scene, 113000 + i * 120000, reply, 1, 0);
	}
}

static void check_found(void)
{
	CHECK_TEXT(scene.summary.path, "near,far");
	CHECK_INT(scene_hop(&scene, "near>far", "forward", HOPS_PACKETS), FORWARD - 2);
	CHECK_INT(scene_hop(&scene, "near>far", "forward", HOPS_DROPPED), 3);
	CHECK_INT(scene_hop(&scene, "near>far", "forward", HOPS_MATCHED), FORWARD - 2 - 3);
	CHECK_INT(scene_hop(&scene, "near>far", "reverse", HOPS_PACKETS), REVERSE - 1);
	CHECK_INT(scene_hop(&scene, "near>far", "reverse", HOPS_DROPPED), 1);
	CHECK_INT(scene_hop(&scene, "near>far", "reverse", HOPS_MATCHED), REVERSE - 2);
	CHECK_INT(scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_sum(&scene, HOPS_AMBIGUOUS), 0);
}

/* `flat`: the hop is a bridge or a tunnel's end, which do not count the inner TTL down. */
static void run(const struct wrap *near, const struct wrap *far, bool six, bool flat)
{
	const struct wrap *both[] = {near, far};
	char name[200];

	scene_begin(&scene);
	SCENE_ROAD(&scene, "near", "far");
	scene_clock(&scene, "far", 4000000, 15);
	scene.flat = flat;
	traffic(six);
	scene_run_wrapped(&scene, both);
	check_found();
	scene_end(&scene);
	snprintf(name, sizeof name, "IPv%d: %s on the one side, %s on the other", six ? 6 : 4,
		 near->name, far->name);
	check_case(name);
}

/* ---- tunnels as translations ---- */

static const struct wrap vxlan = {"VXLAN", ETHERNET, {WRAP_ETH, WRAP_IP4, WRAP_VXLAN, WRAP_ETH},
				  0, NULL, NULL};
static const struct wrap gre6 = {"GRE over IPv6", ETHERNET, {WRAP_ETH, WRAP_IP6, WRAP_GRE_KEY}, 0,
				 NULL, NULL};
static const struct wrap nested = {"GRE over IPv6 in a VXLAN", ETHERNET,
				   {WRAP_ETH, WRAP_IP4, WRAP_VXLAN, WRAP_ETH, WRAP_IP6,
				    WRAP_GRE_KEY}, 0, NULL, NULL};
static const struct wrap tagged = {"a VLAN tag", ETHERNET, {WRAP_ETH, WRAP_VLAN}, 0, NULL, NULL};

static void check_tunnel(uint32_t row, const char *hop, const char *from_src, const char *from_dst,
			 const char *to_src, const char *to_dst, const char *sessions)
{
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, row, TRANSLATIONS_KIND), "tunnel");
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, row, TRANSLATIONS_HOP), hop);
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, row, TRANSLATIONS_FROM_SRC), from_src);
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, row, TRANSLATIONS_FROM_DST), from_dst);
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, row, TRANSLATIONS_TO_SRC), to_src);
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, row, TRANSLATIONS_TO_DST), to_dst);
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, row, TRANSLATIONS_FROM_SPORT), "");
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, row, TRANSLATIONS_TO_DPORT), "");
	CHECK_TEXT(scene_cell(&scene, TRANSLATIONS, row, TRANSLATIONS_SESSIONS), sessions);
}

/* The wrapping gives what goes along the path from .2 to .1, back from .1 to .2. */
#define FROM4 "198.51.100.2"
#define TO4 "198.51.100.1"
#define FROM6 "fd00::2"
#define TO6 "fd00::1"

static void tunnels(void)
{
	const struct wrap *points[] = {&wraps[0], &tagged, &vxlan, &vxlan, &gre6, &nested, &wraps[0]};
	uint32_t i;

	scene_begin(&scene);
	SCENE_ROAD(&scene, "a", "b", "c", "d", "e", "f", "g");
	for (i = 0; i < 6; i++) {
		struct scene_talk t = scene_talk(i * 200000, i < 4 ? "10.1.0.1" : "10.2.0.7",
						 (uint16_t)(40000 + i),
						 i < 4 ? "10.2.0.1" : "10.1.0.8", 80);

		t.back = i >= 4; /* two that are opened from the far end */
		scene_open(&scene, &t);
		scene_exchange(&scene, &t, 6);
		scene_close(&scene, &t);
	}
	scene_run_wrapped(&scene, points);
	CHECK_TEXT(scene.summary.path, "a,b,c,d,e,f,g");
	CHECK_INT(scene_sum(&scene, HOPS_DROPPED) + scene_sum(&scene, HOPS_INJECTED), 0);
	CHECK_INT(scene_rows(&scene, TRANSLATIONS), 8);
	check_tunnel(0, "b>c", "", "", FROM4, TO4, "4");
	check_tunnel(1, "b>c", TO4, FROM4, "", "", "2");
	check_tunnel(2, "d>e", FROM4, TO4, FROM6, TO6, "4");
	check_tunnel(3, "d>e", TO6, FROM6, TO4, FROM4, "2");
	check_tunnel(4, "e>f", "", "", FROM4, TO4, "4");
	check_tunnel(5, "e>f", TO4, FROM4, "", "", "2");
	check_tunnel(6, "f>g", "", "", TO4, FROM4, "2");
	check_tunnel(7, "f>g", FROM4, TO4, "", "", "4");
	scene_end(&scene);
	check_case("where a tunnel begins, changes and ends is a row with its outer addresses");
}

/* ---- more than one sight at a point ---- */

static void copies(void)
{
	static const struct wrap span = {"the same again", ETHERNET, {WRAP_ETH}, 0, &wraps[0], NULL};
	static const struct wrap twice = {"tagged and plain", ETHERNET, {WRAP_ETH, WRAP_VLAN}, 0,
					  &wraps[0], NULL};
	static const struct wrap outside = {"in and out of a tunnel", ETHERNET, {WRAP_ETH}, 0, &vxlan,
					    NULL};
	static const struct wrap thrice = {"three of a host's interfaces", ETHERNET,
					   {WRAP_ETH, WRAP_QINQ}, 0, &twice, NULL};
	static const struct wrap four = {"each of two interfaces mirrored twice", ETHERNET,
					 {WRAP_ETH, WRAP_QINQ, WRAP_VLAN}, 0, NULL, NULL};
	struct wrap last = four, second = four;
	const struct {
		const struct wrap *wrap;
		uint32_t more; /* copies of each packet */
	} rows[] = {{&span, 1}, {&twice, 1}, {&outside, 1}, {&thrice, 2}, {&second, 3}};
	size_t i;

	/* tagged, tagged, plain, plain */
	last.again = &span;
	second.again = &last;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct wrap *both[] = {&wraps[0], rows[i].wrap};

		scene_begin(&scene);
		SCENE_ROAD(&scene, "near", "far");
		traffic(i % 2);
		scene_run_wrapped(&scene, both);
		check_found();
		CHECK_INT(scene_balance(&scene, "near>far", "far", BALANCE_COPIES),
			  rows[i].more * scene.point[1].file[0].rows);
		CHECK_INT(scene_balance(&scene, "near>far", "near", BALANCE_COPIES), 0);
		CHECK_INT(scene_sum(&scene, HOPS_DUPLICATED), 0);
		scene_end(&scene);
		if (check_failures)
			printf("# %s\n", rows[i].wrap->name);
	}
	check_case("a packet that a capture holds on several links, or mirrored, is there once");
}

static void one_file(void)
{
	static const struct wrap in = {"VLAN 100", ETHERNET, {WRAP_ETH, WRAP_VLAN}, 0, NULL,
				       "vlan:100"};
	static const struct wrap out = {"VLAN 200", ETHERNET, {WRAP_ETH, WRAP_QINQ, WRAP_VLAN}, 0,
					NULL, "vlan:200"};
	const struct wrap *both[] = {&in, &out};

	scene_begin(&scene);
	SCENE_ROAD(&scene, "near", "far");
	traffic(false);
	scene_run_wrapped(&scene, both);
	check_found();
	scene_end(&scene);
	check_case("the VLANs of one file are the two sides of a router");
}

int main(void)
{
	size_t i;

	tunnels();
	copies();
	one_file();

	for (i = 0; i < WRAPS; i++) {
		run(&wraps[0], &wraps[i], i % 2, true);
		run(&wraps[i], &wraps[0], !(i % 2), false);
		run(&wraps[i], &wraps[i], i % 2, false);
		run(&wraps[i], &wraps[(i + 1) % WRAPS], i % 2, true);
	}
	return check_exit();
}
