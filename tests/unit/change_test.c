/* Changes: what a hop rewrites, field by field. */
#include "tests/unit/change_scene.h"

static void check_rows(const struct sample *s)
{
	uint32_t row, n = 0;

	for (row = 0; row < scene_rows(&scene, CHANGES); row++) {
		const struct row *want = &s->row[n];

		if (row_is_usual(row))
			continue;
		CHECK(n < ROWS_MAX && want->field);
		if (n == ROWS_MAX || !want->field)
			return;
		n++;
		CHECK_TEXT(cell(row, CHANGES_HOP), HOP);
		CHECK_TEXT(cell(row, CHANGES_DIRECTION), want->direction);
		CHECK_TEXT(cell(row, CHANGES_FIELD), want->field);
		CHECK_TEXT(cell(row, CHANGES_CLASS), want->class);
		CHECK_TEXT(cell(row, CHANGES_FROM), want->from);
		CHECK_TEXT(cell(row, CHANGES_TO), want->to);
		CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_PACKETS), want->packets);
		CHECK_INT(scene_int(&scene, CHANGES, row, CHANGES_SESSIONS), 1);
		CHECK_TEXT(cell(row, CHANGES_EXAMPLE_SESSION), "2"); /* behind the frame's first */
	}
	CHECK(n == ROWS_MAX || !s->row[n].field);
}

/* Four of the client's, and no answer. */
static void datagrams(void)
{
	uint32_t i;

	for (i = 0; i < 4; i++) {
		struct scene_packet packet = {.src = "10.1.0.1", .sport = 40000, .dst = "10.2.0.1",
					      .dport = 443, .proto = SCENE_UDP, .length = 60,
					      .text = 77 + i};

		scene_send(&scene, AT_US + i * 10000, packet, 0, 2);
	}
}

static void check_sample(const struct sample *s)
{
	bool six = strstr(s->name, "IPv6") != NULL;

	begin(s);
	if (strstr(s->name, "UDP"))
		datagrams();
	else
		session(AT_US, six ? "2001:db8::1" : "10.1.0.1", 40000,
			six ? "2001:db8:1::1" : "10.2.0.1");
	scene_run(&scene);
	check_rows(s);
	CHECK_INT(scene_hop(&scene, HOP, "forward", HOPS_MODIFIED), s->modified[0]);
	CHECK_INT(scene_hop(&scene, HOP, "reverse", HOPS_MODIFIED), s->modified[1]);
	CHECK_INT(scene_hop(&scene, "client>fw", "forward", HOPS_MODIFIED), 0);
	if (s->finding)
		CHECK(has_finding(s->finding));
	CHECK_INT(findings_of_changes(), s->finding != NULL);
	scene_end(&scene);
	check_case(s->name);
}

/* ---- what is sent and rewritten ---- */

static void sent_options(bool client, struct scene_packet *p)
{
	p->options = p->flags & SYN ? SYN_ALL : STAMPS;
	p->tsval = client ? 5000 : 70000;
	p->tsecr = client ? 70000 : 5000;
}

static void sent_tos(bool client, struct scene_packet *p)
{
	p->tos = 46 << 2 | 2; /* EF, ECT(0) */
}

static void sent_label(bool client, struct scene_packet *p)
{
	p->flow_label = 0x12345;
}

static void sent_vlan(bool client, struct scene_packet *p)
{
	p->way = SCENE_VLAN_10;
}

static void sent_vlans(bool client, struct scene_packet *p)
{
	p->way = SCENE_QINQ;
}

static void sent_urgent(bool client, struct scene_packet *p)
{
	if (client && p->length) {
		p->flags |= PACKET_TCP_URG;
		p->urgent = 7;
	}
}

/* The client's bare acknowledgments have a block. */
static void sent_sack(bool client, struct scene_packet *p)
{
	if (!client || p->length || !(p->flags & ACK) || p->flags & FIN)
		return;
	p->options = SACKED;
	p->sack = p->ack + 5000;
}
#define SACKS (1 + EXCHANGES + 1)

/* The same with timestamps. */
static void sent_both(bool client, struct scene_packet *p)
{
	sent_sack(client, p);
	p->options = p->flags & SYN ? SYN_ALL : p->sack ? STAMPS SACKED : STAMPS;
	p->tsval = client ? 5000 : 70000;
	p->tsecr = client ? 70000 : 5000;
}

static void touch_ttl(bool forward, struct scene_packet *p)
{
	p->ttl = forward ? 64 : p->ttl;
}

