-- How did the scores of these two subjects on this dataset move, from release to release?
WITH found AS (
    SELECT 'measured' AS score, s.release, s.subject, s.dataset, s.metric, s.value, s.low, s.high
    FROM "scores@$every" AS s
    UNION ALL
    SELECT 'forecast', f.release, f.subject, f.dataset, f.metric, f.value, f.low, f.high
    FROM "forecasts@$every" AS f
)
SELECT f.release, substr(f.release, 2)::INT AS place, f.score, f.subject, f.value, f.low, f.high
FROM found AS f
WHERE f.subject IN ($one, $other) AND f.dataset = $dataset AND f.metric = $metric AND isfinite(f.value)
    AND substr(f.release, 2)::INT >= $since
ORDER BY f.score, f.subject, place
