-- How did the scores of these two subjects on this dataset move, from release to release?
WITH scored AS (
    SELECT 'measured' AS score, s.release, s.subject, s.dataset, s.metric, s.value, s.low, s.high
    FROM "scores@$every" AS s
    UNION ALL
    SELECT 'forecast', f.release, f.subject, f.dataset, f.metric, f.value, f.low, f.high
    FROM "forecasts@$every" AS f
)
SELECT c.release, substr(c.release, 2)::INT AS number, c.score, c.subject, c.value, c.low, c.high
FROM scored AS c
WHERE c.subject IN ($one, $other) AND c.dataset = $dataset AND c.metric = $metric AND isfinite(c.value)
    AND substr(c.release, 2)::INT >= $since
ORDER BY c.score, c.subject, number