static void touch_dscp(bool forward, struct scene_packet *p)
{
	p->tos = forward ? p->tos & 3 : p->tos;
}

static void touch_ecn(bool forward, struct scene_packet *p)
{
	p->tos = forward ? p->tos & ~3 : p->tos;
}

static void touch_congestion(bool forward, struct scene_packet *p)
{
	p->tos |= p->length > 500 ? 3 : 0;
}

static void touch_df(bool forward, struct scene_packet *p)
{
	p->may_fragment = forward;
}

static void touch_ip_id(bool forward, struct scene_packet *p)
{
	p->ip_id += forward ? 77 : 0;
}

static void touch_ip_id_zero(bool forward, struct scene_packet *p)
{
	p->ip_id = forward ? p->ip_id : 0;
}

static void touch_label(bool forward, struct scene_packet *p)
{
	p->flow_label = forward ? 0 : 0x54321;
}

static void touch_vlan(bool forward, struct scene_packet *p)
{
	p->way = forward ? SCENE_VLAN_20 : SCENE_PLAIN;
}

static void touch_tunnel(bool forward, struct scene_packet *p)
{
	p->way = forward ? SCENE_VXLAN : SCENE_PLAIN;
}

static void touch_nested(bool forward, struct scene_packet *p)
{
	p->way = forward ? SCENE_NESTED : p->way;
}

static void touch_flags(bool forward, struct scene_packet *p)
{
	p->flags &= forward ? ~PSH : UINT16_MAX;
}

static void touch_window(bool forward, struct scene_packet *p)
{
	p->window = forward ? 500 : 900;
}

static void touch_urgent(bool forward, struct scene_packet *p)
{
	p->urgent += p->urgent ? 1 : 0;
}

static void touch_urgent_away(bool forward, struct scene_packet *p)
{
	p->flags &= (uint16_t)~PACKET_TCP_URG;
	p->urgent = 0;
}

/* Other options on the client's SYN. */
static void touch_syn(bool forward, struct scene_packet *p, const char *options)
{
	if (forward && p->flags & SYN)
		p->options = options;
}

static void touch_mss(bool forward, struct scene_packet *p)
{
	touch_syn(forward, p, "020405640402080a000000000000000001030307");
}

static void touch_scale(bool forward, struct scene_packet *p)
{
	touch_syn(forward, p, "020405b40402080a000000000000000001030302");
}

static void touch_scale_away(bool forward, struct scene_packet *p)
{
	touch_syn(forward, p, "020405b40402080a000000000000000001010101");
}

static void touch_sack_permitted(bool forward, struct scene_packet *p)
{
	touch_syn(forward, p, "020405b40101080a000000000000000001030307");
}

/* No-operations in their place on all packets: what is echoed is gone as well. */
static void touch_stamps_away(bool forward, struct scene_packet *p)
{
	if (!forward)
		return;
	p->options = p->flags & SYN ? "020405b404020101010101010101010101030307"
				    : "010101010101010101010101";
	p->tsval = p->tsecr = 0;
}

static void touch_option(bool forward, struct scene_packet *p)
{
	if (forward && p->length)
		p->options = "0101080a00000000000000001e04a1b2";
}

static void touch_order(bool forward, struct scene_packet *p)
{
	touch_syn(forward, p, "030307020405b4010402080a0000000000000000");
}

static void touch_sack(bool forward, struct scene_packet *p)
{
	p->sack += p->sack ? 100 : 0;
}

static void touch_sack_away(bool forward, struct scene_packet *p)
{
	if (p->sack)
		p->options = NULL;
	p->sack = 0;
}

/* The server's numbers as the client has them are 1,000,000 higher. */
static void touch_numbers(bool forward, struct scene_packet *p)
{
	if (!forward)
		p->seq += p->shifted = 1000000;
	else if (p->flags & ACK)
		p->ack -= 1000000;
}

static void touch_numbers_sack(bool forward, struct scene_packet *p)
{
	touch_numbers(forward, p);
	p->sack -= p->sack ? 1000000 : 0;
}

/* The client's clock as the server has it is ahead. */
static void touch_stamps(bool forward, struct scene_packet *p)
{
	if (forward)
		p->tsval += 1000;
	else
		p->tsecr -= 1000;
}

/* The server's clock as the client has it is ahead. */
static void touch_stamps_back(bool forward, struct scene_packet *p)
{
	if (forward)
		p->tsecr -= 1000;
	else
		p->tsval += 1000;
}

