-- balance.csv of all rows of crosstap-report --export that were loaded: counters of each shard, added up. The
-- verdicts are crosstap's own.
SELECT
    hop, direction, point, side,
    count() AS packets,
    countIf(verdict = 'matched') AS matched,
    countIf(verdict = 'dropped') AS dropped,
    countIf(verdict = 'injected') AS injected,
    countIf(verdict = 'duplicated') AS duplicated,
    countIf(verdict = 'local') AS local,
    countIf(verdict = 'uncaptured') AS uncaptured,
    countIf(verdict = 'edge') AS edge,
    countIf(verdict = 'ambiguous') AS ambiguous,
    countIf(verdict = 'excluded') AS excluded,
    countIf(verdict = 'copies') AS copies,
    'yes' AS balanced
FROM {db:Identifier}.verdicts_all
GROUP BY hop, direction, point, side
ORDER BY hop, direction, point
