-- Which model should I use on this dataset? Each with the prompt that promises most, and with how far its prompts differ.
SELECT
    s.model, m.kind,
    arg_max(s.prompt, f.value) AS best_prompt,
    max(f.value) AS forecast, arg_max(f.low, f.value) AS low, arg_max(f.high, f.value) AS high,
    max(f.value) - min(f.value) AS spread,
    count(*) AS subjects
FROM forecasts AS f
JOIN subjects AS s ON s.subject = f.subject
LEFT JOIN models AS m ON m.model = s.model
WHERE f.dataset = $dataset AND f.metric = $metric AND isfinite(f.value)
GROUP BY s.model, m.kind
ORDER BY forecast DESC, s.model
