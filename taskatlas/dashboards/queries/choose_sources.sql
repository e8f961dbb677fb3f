-- Which labelled dataset should I learn from here? Each by the subject that was fitted on it, or else does best there.
SELECT
    r.rank, r.candidate AS source, r.verdict, r.subject, r.note, r.expected, r.low, r.high, r.measured, r.similarity,
    d.family, d.n_train
FROM recommendations AS r
LEFT JOIN datasets AS d ON d.dataset = r.candidate
WHERE r.question = 'source' AND r.dataset = $dataset
ORDER BY r.rank
