#include "correlate/results.h"

#define INT(name) {name, TABLE_INT, 0}
#define REAL(name, decimals) {name, TABLE_REAL, decimals}
#define TIME(name) {name, TABLE_TIME, 9}
#define MICROS(name) {name, TABLE_NANOS, 3}
#define SECONDS(name) {name, TABLE_NANOS, 9}
#define TEXT(name) {name, TABLE_TEXT, 0}
#define FOREIGN(name) {name, TABLE_FOREIGN, 0}
#define ADDRESS(name) {name, TABLE_ADDRESS, 0}

static const struct table_column hops_columns[HOPS_COLUMNS] = {
	FOREIGN("hop"), FOREIGN("from"), FOREIGN("to"), TEXT("direction"), INT("packets"),
	INT("matched"), INT("dropped"), INT("injected"), INT("local"), INT("uncaptured"),
	INT("edge"), INT("ambiguous"), INT("excluded"), INT("duplicated"), INT("reordered"),
	INT("modified"), REAL("loss_ratio", 6), MICROS("delay_min_us"), MICROS("delay_p50_us"),
	MICROS("delay_p90_us"), MICROS("delay_p99_us"), MICROS("delay_max_us"),
	MICROS("delay_mean_us"), MICROS("delay_variation_us"), MICROS("clock_offset_us"),
	REAL("clock_skew_ppm", 3), MICROS("clock_error_us"), TEXT("direction_evidence"),
};

static const struct table_column balance_columns[BALANCE_COLUMNS] = {
	FOREIGN("hop"), TEXT("direction"), FOREIGN("point"), TEXT("side"), INT("packets"),
	INT("matched"), INT("dropped"), INT("injected"), INT("duplicated"), INT("local"),
	INT("uncaptured"), INT("edge"), INT("ambiguous"), INT("excluded"), INT("copies"),
	TEXT("balanced"),
};

static const struct table_column packets_columns[PACKETS_COLUMNS] = {
	FOREIGN("hop"), TEXT("direction"), FOREIGN("seen_at"), FOREIGN("missing_at"),
	TIME("time"), FOREIGN("file"), INT("frame"), INT("session"), TEXT("proto"),
	ADDRESS("src"), INT("sport"), ADDRESS("dst"), INT("dport"), INT("ip_id"),
	TEXT("tcp_flags"), INT("tcp_seq"), INT("tcp_ack"), INT("length_bytes"), TEXT("cause"),
	REAL("confidence", 2), FOREIGN("evidence"),
};

static const struct table_column resets_columns[RESETS_COLUMNS] = {
	INT("session"), TIME("time"), FOREIGN("hop"), TEXT("direction"),
	FOREIGN("first_seen_at"), FOREIGN("points_seen"), ADDRESS("src"), INT("sport"),
	ADDRESS("dst"), INT("dport"), INT("tcp_seq"), INT("tcp_ack"), INT("ttl"),
	TEXT("verdict"), FOREIGN("origin"), TEXT("cause"), REAL("confidence", 2),
	FOREIGN("evidence"),
};

static const struct table_column sessions_columns[SESSIONS_COLUMNS] = {
	INT("session"), TEXT("proto"), ADDRESS("client"), INT("client_port"), ADDRESS("server"),
	INT("server_port"), TIME("start"), SECONDS("duration_s"), FOREIGN("points"),
	TEXT("state"), TEXT("outcome"), TEXT("cause"), FOREIGN("hop"), INT("packets_forward"),
	INT("packets_reverse"), INT("dropped"), INT("injected"), INT("resets"),
	INT("retransmissions"), MICROS("handshake_us"), MICROS("client_us"), MICROS("path_us"),
	MICROS("server_us"), INT("http_status"), TEXT("translated"), FOREIGN("name"),
	TEXT("tls_version"), TEXT("tls_alert"),
};

static const struct table_column session_points_columns[SESSION_POINTS_COLUMNS] = {
	INT("session"), FOREIGN("point"), ADDRESS("src"), INT("sport"), ADDRESS("dst"),
	INT("dport"), TIME("first"), TIME("last"), INT("packets_forward"),
	INT("packets_reverse"), INT("bytes_forward"), INT("bytes_reverse"), INT("syn"),
	INT("synack"), INT("fin"), INT("rst"), INT("retransmissions"),
	INT("fast_retransmissions"), INT("spurious_retransmissions"), INT("out_of_order"),
	INT("dup_acks"), INT("zero_windows"), INT("window_full"), INT("keepalives"),
	INT("acked_unseen"), INT("previous_not_captured"), INT("truncated"),
	INT("bad_checksums"), MICROS("handshake_us"), MICROS("server_response_us"),
	INT("http_status"), TEXT("state"), FOREIGN("difference"),
	INT("retransmissions_confirmed"), INT("out_of_order_confirmed"),
	INT("previous_not_captured_confirmed"), TEXT("client_state"), TEXT("server_state"),
	MICROS("hop_us"),
};

