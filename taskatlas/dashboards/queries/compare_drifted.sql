-- Which vectors are furthest from what they were in the other release, in the same space? The first 200.
SELECT
    e.method, e.entity_kind AS kind, e.entity AS name, e.space,
    list_cosine_similarity(e.vector, b.vector)::DOUBLE AS cosine
FROM embeddings AS e
JOIN "embeddings@$before" AS b ON b.space = e.space AND b.entity_kind = e.entity_kind AND b.entity = e.entity
WHERE e.vector IS DISTINCT FROM b.vector
ORDER BY cosine, e.method, e.entity_kind, e.entity
LIMIT 200
