                                        -- What the two points saw, each packet with its way: known by the hosts'
                                        -- sides of the hop, which sides.sql found.
                                        SELECT
                                            fp,
                                            point = {b:String} AS far,
                                            time_ns - if(far, {offset_ns:Int64} + intDiv(intDiv(time_ns - {offset_ns:Int64} - {at_ns:Int64}, 1000) * {skew_ppb:Int64}, 1000000), 0) AS time,
                                            cityHash64(far, src) AS sender,
                                            cityHash64(far, dst) AS receiver,
                                            multiIf(sender IN (SELECT host FROM sides WHERE near = 1), 1,
                                                    sender IN (SELECT host FROM sides WHERE near = 0), 2,
                                                    receiver IN (SELECT host FROM sides WHERE near = 0), 1,
                                                    receiver IN (SELECT host FROM sides WHERE near = 1), 2,
                                                    0) AS way,
                                            far != (way = 2) AS down,
                                            bitOr(bitShiftLeft(toUInt64(ip_id), 32), toUInt64(tcp_tsval)) AS mark
                                        FROM {db:Identifier}.packets
                                        WHERE point IN ({a:String}, {b:String}) AND kind = 'ip'
                                          AND time_ns BETWEEN if(point = {b:String}, {b_begin:Int64}, {a_begin:Int64})
                                                          AND if(point = {b:String}, {b_end:Int64}, {a_end:Int64})
