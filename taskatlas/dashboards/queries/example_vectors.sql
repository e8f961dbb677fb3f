-- Which subjects are most alike by the method `student`? From the vectors themselves.
SELECT a.entity AS subject, b.entity AS other, list_cosine_similarity(a.vector, b.vector) AS cosine
FROM embeddings AS a
JOIN embeddings AS b ON b.space = a.space AND b.entity_kind = a.entity_kind AND b.entity > a.entity
WHERE a.method = 'student' AND a.entity_kind = 'subject'
ORDER BY cosine DESC, a.entity, b.entity
LIMIT 20
