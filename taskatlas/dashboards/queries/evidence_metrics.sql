-- In which metrics are there both forecasts and measured scores?
SELECT f.metric, count(*) AS pairs
FROM forecasts AS f
JOIN scores AS s ON s.subject = f.subject AND s.dataset = f.dataset AND s.metric = f.metric
WHERE isfinite(f.value) AND isfinite(s.value)
GROUP BY f.metric
ORDER BY f.metric
