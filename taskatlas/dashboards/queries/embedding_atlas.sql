-- Which points, with what is known of them, does embedding-atlas draw? Those of one space, with their neighbours.
WITH drawn AS (
    SELECT min_by(m.space, method_order(m.method)) AS space
    FROM maps AS m
),
points AS (
    SELECT
        row_number() OVER (ORDER BY m.entity_kind, m.entity) - 1 AS row_id,
        m.space, m.entity_kind AS kind, m.entity AS name, m.x, m.y
    FROM maps AS m JOIN drawn ON drawn.space = m.space
),
near AS (
    SELECT
        p.row_id,
        list(o.row_id ORDER BY n.similarity DESC) AS ids,
        list(1 - n.similarity ORDER BY n.similarity DESC) AS distances
    FROM points AS p
    JOIN neighbors AS n ON n.space = p.space AND n.entity_kind = p.kind AND n.entity = p.name
    JOIN points AS o ON o.kind = n.neighbor_kind AND o.name = n.neighbor
    GROUP BY p.row_id
),
best AS (
    SELECT f.subject, arg_max(f.dataset, f.value) AS best_on, max(f.value) AS best_forecast
    FROM forecasts AS f
    WHERE f.metric IN ('accuracy', 'spearman') AND isfinite(f.value)
    GROUP BY f.subject
)
SELECT
    p.name, p.kind, p.x, p.y,
    coalesce(d.family, s.families[1]) AS family,
    s.model, s.prompt, r.template,
    coalesce(d.description, r.description, m.description) AS description,
    best.best_on, best.best_forecast,
    {'ids': near.ids, 'distances': near.distances} AS neighbors
FROM points AS p
LEFT JOIN near ON near.row_id = p.row_id
LEFT JOIN datasets AS d ON p.kind = 'dataset' AND d.dataset = p.name
LEFT JOIN subjects AS s ON p.kind = 'subject' AND s.subject = p.name
LEFT JOIN models AS m ON m.model = s.model
LEFT JOIN prompts AS r ON r.prompt = s.prompt
LEFT JOIN best ON best.subject = s.subject
ORDER BY p.row_id
