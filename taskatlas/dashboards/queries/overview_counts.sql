-- How much is in the release, and how much was in the one before it?
SELECT 'datasets' AS kind, (SELECT count(*) FROM datasets) AS now, (SELECT count(*) FROM "datasets@$before" AS b) AS before
UNION ALL
SELECT 'subjects', (SELECT count(*) FROM subjects), (SELECT count(*) FROM "subjects@$before" AS b)
UNION ALL
SELECT 'models', (SELECT count(*) FROM models), (SELECT count(*) FROM "models@$before" AS b)
UNION ALL
SELECT 'prompts', (SELECT count(*) FROM prompts), (SELECT count(*) FROM "prompts@$before" AS b)
UNION ALL
SELECT
    'corpus texts',
    (SELECT coalesce(sum(c.n_texts), 0)::BIGINT FROM corpora AS c),
    (SELECT coalesce(sum(b.n_texts), 0)::BIGINT FROM "corpora@$before" AS b)
UNION ALL
SELECT 'spaces', (SELECT count(*) FROM spaces), (SELECT count(*) FROM "spaces@$before" AS b)
