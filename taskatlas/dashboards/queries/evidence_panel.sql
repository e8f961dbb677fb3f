-- How well does each method of answering this question do, with 90% intervals?
SELECT b.method, b.value, b.low, b.high, b.n, b.labels_used, b.calls_used, b.definition, b.benchmark, b.metric
FROM benchmarks AS b
WHERE b.benchmark = $benchmark AND b.metric = $metric AND isfinite(b.value)
ORDER BY
    b.method = 'random',
    CASE WHEN $metric IN ('loss', 'error') THEN b.value WHEN $metric = 'coverage' THEN abs(b.value - 0.9) ELSE -b.value END,
    b.method
