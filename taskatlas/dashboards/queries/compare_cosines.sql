-- How alike are these two subjects, in every space?
SELECT a.method, a.space, list_cosine_similarity(a.vector, b.vector)::DOUBLE AS cosine
FROM embeddings AS a
JOIN embeddings AS b ON b.space = a.space AND b.entity_kind = 'subject' AND b.entity = $other
WHERE a.entity_kind = 'subject' AND a.entity = $one
ORDER BY method_order(a.method), a.method, a.space
