-- Which measured scores rose most since the release before?
SELECT s.subject, s.dataset, s.metric, b.value AS before, s.value AS now, s.value - b.value AS gain
FROM scores AS s
JOIN "scores@$before" AS b ON b.subject = s.subject AND b.dataset = s.dataset AND b.metric = s.metric
WHERE isfinite(s.value) AND isfinite(b.value)
ORDER BY gain DESC, s.subject, s.dataset, s.metric
LIMIT 50
