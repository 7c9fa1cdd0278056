-- The rows that a question about a hop is about. All shards together must have read as many for it: were the match made
-- on fewer of them, whatever the reason, that would end in an error.
SELECT count()
FROM {db:Identifier}.packets_all
WHERE point IN ({a:String}, {b:String})
  AND time_ns BETWEEN if(point = {b:String}, {b_begin:Int64}, {a_begin:Int64})
                  AND if(point = {b:String}, {b_end:Int64}, {a_end:Int64})
