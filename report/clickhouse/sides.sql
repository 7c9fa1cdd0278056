-- Which hosts are on which side of a hop: `near` is the side of its first point. A host is known by a number, of its
-- address as that point sees it. Each packet seen once at both points votes for its sender: where it was seen with the
-- greater TTL it was first; where TTLs are equal, its time says so. The result goes with the other queries, as the
-- table `sides`.
SELECT host, toUInt8(sum(votes) > 0) AS near
FROM {db:Identifier}.shards
ALL INNER JOIN
(
    SELECT toUInt8(0) AS dummy, host, sum(vote) AS votes
    FROM
    (
        SELECT
            multiIf(ttl_step > 0, 1, ttl_step < 0, -1, delay > 0, 1, delay < 0, -1, 0) AS vote,
            [near_host, far_host] AS hosts
        FROM
        (
            SELECT
                sum(far) AS fars,
                count() AS n,
                sum(if(far, time, -time)) AS delay,
                sum(if(far, -toInt32(ttl), toInt32(ttl))) AS ttl_step,
                sum(if(far, toUInt64(0), sender)) AS near_host,
                sum(if(far, sender, toUInt64(0))) AS far_host
            FROM
            (
                SELECT
                    fp, ttl,
                    point = {b:String} AS far,
                    cityHash64(far, src) AS sender,
                    time_ns - if(far, {offset_ns:Int64} + intDiv(intDiv(time_ns - {offset_ns:Int64} - {at_ns:Int64}, 1000) * {skew_ppb:Int64}, 1000000), 0) AS time
                FROM {db:Identifier}.packets
                WHERE point IN ({a:String}, {b:String}) AND kind = 'ip'
                  AND time_ns BETWEEN if(point = {b:String}, {b_begin:Int64}, {a_begin:Int64})
                                  AND if(point = {b:String}, {b_end:Int64}, {a_end:Int64})
            )
            GROUP BY fp
            HAVING n = 2 AND fars = 1 AND abs(delay) <= {tmax_ns:Int64}
        )
    )
    ARRAY JOIN hosts AS host
    GROUP BY host
) AS found USING dummy
GROUP BY host
HAVING sum(votes) != 0
ORDER BY host
