-- How did the answers to this question do from release to release?
SELECT b.release, b.method, b.value, b.low, b.high, b.n
FROM "benchmarks@$every" AS b
WHERE b.benchmark = $benchmark AND b.metric = $metric AND isfinite(b.value)
ORDER BY length(b.release), b.release, b.method
