-- What was added, removed or changed since the release before: its content, or only what its card says of it?
WITH card AS (
    SELECT
        d.now, 'dataset' AS kind, d.dataset AS name, d.dataset_id AS id,
        MAP {
            'family': d.family, 'domain': d.domain, 'description': d.description, 'license': d.license,
            'source': d.source, 'labels': d.labels::VARCHAR
        } AS facts
    FROM "datasets@$both" AS d
    UNION ALL
    SELECT
        m.now, 'model', m.model, m.model_id,
        MAP {'kind': m.kind, 'description': m.description, 'license': m.license, 'revision': m.revision}
    FROM "models@$both" AS m
    UNION ALL
    SELECT
        p.now, 'prompt', p.prompt, p.prompt_version,
        MAP {'description': p.description, 'families': p.families::VARCHAR, 'datasets': p.datasets::VARCHAR}
    FROM "prompts@$both" AS p
    UNION ALL
    SELECT s.now, 'subject', s.subject, s.subject_id, MAP {'families': s.families::VARCHAR} FROM "subjects@$both" AS s
    UNION ALL
    SELECT c.now, 'corpus', c.corpus, c.corpus_id, MAP {'description': c.description, 'license': c.license}
    FROM "corpora@$both" AS c
    UNION ALL
    SELECT s.now, 'space', s.space, s.space, MAP {'layout': s.layout} FROM "spaces@$both" AS s
), now AS (
    FROM card AS c WHERE c.now
), before AS (
    FROM card AS c WHERE NOT c.now
), pair AS (
    SELECT
        coalesce(n.kind, b.kind) AS kind, coalesce(n.name, b.name) AS name, b.id AS id_before, n.id AS id_now,
        list_filter(map_keys(n.facts), lambda key: n.facts[key] IS DISTINCT FROM b.facts[key]) AS differ
    FROM now AS n
    FULL JOIN before AS b ON b.kind = n.kind AND b.name = n.name
)
SELECT
    CASE WHEN p.id_before IS NULL THEN 'added' WHEN p.id_now IS NULL THEN 'removed' ELSE 'changed' END AS change,
    p.kind, p.name,
    CASE
        WHEN p.id_before IS NULL OR p.id_now IS NULL THEN NULL
        ELSE array_to_string(list_concat(CASE WHEN p.id_now <> p.id_before THEN ['content'] ELSE [] END, p.differ), ', ')
    END AS what,
    p.id_before, p.id_now
FROM pair AS p
WHERE p.id_now IS DISTINCT FROM p.id_before OR len(p.differ) > 0
ORDER BY change, p.kind, p.name
