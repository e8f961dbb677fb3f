-- Which subject should I use on each dataset, and is it better than always answering the commoner class?
SELECT
    r.dataset, r.candidate AS subject, r.verdict, r.evidence, r.metric, r.expected, r.low, r.high, r.measured, r.baseline,
    r.baseline_label
FROM recommendations AS r
WHERE r.question = 'prompt' AND r.rank = 1
ORDER BY r.dataset
