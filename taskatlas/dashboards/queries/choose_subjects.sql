-- Which subject should I use on this dataset? Forecasts with 90% intervals, beside what was measured.
SELECT
    row_number() OVER (ORDER BY f.value DESC, f.subject) AS rank,
    f.subject, s.model, s.prompt,
    f.value AS forecast, f.low, f.high,
    m.value AS measured, m.low AS measured_low, m.high AS measured_high,
    f.fidelity, f.n AS labels_used
FROM forecasts AS f
LEFT JOIN subjects AS s ON s.subject = f.subject
LEFT JOIN scores AS m
    ON m.subject = f.subject AND m.dataset = f.dataset AND m.metric = f.metric AND isfinite(m.value)
WHERE f.dataset = $dataset AND f.metric = $metric AND isfinite(f.value)
ORDER BY rank
