-- Where do datasets and subjects lie in a space, and what are they? Models and prompts lie in the middle of their subjects.
WITH forecast AS (
    FROM forecasts AS f WHERE f.metric IN ('accuracy', 'spearman') AND isfinite(f.value)
), score AS (
    SELECT f.subject, f.value, f.metric FROM forecast AS f WHERE $score = 'forecast' AND f.dataset = $dataset
    UNION ALL
    SELECT s.subject, s.value, s.metric FROM scores AS s
    WHERE $score = 'measured' AND s.dataset = $dataset AND isfinite(s.value) AND (
        s.metric IN ('accuracy', 'spearman')
        OR s.metric = (SELECT any_value(r.metric) FROM recommendations AS r WHERE r.dataset = $dataset)
    )
), located AS (
    SELECT m.entity_kind, m.entity, m.x, m.y, format('{} texts', e.n) AS n
    FROM maps AS m
    LEFT JOIN embeddings AS e ON e.space = m.space AND e.entity_kind = m.entity_kind AND e.entity = m.entity
    WHERE m.space = $space
), subject AS (
    SELECT
        s.subject, s.model, s.prompt, s.families[1] AS family, s.labels, t.x, t.y, t.n,
        o.kind, concat_ws('; ', o.description, p.description) AS description, p.template,
        best.value, format('{:.2f} on {}', best.value, best.dataset) AS best
    FROM located AS t
    JOIN subjects AS s ON s.subject = t.entity AND t.entity_kind = 'subject'
    LEFT JOIN models AS o ON o.model = s.model
    LEFT JOIN prompts AS p ON p.prompt = s.prompt
    LEFT JOIN (
        SELECT f.subject, max(f.value) AS value, arg_max(f.dataset, f.value) AS dataset FROM forecast AS f GROUP BY ALL
    ) AS best ON best.subject = s.subject
), point AS (
    SELECT
        'dataset' AS what, d.dataset AS name, t.x, t.y, 'dataset' AS kind, d.family, NULL AS model, NULL AS prompt,
        d.description, d.labels, t.n, NULL AS template, format('{:.2f} by {}', best.value, best.subject) AS best
    FROM located AS t
    JOIN datasets AS d ON d.dataset = t.entity AND t.entity_kind = 'dataset'
    LEFT JOIN (
        SELECT f.dataset, max(f.value) AS value, arg_max(f.subject, f.value) AS subject FROM forecast AS f GROUP BY ALL
    ) AS best ON best.dataset = d.dataset
    UNION ALL
    SELECT
        'subject', s.subject, s.x, s.y, s.kind, s.family, s.model, s.prompt, s.description, s.labels, s.n, s.template,
        s.best
    FROM subject AS s
    UNION ALL
    SELECT
        'model', s.model, avg(s.x), avg(s.y), any_value(s.kind), mode(s.family), s.model, NULL,
        any_value(o.description), NULL, format('{} subjects', count(*)), NULL, arg_max(s.best, s.value)
    FROM subject AS s LEFT JOIN models AS o ON o.model = s.model
    WHERE $means = 1
    GROUP BY s.model
    UNION ALL
    SELECT
        'prompt', s.prompt, avg(s.x), avg(s.y), 'prompt', mode(s.family), NULL, s.prompt,
        any_value(p.description), any_value(p.labels), format('{} subjects', count(*)), any_value(s.template),
        arg_max(s.best, s.value)
    FROM subject AS s JOIN prompts AS p ON p.prompt = s.prompt
    WHERE $means = 1
    GROUP BY s.prompt
)
SELECT
    p.what || ': ' || p.name AS point, p.what, p.name, p.x, p.y, p.kind,
    coalesce(p.family, 'none') AS family, coalesce(p.model, 'none') AS model, coalesce(p.prompt, 'none') AS prompt,
    left(p.description, 160) AS description, coalesce(left(array_to_string(p.labels, ', '), 80), '–') AS labels,
    p.n, coalesce(left(p.template, 120), '–') AS template, coalesce(p.best, '–') AS best,
    score.value AS score, score.metric
FROM point AS p
LEFT JOIN score ON score.subject = p.name AND p.what = 'subject'
ORDER BY p.what, p.name
