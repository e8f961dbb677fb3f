-- Which subject promises most on each dataset, and what did it reach?
SELECT
    f.dataset,
    arg_max(f.subject, f.value) AS subject,
    max(f.value) AS forecast,
    arg_max(f.low, f.value) AS low,
    arg_max(f.high, f.value) AS high,
    arg_max({'measured': s.value}, f.value).measured AS measured
FROM forecasts AS f
LEFT JOIN scores AS s
    ON s.subject = f.subject AND s.dataset = f.dataset AND s.metric = f.metric AND isfinite(s.value)
WHERE f.metric IN ('accuracy', 'spearman') AND isfinite(f.value)
GROUP BY f.dataset
ORDER BY f.dataset
