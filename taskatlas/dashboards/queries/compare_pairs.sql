-- Which models answer with both of these prompts?
SELECT a.model, a.subject AS one, b.subject AS other
FROM subjects AS a
JOIN subjects AS b ON b.model = a.model AND b.prompt = $other
WHERE a.prompt = $one
ORDER BY a.model