static const struct table_column delays_columns[DELAYS_COLUMNS] = {
	FOREIGN("hop"), TEXT("direction"), TIME("bucket_start"), SECONDS("bucket_s"),
	INT("packets"), INT("dropped"), MICROS("delay_min_us"), MICROS("delay_p50_us"),
	MICROS("delay_p90_us"), MICROS("delay_p99_us"), MICROS("delay_max_us"),
};

static const struct table_column translations_columns[TRANSLATIONS_COLUMNS] = {
	FOREIGN("hop"), TEXT("kind"), ADDRESS("from_src"), INT("from_sport"),
	ADDRESS("from_dst"), INT("from_dport"), ADDRESS("to_src"), INT("to_sport"),
	ADDRESS("to_dst"), INT("to_dport"), INT("sessions"), INT("seq_shift"),
	REAL("confidence", 2), TEXT("evidence"), MICROS("request_us"), MICROS("response_us"),
};

static const struct table_column changes_columns[CHANGES_COLUMNS] = {
	FOREIGN("hop"), TEXT("direction"), TEXT("field"), TEXT("class"), TEXT("from_value"),
	TEXT("to_value"), INT("packets"), INT("sessions"), INT("example_session"),
	INT("example_frame"),
};

static const struct table_column findings_columns[FINDINGS_COLUMNS] = {
	INT("rank"), TEXT("severity"), TEXT("kind"), FOREIGN("hop"), TEXT("direction"),
	FOREIGN("subject"), INT("count"), TIME("first"), TIME("last"), FOREIGN("text"),
	FOREIGN("evidence"),
};

static const struct table_column run_columns[RUN_COLUMNS] = {TEXT("key"), FOREIGN("value")};

static const struct table_column distributions_columns[DISTRIBUTIONS_COLUMNS] = {
	FOREIGN("hop"), TEXT("direction"), TEXT("kind"), MICROS("from_us"), MICROS("to_us"),
	INT("from_bytes"), INT("to_bytes"), INT("packets"), INT("dropped"),
};

static const struct table_column expect_columns[EXPECT_COLUMNS] = {
	INT("row"), INT("line"), FOREIGN("name"), FOREIGN("src"), FOREIGN("dst"), FOREIGN("proto"),
	FOREIGN("dport"), TEXT("expect"), INT("sessions"), INT("as_expected"),
	INT("not_as_expected"), INT("unknown"), TEXT("verdict"), FOREIGN("hop"),
	REAL("confidence", 2), TIME("first"), TIME("last"), INT("example_session"),
	FOREIGN("example_file"), INT("example_frame"), FOREIGN("evidence"),
};

static const struct table_column offers_columns[OFFERS_COLUMNS] = {
	FOREIGN("point"), TEXT("from"), TEXT("field"), TEXT("value"), INT("sessions"),
	INT("example_session"),
};

const struct table_schema results_hops = {"hops", 1, HOPS_COLUMNS, hops_columns};
const struct table_schema results_balance = {"balance", 2, BALANCE_COLUMNS, balance_columns};
const struct table_schema results_drops = {"drops", 3, PACKETS_COLUMNS, packets_columns};
const struct table_schema results_injected = {"injected", 4, PACKETS_COLUMNS, packets_columns};
const struct table_schema results_resets = {"resets", 5, RESETS_COLUMNS, resets_columns};
const struct table_schema results_sessions = {"sessions", 6, SESSIONS_COLUMNS, sessions_columns};
const struct table_schema results_session_points = {"session_points", 7, SESSION_POINTS_COLUMNS,
						    session_points_columns};
const struct table_schema results_delays = {"delays", 8, DELAYS_COLUMNS, delays_columns};
const struct table_schema results_translations = {"translations", 9, TRANSLATIONS_COLUMNS,
						  translations_columns};
const struct table_schema results_findings = {"findings", 10, FINDINGS_COLUMNS, findings_columns};
const struct table_schema results_changes = {"changes", 12, CHANGES_COLUMNS, changes_columns};
const struct table_schema results_run = {"run", 11, RUN_COLUMNS, run_columns};
const struct table_schema results_distributions = {"distributions", 13, DISTRIBUTIONS_COLUMNS,
						   distributions_columns};
const struct table_schema results_expect = {"expect", 14, EXPECT_COLUMNS, expect_columns};
const struct table_schema results_offers = {"offers", 15, OFFERS_COLUMNS, offers_columns};
