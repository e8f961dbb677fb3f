-- What did every method of answering every question reach, and what did it see?
SELECT b.benchmark, b.metric, b.method, b.value, b.low, b.high, b.n, b.labels_used, b.calls_used, b.lead,
    b.baseline, b.p_value, b.definition
FROM benchmarks AS b
ORDER BY
    CASE b.benchmark WHEN 'siblings' THEN 1 WHEN 'choice' THEN 2 WHEN 'choice_distinct' THEN 3 WHEN 'forecast' THEN 4 ELSE 5 END,
    b.benchmark, b.metric, b.method