static void touch_second_block(bool forward, struct scene_packet *p)
{
	p->second_block += p->sack ? 100 : 0;
}

static void touch_payload(bool forward, struct scene_packet *p)
{
	p->spoiled = forward && p->length;
}

static void touch_sum(bool forward, struct scene_packet *p)
{
	p->marks |= forward && p->length ? PACKET_BAD_L4_CHECKSUM : 0;
}

static void touch_ip_sum(bool forward, struct scene_packet *p)
{
	p->marks |= forward && p->length ? PACKET_BAD_IP_CHECKSUM : 0;
}

static void sent_bad_sum(bool client, struct scene_packet *p)
{
	p->marks |= client && p->length ? PACKET_BAD_L4_CHECKSUM : 0;
}

static void touch_sum_right(bool forward, struct scene_packet *p)
{
	p->marks = 0;
}

static void sent_partial(bool client, struct scene_packet *p)
{
	p->marks |= PACKET_PARTIAL_CHECKSUM;
}

#define VARIES "varies", "varies"

static const struct sample samples[] = {
	{"a plain router changes nothing but TTL and MAC", sent_options, NULL, {{0}}, {0}, NULL},
	{"ttl", NULL, touch_ttl, {{"forward", "ttl", "notable", "63", "64", FORWARD}}, {0}, NULL},
	{"dscp", sent_tos, touch_dscp, {{"forward", "dscp", "notable", "46", "0", FORWARD}},
	 {FORWARD, 0}, "changes.dscp"},
	{"ecn", sent_tos, touch_ecn, {{"forward", "ecn", "notable", "ECT(0)", "Not-ECT", FORWARD}},
	 {FORWARD, 0}, "changes.ecn_cleared"},
	{"ecn, congestion", sent_tos, touch_congestion,
	 {{"reverse", "ecn", "notable", "ECT(0)", "CE", EXCHANGES}}, {0, EXCHANGES}, NULL},
	{"df", NULL, touch_df, {{"forward", "df", "notable", "1", "0", FORWARD}}, {FORWARD, 0}, NULL},
	{"ip_id", NULL, touch_ip_id, {{"forward", "ip_id", "notable", VARIES, FORWARD}},
	 {FORWARD, 0}, NULL},
	{"ip_id, cleared", NULL, touch_ip_id_zero,
	 {{"reverse", "ip_id", "notable", "varies", "0", REVERSE}}, {0, REVERSE}, NULL},
	{"flow_label, of IPv6", sent_label, touch_label,
	 {{"forward", "flow_label", "notable", "varies", "0", FORWARD},
	  {"reverse", "flow_label", "notable", VARIES, REVERSE}}, {FORWARD, REVERSE}, NULL},
	{"vlan", sent_vlan, touch_vlan,
	 {{"forward", "vlan", "notable", "vlan 10", "vlan 20", FORWARD},
	  {"reverse", "vlan", "notable", "vlan 10", "none", REVERSE}}, {0}, NULL},
	{"tunnel", NULL, touch_tunnel,
	 {{"forward", "tunnel", "notable", "none", "vxlan 42 10.0.0.1>10.0.0.2", FORWARD}}, {0},
	 NULL},
	{"tunnel in a tunnel, in place of two VLANs", sent_vlans, touch_nested,
	 {{"forward", "vlan", "notable", "vlan 10 20", "none", FORWARD},
	  {"forward", "tunnel", "notable", "none",
	   "ipip 2001:db8::1>2001:db8::2 gre 7 10.0.0.1>10.0.0.2 vlan 5", FORWARD}}, {0}, NULL},
	{"tcp_flags", NULL, touch_flags,
	 {{"forward", "tcp_flags", "notable", "PSH", "none", EXCHANGES}}, {EXCHANGES, 0}, NULL},
	{"window", NULL, touch_window, {{"reverse", "window", "notable", VARIES, REVERSE}},
	 {0, REVERSE}, NULL},
	{"urgent", sent_urgent, touch_urgent, {{"forward", "urgent", "notable", VARIES, EXCHANGES}},
	 {EXCHANGES, 0}, NULL},
	{"urgent, with its flag", sent_urgent, touch_urgent_away,
	 {{"forward", "tcp_flags", "notable", "URG", "none", EXCHANGES},
	  {"forward", "urgent", "notable", VARIES, EXCHANGES}}, {EXCHANGES, 0}, NULL},
	{"mss", sent_options, touch_mss, {{"forward", "mss", "notable", "1460", "1380", 1}}, {1, 0},
	 "changes.mss_clamped"},
	{"window_scale", sent_options, touch_scale,
	 {{"forward", "window_scale", "notable", "7", "2", 1}}, {1, 0},
	 "changes.window_scale_changed"},
	{"window_scale, removed", sent_options, touch_scale_away,
	 {{"forward", "window_scale", "notable", "7", "none", 1}}, {1, 0},
	 "changes.window_scale_removed"},
	{"sack_permitted", sent_options, touch_sack_permitted,
	 {{"forward", "sack_permitted", "notable", "yes", "none", 1}}, {1, 0},
	 "changes.sack_removed"},
	{"timestamps", sent_options, touch_stamps_away,
	 {{"forward", "timestamps", "notable", "yes", "none", FORWARD}}, {FORWARD, 0},
	 "changes.timestamps_removed"},
	{"option", sent_options, touch_option,
	 {{"forward", "option 30", "notable", "none", "yes", EXCHANGES}}, {EXCHANGES, 0}, NULL},
	{"options in another order are the same", sent_options, touch_order, {{0}}, {0}, NULL},
	{"sack_blocks", sent_sack, touch_sack, {{"forward", "sack_blocks", "notable", VARIES, SACKS}},
	 {SACKS, 0}, NULL},
	{"sack_blocks, removed", sent_sack, touch_sack_away,
	 {{"forward", "sack_blocks", "notable", "yes", "none", SACKS}}, {SACKS, 0}, NULL},
	{"sack_blocks, left behind by shifted numbers", sent_sack, touch_numbers,
	 {{"forward", "tcp_ack", "expected", "", "translated", FORWARD - 1},
	  {"forward", "sack_blocks", "notable", "varies", "not translated", SACKS},
	  {"reverse", "tcp_seq", "expected", "", "translated", REVERSE}}, {SACKS, 0},
	 "changes.sack_broken"},
	{"tcp_seq and tcp_ack, and SACK blocks that were shifted along", sent_sack,
	 touch_numbers_sack,
	 {{"forward", "tcp_ack", "expected", "", "translated", FORWARD - 1},
	  {"reverse", "tcp_seq", "expected", "", "translated", REVERSE}}, {0}, NULL},
	{"tsval and tsecr", sent_options, touch_stamps,
	 {{"forward", "tsval", "notable", VARIES, FORWARD},
	  {"reverse", "tsecr", "notable", VARIES, BARE}}, {FORWARD, BARE}, NULL},
	{"tsecr beside SACK blocks", sent_both, touch_stamps_back,
	 {{"forward", "tsecr", "notable", VARIES, FORWARD - EXCHANGES},
	  {"reverse", "tsval", "notable", VARIES, REVERSE}}, {FORWARD - EXCHANGES, REVERSE}, NULL},
	{"sack_blocks behind the first one", sent_both, touch_second_block,
	 {{"forward", "sack_blocks", "notable", VARIES, SACKS}}, {SACKS, 0}, NULL},
	{"payload", NULL, touch_payload, {{"forward", "payload", "notable", VARIES, EXCHANGES}},
	 {EXCHANGES, 0}, "changes.payload"},
	{"payload, beside timestamps that are left alone", sent_options, touch_payload,
	 {{"forward", "payload", "notable", VARIES, EXCHANGES}}, {EXCHANGES, 0}, "changes.payload"},
	{"payload of UDP", NULL, touch_payload,
	 {{"forward", "payload", "notable", VARIES, 4}}, {4, 0}, "changes.payload"},
	{"checksum", NULL, touch_sum,
	 {{"forward", "checksum", "notable", "good", "broken", EXCHANGES}}, {EXCHANGES, 0},
	 "changes.checksum_broken"},
	{"checksum, repaired", sent_bad_sum, touch_sum_right,
	 {{"forward", "checksum", "expected", "bad", "repaired", EXCHANGES}}, {0}, NULL},
	{"checksum, left to the card", sent_partial, touch_sum, {{0}}, {0}, NULL},
	{"ip_checksum", NULL, touch_ip_sum,
	 {{"forward", "ip_checksum", "notable", "good", "broken", EXCHANGES}}, {EXCHANGES, 0},
	 "changes.checksum_broken"},
};

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof samples / sizeof samples[0]; i++)
		check_sample(&samples[i]);
	return check_exit();
}
