-- What did every method of answering every question reach, and what did it see?
SELECT b.benchmark, b.metric, b.method, b.value, b.low, b.high, b.n, b.labels_used, b.calls_used, b.lead,
    b.baseline, b.p_value, b.definition
FROM benchmarks AS b
ORDER BY
    list_position(['siblings', 'siblings_hidden', 'choice', 'choice_distinct', 'choice_models', 'sources', 'forecast', 'stability'], b.benchmark),
    b.benchmark, b.metric, b.method
