-- What did the answers of each subject cost?
SELECT
    c.subject, c.answers, c.requests, c.prompt_tokens, c.completion_tokens, c.uncounted, c.cost,
    1000 * c.cost / nullif(c.answers, 0) AS cost_of_1000_answers
FROM costs AS c
ORDER BY c.cost DESC NULLS LAST, c.subject
