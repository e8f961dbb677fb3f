-- Which subjects and prompts are there to compare?
SELECT 'subject' AS kind, s.subject AS name FROM subjects AS s
UNION ALL
SELECT 'prompt', p.prompt FROM prompts AS p
ORDER BY kind DESC, name
