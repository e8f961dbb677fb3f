-- Which method answers each question best, and is it better than chance?
WITH judged AS (
    SELECT
        b.*,
        CASE WHEN b.metric IN ('loss', 'error') THEN -b.value WHEN b.metric = 'coverage' THEN -abs(b.value - 0.9) ELSE b.value END AS merit
    FROM benchmarks AS b
    WHERE isfinite(b.value)
), best AS (
    FROM judged AS j
    WHERE j.method NOT IN ('random', 'oracle') AND j.method NOT LIKE 'trying on %' AND j.method NOT LIKE '%, another subject'
    QUALIFY row_number() OVER (PARTITION BY j.benchmark, j.metric ORDER BY j.merit DESC, j.method) = 1
)
SELECT
    t.benchmark, t.metric, t.method, t.value, t.low, t.high, r.value AS random,
    CASE WHEN t.metric IN ('loss', 'error') THEN t.high < r.value ELSE t.low > r.value END AS beyond,
    t.n, t.definition
FROM best AS t
LEFT JOIN judged AS r ON r.benchmark = t.benchmark AND r.metric = t.metric AND r.method = 'random'
ORDER BY
    list_position(['siblings', 'siblings_hidden', 'choice', 'choice_distinct', 'choice_models', 'sources', 'forecast', 'stability'], t.benchmark), t.benchmark, t.metric
