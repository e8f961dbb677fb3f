-- Which subject should I use on this dataset, by all that is known? Expected scores with 90% intervals, measured and forecast.
SELECT
    r.rank, r.candidate, r.subject, s.model, s.prompt, r.verdict, r.evidence, r.metric,
    r.expected, r.low, r.high,
    r.measured, m.low AS measured_low, m.high AS measured_high,
    r.forecast, f.low AS forecast_low, f.high AS forecast_high, f.fidelity,
    r.tried, r.known, r.known_from,
    r.n, r.baseline, r.baseline_label, 1000 * c.cost / nullif(c.answers, 0) AS cost,
    1000 * c.seconds_median AS seconds, 1000 * c.seconds_p95 AS seconds_p95, r.note
FROM recommendations AS r
LEFT JOIN subjects AS s ON s.subject = r.subject
LEFT JOIN scores AS m ON m.subject = r.subject AND m.dataset = r.dataset AND m.metric = r.metric
LEFT JOIN forecasts AS f ON f.subject = r.subject AND f.dataset = r.dataset AND f.metric = r.metric
LEFT JOIN costs AS c ON c.subject = r.subject
WHERE r.question = 'prompt' AND r.dataset = $dataset
ORDER BY r.rank
