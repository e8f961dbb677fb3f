-- What was added, removed or changed since the release before?
WITH now AS (
    SELECT 'dataset' AS kind, d.dataset AS name, d.dataset_id AS id FROM datasets AS d
    UNION ALL SELECT 'model', m.model, m.model_id FROM models AS m
    UNION ALL SELECT 'prompt', p.prompt, p.prompt_version FROM prompts AS p
    UNION ALL SELECT 'subject', s.subject, s.subject_id FROM subjects AS s
    UNION ALL SELECT 'corpus', c.corpus, c.corpus_id FROM corpora AS c
    UNION ALL SELECT 'space', s.space, s.space FROM spaces AS s
), before AS (
    SELECT 'dataset' AS kind, d.dataset AS name, d.dataset_id AS id FROM "datasets@$before" AS d
    UNION ALL SELECT 'model', m.model, m.model_id FROM "models@$before" AS m
    UNION ALL SELECT 'prompt', p.prompt, p.prompt_version FROM "prompts@$before" AS p
    UNION ALL SELECT 'subject', s.subject, s.subject_id FROM "subjects@$before" AS s
    UNION ALL SELECT 'corpus', c.corpus, c.corpus_id FROM "corpora@$before" AS c
    UNION ALL SELECT 'space', s.space, s.space FROM "spaces@$before" AS s
)
SELECT
    CASE WHEN b.name IS NULL THEN 'added' WHEN n.name IS NULL THEN 'removed' ELSE 'changed' END AS change,
    coalesce(n.kind, b.kind) AS kind,
    coalesce(n.name, b.name) AS name,
    b.id AS id_before, n.id AS id_now
FROM now AS n
FULL JOIN before AS b ON b.kind = n.kind AND b.name = n.name
WHERE n.id IS DISTINCT FROM b.id
ORDER BY change, kind, name
