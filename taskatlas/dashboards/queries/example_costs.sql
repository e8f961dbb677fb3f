-- What did the answers of each subject cost, and how long did they take?
SELECT
    c.subject, c.answers, c.requests, c.prompt_tokens, c.completion_tokens, c.uncounted, c.cost,
    1000 * c.cost / nullif(c.answers, 0) AS cost_of_1000_answers,
    c.timed, c.seconds_median, c.seconds_p95
FROM costs AS c
ORDER BY c.cost DESC NULLS LAST, c.seconds_median DESC NULLS LAST, c.subject
