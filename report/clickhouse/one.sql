-- One server holds everything: what is asked of all shards is asked of it.
CREATE VIEW IF NOT EXISTS {db:Identifier}.shards AS SELECT dummy FROM system.one;
CREATE VIEW IF NOT EXISTS {db:Identifier}.packets_all AS SELECT * FROM {db:Identifier}.packets;
CREATE VIEW IF NOT EXISTS {db:Identifier}.captures_all AS SELECT * FROM {db:Identifier}.captures;
CREATE VIEW IF NOT EXISTS {db:Identifier}.verdicts_all AS SELECT * FROM {db:Identifier}.verdicts;
