-- Which subjects are most alike by the first of the methods? From the vectors themselves.
WITH first AS (
    SELECT min_by(e.space, method_order(e.method)) AS space
    FROM embeddings AS e WHERE e.entity_kind = 'subject'
)
SELECT a.method, a.entity AS subject, b.entity AS other, list_cosine_similarity(a.vector, b.vector) AS cosine
FROM embeddings AS a
JOIN first AS f ON f.space = a.space
JOIN embeddings AS b ON b.space = a.space AND b.entity_kind = a.entity_kind AND b.entity > a.entity
WHERE a.entity_kind = 'subject'
ORDER BY cosine DESC, a.entity, b.entity
LIMIT 20
