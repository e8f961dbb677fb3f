-- What is like this subject, in every space?
SELECT n.method, n.neighbor_kind AS kind, n.neighbor, n.similarity, n.rank
FROM neighbors AS n
WHERE n.entity_kind = 'subject' AND n.entity = $subject AND n.rank <= $k
ORDER BY method_order(n.method), n.method, n.neighbor_kind, n.rank
