-- Many servers: on each that is asked or loaded through. All copies of a packet have one fingerprint, by which they
-- come to lie on one shard; frames that are not comparable have none, and are spread by their numbers. `shards` is
-- one row of each: what is joined to it is worked out there.
CREATE TABLE IF NOT EXISTS {db:Identifier}.shards AS system.one
ENGINE = Distributed({cluster:Identifier}, system, one);
CREATE TABLE IF NOT EXISTS {db:Identifier}.packets_all AS {db:Identifier}.packets
ENGINE = Distributed({cluster:Identifier}, {db:Identifier}, packets, if(fp = 0, toUInt64(frame), fp));
CREATE TABLE IF NOT EXISTS {db:Identifier}.captures_all AS {db:Identifier}.captures
ENGINE = Distributed({cluster:Identifier}, {db:Identifier}, captures, capture);
CREATE TABLE IF NOT EXISTS {db:Identifier}.verdicts_all AS {db:Identifier}.verdicts
ENGINE = Distributed({cluster:Identifier}, {db:Identifier}, verdicts, if(fp = 0, toUInt64(frame), fp));
