-- Each dropped (2) or injected (3) packet of one hop, with the first columns of drops.csv and injected.csv. Each
-- shard finds its own and gives their rows; times are by the first point's clock.
SELECT
    concat({a:String}, '>', {b:String}) AS hop,
    if(way = 1, 'forward', 'reverse') AS direction,
    point AS seen_at,
    if(point = {a:String}, {b:String}, {a:String}) AS missing_at,
    concat(replaceAll(toString(toDateTime(intDiv(when, 1000000000), 'UTC')), ' ', 'T'), '.',
           substring(toString(1000000000 + when % 1000000000), 2), 'Z') AS time,
    file,
    frame,
    '' AS session,
    transform(protocol, [1, 6, 17, 47, 50, 58, 132], ['icmp', 'tcp', 'udp', 'gre', 'esp', 'icmpv6', 'sctp'], toString(protocol)) AS proto,
    replaceOne(IPv6NumToString(source), '::ffff:', '') AS src,
    if(protocol IN (6, 17, 132), toString(source_port), '') AS sport,
    replaceOne(IPv6NumToString(destination), '::ffff:', '') AS dst,
    if(protocol IN (6, 17, 132), toString(destination_port), '') AS dport,
    ip_id,
    if(protocol = 6 AND flags != 0, arrayStringConcat(arrayFilter((w, b) -> bitAnd(flags, b) != 0,
                                                   ['AE', 'CWR', 'ECE', 'URG', 'SYN', 'FIN', 'RST', 'PSH', 'ACK'],
                                                   [256, 128, 64, 32, 2, 1, 4, 8, 16]), ' '), '') AS tcp_flags,
    if(protocol = 6, toString(seq), '') AS tcp_seq,
    if(protocol = 6, toString(ack), '') AS tcp_ack,
    length_bytes
FROM
(
    SELECT way, when, point, capture, frame, protocol, source, source_port, destination, destination_port, ip_id, flags, seq, ack, length_bytes
    FROM {db:Identifier}.shards
    ALL INNER JOIN
    (
        SELECT
            toUInt8(0) AS dummy,
            way, when, point, capture, frame, protocol, source, source_port, destination, destination_port, ip_id, flags, seq, ack, length_bytes
        FROM
        (
            SELECT
                fp, point, capture, frame, ip_id, length_bytes,
                proto AS protocol, src AS source, sport AS source_port, dst AS destination, dport AS destination_port,
                tcp_flags AS flags, tcp_seq AS seq, tcp_ack AS ack,
                point = {b:String} AS seen_far,
                time_ns - if(seen_far, {offset_ns:Int64} + intDiv(intDiv(time_ns - {offset_ns:Int64} - {at_ns:Int64}, 1000) * {skew_ppb:Int64}, 1000000), 0) AS when
            FROM {db:Identifier}.packets
            WHERE point IN ({a:String}, {b:String}) AND kind = 'ip'
              AND time_ns BETWEEN if(point = {b:String}, {b_begin:Int64}, {a_begin:Int64})
                              AND if(point = {b:String}, {b_end:Int64}, {a_end:Int64})
        ) AS seen
        ALL INNER JOIN
        (
            SELECT DISTINCT fp, time AS when, toUInt8(way) AS way
            FROM
            (
                -- include match.sql
            )
            WHERE verdict = {wanted:UInt8}
        ) AS told USING fp, when
        WHERE (seen_far != (way = 2)) = ({wanted:UInt8} = 3)
    ) AS found USING dummy
) AS lost
ANY LEFT JOIN
(
    SELECT point, capture, min(file) AS file
    FROM {db:Identifier}.captures_all
    GROUP BY point, capture
) AS named USING point, capture
ORDER BY when, point, file, frame
LIMIT {limit:UInt64}
