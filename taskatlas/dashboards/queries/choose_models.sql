-- Which model should I use on this dataset? Each by its first subject, and with how far what is expected of its subjects differs.
WITH of_model AS (
    SELECT s.model, count(*) AS subjects, max(r.expected) - min(r.expected) AS spread
    FROM recommendations AS r
    JOIN subjects AS s ON s.subject = r.subject
    WHERE r.question = 'prompt' AND r.dataset = $dataset
    GROUP BY s.model
)
SELECT
    r.rank, r.candidate AS model, m.kind, s.prompt, r.verdict, r.expected, r.low, r.high, r.measured, o.spread, o.subjects
FROM recommendations AS r
LEFT JOIN subjects AS s ON s.subject = r.subject
LEFT JOIN models AS m ON m.model = r.candidate
LEFT JOIN of_model AS o ON o.model = r.candidate
WHERE r.question = 'model' AND r.dataset = $dataset
ORDER BY r.rank
