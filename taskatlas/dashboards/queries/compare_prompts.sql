-- What does each of these two prompts say?
SELECT
    p.prompt, p.description, p.template, p.answer, p.labels, p.choices, p.families, p.demonstrations, p.n_demonstrations
FROM prompts AS p
WHERE p.prompt IN ($one, $other)
ORDER BY p.prompt = $other, p.prompt
