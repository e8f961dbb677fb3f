-- Which prompts do well everywhere? Measured and forecast, averaged over datasets and models.
SELECT
    s.prompt,
    count(DISTINCT s.model) AS models,
    count(DISTINCT f.dataset) AS datasets,
    avg(f.value) AS forecast,
    avg(m.value) FILTER (WHERE isfinite(m.value)) AS measured
FROM subjects AS s
JOIN forecasts AS f ON f.subject = s.subject
LEFT JOIN scores AS m ON m.subject = f.subject AND m.dataset = f.dataset AND m.metric = f.metric
WHERE s.prompt IS NOT NULL AND f.metric IN ('accuracy', 'spearman') AND isfinite(f.value)
GROUP BY s.prompt
ORDER BY forecast DESC, s.prompt
