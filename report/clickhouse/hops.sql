-- hops.csv of one hop: the whole match is made on each shard, and only counters and the bins of delays come back,
-- which add up. What takes sessions to tell (local, uncaptured, duplicated, reordered, modified) is empty.
SELECT
    concat({a:String}, '>', {b:String}) AS hop,
    if(way = 2, {b:String}, {a:String}) AS `from`,
    if(way = 2, {a:String}, {b:String}) AS to,
    ['none', 'forward', 'reverse'][way + 1] AS direction,
    matched + dropped + edge + ambiguous + apart AS packets,
    matched,
    dropped,
    injected,
    '' AS local,
    '' AS uncaptured,
    edge,
    ambiguous,
    apart + throwIf(way = 0 AND rows_read != {rows:UInt64}) AS excluded,
    '' AS duplicated,
    '' AS reordered,
    '' AS modified,
    if(way = 0 OR sent = 0, '', concat(toString(intDiv(lost, 1000000)), '.', substring(toString(1000000 + lost % 1000000), 2))) AS loss_ratio,
    text[1] AS delay_min_us,
    text[2] AS delay_p50_us,
    text[3] AS delay_p90_us,
    text[4] AS delay_p99_us,
    text[5] AS delay_max_us,
    text[6] AS delay_mean_us,
    text[7] AS delay_variation_us,
    text[8] AS clock_offset_us,
    if(way = 0, '', {skew_ppm:String}) AS clock_skew_ppm,
    '' AS clock_error_us,
    '' AS direction_evidence,
    repeated
FROM
(
    SELECT
        way, matched, dropped, injected, edge, ambiguous, apart, rows_read, repeated,
        matched + dropped AS sent,
        intDiv(dropped * 2000000 + sent, 2 * greatest(sent, 1)) AS lost,
        -- nearest rank: the middle of its bin, held between the least and the greatest, which are exact
        intDiv(matched * 500 + 999, 1000) AS rank50,
        intDiv(matched * 900 + 999, 1000) AS rank90,
        intDiv(matched * 990 + 999, 1000) AS rank99,
        multiIf(rank50 <= 1, shortest, rank50 = matched, longest,
                greatest(shortest, least(longest, arrayFirst((b, u) -> u >= rank50, bins, up_to)))) AS p50,
        multiIf(rank90 <= 1, shortest, rank90 = matched, longest,
                greatest(shortest, least(longest, arrayFirst((b, u) -> u >= rank90, bins, up_to)))) AS p90,
        multiIf(rank99 <= 1, shortest, rank99 = matched, longest,
                greatest(shortest, least(longest, arrayFirst((b, u) -> u >= rank99, bins, up_to)))) AS p99,
        if(total_delay < 0, -1, 1) * toInt64(intDiv(abs(total_delay) + intDiv(matched, 2), greatest(matched, 1))) AS mean,
        arrayMap(x -> concat(if(x < 0, '-', ''), toString(intDiv(abs(x), 1000)), '.', substring(toString(1000 + abs(x) % 1000), 2)),
                 [shortest, p50, p90, p99, longest, mean, p99 - p50, toInt64({offset_ns:Int64})]) AS known,
        multiIf(way = 0, emptyArrayString(), matched = 0, ['', '', '', '', '', '', '', known[8]], known) AS text
    FROM
    (
        SELECT
            way,
            sumIf(n, verdict = 1) AS matched,
            sumIf(n, verdict = 2) AS dropped,
            sumIf(n, verdict = 3) AS injected,
            sumIf(n, verdict = 4) AS edge,
            sumIf(n, verdict = 6) AS ambiguous,
            sumIf(n, verdict = 10) AS apart,
            sumIf(n, verdict = 20) AS rows_read,
            sumIf(n, again AND verdict IN (1, 2, 4, 6)) AS repeated,
            minIf(least, verdict = 1) AS shortest,
            maxIf(most, verdict = 1) AS longest,
            sumIf(total, verdict = 1) AS total_delay,
            groupArrayIf(bin, verdict = 1) AS bins_any,
            groupArrayIf(n, verdict = 1) AS counts_any,
            arraySort(bins_any) AS bins,
            arrayCumSum(arraySort((c, b) -> b, counts_any, bins_any)) AS up_to
        FROM
        (
            SELECT way, verdict, again, bin, sum(n) AS n, min(least) AS least, max(most) AS most, sum(total) AS total
            FROM {db:Identifier}.shards
            ALL INNER JOIN
            (
                SELECT
                    toUInt8(0) AS dummy, toUInt8(way) AS way, verdict, toUInt8(repeated) AS again,
                    if(verdict = 1, delay_bin, toInt64(0)) AS bin,
                    sum(toUInt64(n)) AS n, min(delay_least) AS least, max(delay_most) AS most, sum(delay_total) AS total
                FROM
                (
                    -- include match.sql
                )
                GROUP BY way, verdict, again, bin
                UNION ALL
                -- What cannot be compared at any point is of the direction `none`, which is there always.
                SELECT
                    toUInt8(0) AS dummy, arrayJoin([0, 1, 2]) AS way, toUInt8(10) AS verdict, toUInt8(0) AS again,
                    toInt64(0) AS bin, if(way = 0, count(), toUInt64(0)) AS n, toInt64(0) AS least, toInt64(0) AS most, toInt64(0) AS total
                FROM {db:Identifier}.packets
                WHERE point IN ({a:String}, {b:String}) AND kind != 'ip'
                  AND time_ns BETWEEN if(point = {b:String}, {b_begin:Int64}, {a_begin:Int64})
                                  AND if(point = {b:String}, {b_end:Int64}, {a_end:Int64})
                UNION ALL
                SELECT
                    toUInt8(0) AS dummy, toUInt8(0) AS way, toUInt8(20) AS verdict, toUInt8(0) AS again,
                    toInt64(0) AS bin, count() AS n, toInt64(0) AS least, toInt64(0) AS most, toInt64(0) AS total
                FROM {db:Identifier}.packets
                WHERE point IN ({a:String}, {b:String})
                  AND time_ns BETWEEN if(point = {b:String}, {b_begin:Int64}, {a_begin:Int64})
                                  AND if(point = {b:String}, {b_end:Int64}, {a_end:Int64})
            ) AS found USING dummy
            GROUP BY way, verdict, again, bin
        )
        GROUP BY way
    )
)
ORDER BY way = 0, way
