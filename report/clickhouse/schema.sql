-- The tables of one server, or of each shard. crosstap-collect --export gives the rows of `packets` and
-- `captures`, crosstap-report --export those of `verdicts`.
--
-- Within a point rows lie in the order of time, so that a query of an hour reads an hour; a day is a partition,
-- so that old ones can be dropped at once.

CREATE DATABASE IF NOT EXISTS {db:Identifier};

CREATE TABLE IF NOT EXISTS {db:Identifier}.packets
(
    point String,
    capture UInt64,
    frame UInt32,
    time_ns Int64,
    fp UInt64,
    kind Enum8('ip' = 0, 'no_ip' = 1, 'link_scope' = 2, 'malformed' = 3, 'cut' = 4, 'unknown_link' = 5),
    marks UInt16,
    proto UInt8,
    src FixedString(16),
    sport UInt16,
    dst FixedString(16),
    dport UInt16,
    length_bytes UInt32,
    payload_bytes UInt32,
    ttl UInt8,
    tos UInt8,
    ip_id UInt32,
    tcp_flags UInt16,
    tcp_seq UInt32,
    tcp_ack UInt32,
    tcp_window UInt16,
    tcp_tsval UInt32
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(toDateTime(intDiv(time_ns, 1000000000), 'UTC'))
ORDER BY (point, time_ns);

CREATE TABLE IF NOT EXISTS {db:Identifier}.captures
(
    point String,
    capture UInt64,
    file String,
    interface String,
    filter String,
    format String,
    sha256 String,
    bytes UInt64,
    packets UInt64,
    first_ns Nullable(Int64),
    last_ns Nullable(Int64),
    snaplen UInt32,
    capture_drops Nullable(Int64),
    short_prefixes UInt64,
    headers UInt8,
    damaged UInt8,
    seed_check UInt64
)
ENGINE = MergeTree
ORDER BY (point, capture);

CREATE TABLE IF NOT EXISTS {db:Identifier}.verdicts
(
    hop String,
    direction Enum8('forward' = 0, 'reverse' = 1, 'none' = 2),
    verdict Enum8('matched' = 1, 'dropped' = 2, 'injected' = 3, 'duplicated' = 4, 'local' = 5, 'uncaptured' = 6, 'edge' = 7,
                  'ambiguous' = 8, 'excluded' = 9, 'copies' = 10),
    side Enum8('from' = 0, 'to' = 1, 'none' = 2),
    point String,
    capture UInt64,
    frame UInt32,
    time_ns Int64,
    delay_ns Nullable(Int64),
    session UInt32,
    fp UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(toDateTime(intDiv(time_ns, 1000000000), 'UTC'))
ORDER BY (hop, time_ns);
