-- Which of these two subjects does better on which dataset, measured and forecast?
WITH scored AS (
    SELECT 'measured' AS score, s.subject, s.dataset, s.metric, s.value FROM scores AS s
    UNION ALL
    SELECT 'forecast', f.subject, f.dataset, f.metric, f.value FROM forecasts AS f
)
SELECT
    f.dataset, f.metric,
    max(f.value) FILTER (WHERE f.score = 'measured' AND f.subject = $one) AS measured_one,
    max(f.value) FILTER (WHERE f.score = 'measured' AND f.subject = $other) AS measured_other,
    measured_one - measured_other AS measured_difference,
    max(f.value) FILTER (WHERE f.score = 'forecast' AND f.subject = $one) AS forecast_one,
    max(f.value) FILTER (WHERE f.score = 'forecast' AND f.subject = $other) AS forecast_other,
    forecast_one - forecast_other AS forecast_difference
FROM scored AS f
WHERE f.subject IN ($one, $other) AND isfinite(f.value)
GROUP BY f.dataset, f.metric
ORDER BY f.metric, f.dataset
