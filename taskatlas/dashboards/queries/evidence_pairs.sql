-- Does what was forecast agree with what was measured? One row per subject and dataset; of many, a part by hash.
SELECT
    f.subject, f.dataset, s.value AS measured, f.value AS forecast, f.low, f.high, f.n AS labels_used, s.n AS tested,
    s.value BETWEEN f.low AND f.high AS within
FROM forecasts AS f
JOIN scores AS s ON s.subject = f.subject AND s.dataset = f.dataset AND s.metric = f.metric
WHERE f.metric = $metric AND isfinite(f.value) AND isfinite(s.value)
QUALIFY row_number() OVER (ORDER BY hash(f.subject, f.dataset)) <= $most
ORDER BY f.dataset, f.subject
