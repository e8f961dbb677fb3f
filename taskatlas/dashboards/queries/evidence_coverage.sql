-- How far are the forecasts off, and how often do their 90% intervals hold the measured score? The last row is of all.
SELECT
    CASE WHEN grouping(f.dataset) = 1 THEN 'all' ELSE f.dataset END AS dataset,
    grouping(f.dataset) = 1 AS total,
    count(*) AS pairs,
    avg((s.value BETWEEN f.low AND f.high)::INT) AS coverage,
    avg(abs(f.value - s.value)) AS mean_error,
    avg(f.value - s.value) AS bias,
    avg(f.high - f.low) AS width
FROM forecasts AS f
JOIN scores AS s ON s.subject = f.subject AND s.dataset = f.dataset AND s.metric = f.metric
WHERE f.metric = $metric AND isfinite(f.value) AND isfinite(s.value)
GROUP BY ROLLUP (f.dataset)
ORDER BY total, dataset
