-- What is like this subject, in every space?
SELECT n.method, n.neighbor_kind AS kind, n.neighbor, n.similarity, n.rank
FROM neighbors AS n
WHERE n.entity_kind = 'subject' AND n.entity = $subject AND n.rank <= $k
ORDER BY
    CASE n.method WHEN 'crosscov' THEN 1 WHEN 'student' THEN 2 WHEN 'text' THEN 3 ELSE 4 END,
    n.method, n.neighbor_kind, n.rank
