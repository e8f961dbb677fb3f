-- What did every method of answering every question reach, and what did it see?
SELECT b.benchmark, b.metric, b.method, b.value, b.low, b.high, b.n, b.labels_used, b.calls_used, b.definition
FROM benchmarks AS b
ORDER BY
    CASE b.benchmark WHEN 'siblings' THEN 1 WHEN 'choice' THEN 2 WHEN 'forecast' THEN 3 ELSE 4 END,
    b.benchmark, b.metric, b.method
