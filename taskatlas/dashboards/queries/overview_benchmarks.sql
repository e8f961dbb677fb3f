-- How well did each method of answering do, now and in the release before?
SELECT
    n.benchmark, n.metric, n.method, b.value AS before, n.value AS now, n.low, n.high, n.value - b.value AS change, n.n
FROM benchmarks AS n
JOIN "benchmarks@$before" AS b ON b.benchmark = n.benchmark AND b.method = n.method AND b.metric = n.metric
WHERE n.value IS DISTINCT FROM b.value
ORDER BY n.benchmark, n.metric, n.method
