-- On which datasets is another subject recommended than in the release before?
SELECT
    n.dataset,
    b.candidate AS subject_before, b.expected AS expected_before, b.verdict AS verdict_before,
    n.candidate AS subject_now, n.expected AS expected_now, n.verdict AS verdict_now
FROM recommendations AS n
JOIN "recommendations@$before" AS b ON b.question = n.question AND b.dataset = n.dataset AND b.rank = n.rank
WHERE n.question = 'prompt' AND n.rank = 1
    AND (n.candidate <> b.candidate OR (n.verdict = 'best') <> (b.verdict = 'best'))
ORDER BY n.dataset
