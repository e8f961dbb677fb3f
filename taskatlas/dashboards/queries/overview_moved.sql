-- Which measured scores and forecasts moved most since the release before?
WITH now AS (
    SELECT 'measured' AS what, s.subject, s.dataset, s.metric, s.value, s.low, s.high FROM scores AS s
    UNION ALL SELECT 'forecast', f.subject, f.dataset, f.metric, f.value, f.low, f.high FROM forecasts AS f
), before AS (
    SELECT 'measured' AS what, s.subject, s.dataset, s.metric, s.value, s.low, s.high FROM "scores@$before" AS s
    UNION ALL SELECT 'forecast', f.subject, f.dataset, f.metric, f.value, f.low, f.high FROM "forecasts@$before" AS f
)
SELECT
    n.what, n.subject, n.dataset, n.metric,
    b.value AS before, n.value AS now, n.value - b.value AS gain,
    n.value NOT BETWEEN b.low AND b.high AS beyond
FROM now AS n
JOIN before AS b ON b.what = n.what AND b.subject = n.subject AND b.dataset = n.dataset AND b.metric = n.metric
WHERE isfinite(n.value) AND isfinite(b.value) AND n.value <> b.value
QUALIFY row_number() OVER (
    PARTITION BY n.what ORDER BY abs(n.value - b.value) DESC, n.subject, n.dataset, n.metric
) <= 20
ORDER BY n.what DESC, abs(n.value - b.value) DESC, n.subject, n.dataset, n.metric
