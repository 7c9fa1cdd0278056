    -- The match of one hop on one shard: what became of its packets. Part of the other files.
    --
    -- All copies of a packet have one fingerprint and lie on one shard, so each shard decides by itself.
    --   far      seen at the hop's second point, whose times are put on the first one's clock
    --   way      1 forward, 2 reverse, 0 not known
    --   down     seen where packets of this way come out of the hop
    --   event    time * 2 + down
    --   mark     what tells a packet from its retransmission: IP ID and TCP's timestamp
    --   told     1 matched; 2 dropped, or injected where `down`; 6 ambiguous
    --   verdict  1 matched; 2 dropped, 3 injected; 4, 5 the same, too near to where the other capture begins
    --            or ends; 6 ambiguous
    -- Packets seen once at both points are counted by the delay's bin, with fp = 0. All others are told
    -- one by one: fp and time say which. (`time = time`: 18.16 forgets columns that lambdas alone read.)
    SELECT
        way, fp, time, n, repeated, delay_least, delay_most, delay_total, delay_bin,
        multiIf(told != 2, toUInt8(1),
                down AND way = 1, time = time AND arrayExists((f, l) -> time - {edge_ns:Int64} >= f AND time <= l, {a_from:Array(Int64)}, {a_to:Array(Int64)}),
                down, time = time AND arrayExists((f, l) -> time - {edge_ns:Int64} >= f AND time <= l, {b_from:Array(Int64)}, {b_to:Array(Int64)}),
                way = 1, time = time AND arrayExists((f, l) -> time >= f AND time + {edge_ns:Int64} <= l, {b_from:Array(Int64)}, {b_to:Array(Int64)}),
                time = time AND arrayExists((f, l) -> time >= f AND time + {edge_ns:Int64} <= l, {a_from:Array(Int64)}, {a_to:Array(Int64)})) AS covered,
        toUInt8(multiIf(told != 2, told, covered, 2 + down, 4 + down)) AS verdict
    FROM
    (
        SELECT
            way, fp, repeated,
            bitAnd(event, 1) = 1 AS down,
            intDiv(event - bitAnd(event, 1), 2) AS time,
            by_mark ? toUInt64(indexOf(down_keys, key)) : toUInt64(in_order) AS partner,
            by_mark ? down_events[partner] : pair AS partner_event,
            intDiv(partner_event - 1 - event, 2) AS delay,
            toUInt8(multiIf(fp = 0, 1,
                            way = 0, 6,
                            up = 0 OR down_count = 0, 2,
                            by_mark AND partner = 0 AND NOT has(down_marks, mark), 2,
                            partner = 0 OR abs(delay) > {tmax_ns:Int64}, 6,
                            by_mark AND countEqual(up_marks, mark) != countEqual(down_marks, mark), 6,
                            1)) AS told,
            fp = 0 ? counted : toUInt64(1) AS n,
            fp = 0 ? least : delay AS delay_least,
            fp = 0 ? most : delay AS delay_most,
            fp = 0 ? total : delay AS delay_total,
            fp = 0 ? bin : {bin:delay} AS delay_bin
        FROM
        (
            -- The packets of a cluster are told by their marks where each mark behind the hop is one from
            -- before it; else in their order, where there are as many. The arrays that each of them is
            -- compared with are empty where they are long.
            SELECT
                way, fp, bin, repeated, counted, least, most, total, up, down_count, by_mark,
                up > 0 AND up = down_count AS in_order,
                multiIf(fp = 0, [toInt64(0)], way = 0, sorted, up > 0, ups, downs) AS events_shown,
                multiIf(fp = 0 OR way = 0 OR up = 0, arrayMap(e -> toUInt64(0), events_shown), all_up_marks) AS marks_shown,
                if(by_mark AND up > 0, all_up_keys, arrayMap(e -> toUInt64(0), events_shown)) AS keys_shown,
                if(in_order AND way != 0, downs, arrayMap(e -> toInt64(0), events_shown)) AS pairs_shown,
                if(by_mark, all_up_marks, emptyArrayUInt64()) AS up_marks,
                if(by_mark, all_down_marks, emptyArrayUInt64()) AS down_marks,
                if(by_mark, all_down_keys, emptyArrayUInt64()) AS down_keys,
                if(by_mark, downs, emptyArrayInt64()) AS down_events
            FROM
            (
                SELECT
                    way, fp, bin, repeated, counted, least, most, total, ups, downs, all_up_marks, all_down_marks,
                    events AS sorted,
                    length(ups) AS up,
                    length(downs) AS down_count,
                    up > 0 AND up + down_count <= 64 AND way != 0 AS few,
                    if(few, arrayMap((m, k) -> cityHash64(m, k), all_up_marks, arrayEnumerateUniq(all_up_marks)), emptyArrayUInt64()) AS all_up_keys,
                    if(few, arrayMap((m, k) -> cityHash64(m, k), all_down_marks, arrayEnumerateUniq(all_down_marks)), emptyArrayUInt64()) AS all_down_keys,
                    few AND hasAll(all_up_keys, all_down_keys) AS by_mark
                FROM
                (
                    -- A cluster: copies of one packet, each within tmax of the one before.
                    SELECT
                        way, fp, bin, cluster,
                        count() AS counted,
                        counted > 1 AND fp != 0 AS repeated,
                        min(delay) AS least,
                        max(delay) AS most,
                        sum(delay) AS total,
                        groupArrayIf(event, fp != 0) AS events_any,
                        groupArrayIf(mark, fp != 0) AS marks_any,
                        arraySort(events_any) AS events,
                        arraySort((m, e) -> e, marks_any, events_any) AS marks,
                        arrayFilter(e -> bitAnd(e, 1) = 0, events) AS ups,
                        arrayFilter(e -> bitAnd(e, 1) = 1, events) AS downs,
                        arrayFilter((m, e) -> bitAnd(e, 1) = 0, marks, events) AS all_up_marks,
                        arrayFilter((m, e) -> bitAnd(e, 1) = 1, marks, events) AS all_down_marks
                    FROM
                    (
                        SELECT
                            way, delay, event, mark, cluster,
                            once ? toUInt64(0) : fp_of AS fp,
                            once ? {bin:delay} : toInt64(0) AS bin
                        FROM
                        (
                            SELECT
                                way, fp_of, once, delay,
                                once ? emptyArrayInt64() : events AS events_any,
                                once ? emptyArrayUInt64() : marks AS marks_any,
                                arraySort(events_any) AS sorted,
                                once ? [toInt64(0)] : sorted AS event_list,
                                once ? [toUInt64(0)] : arraySort((m, e) -> e, marks_any, events_any) AS mark_list,
                                once ? [toUInt64(0)] : arrayMap(c -> toUInt64(c), arrayCumSum(arrayMap(d -> toUInt8(d > 2 * {tmax_ns:Int64}), arrayDifference(sorted)))) AS cluster_list
                            FROM
                            (
                                SELECT
                                    fp AS fp_of,
                                    way,
                                    sum(if(down, time, -time)) AS delay,
                                    count() = 2 AND sum(down) = 1 AND way != 0 AND abs(delay) <= {tmax_ns:Int64} AS once,
                                    groupArray(time * 2 + down) AS events,
                                    groupArray(mark) AS marks
                                FROM
                                (
                                    -- include rows.sql
                                )
                                GROUP BY fp, way
                            )
                        )
                        ARRAY JOIN event_list AS event, mark_list AS mark, cluster_list AS cluster
                    )
                    GROUP BY way, fp, bin, cluster
                )
            )
        )
        ARRAY JOIN events_shown AS event, marks_shown AS mark, keys_shown AS key, pairs_shown AS pair
    )
