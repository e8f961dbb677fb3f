-- Which datasets are most alike?
SELECT n.method, n.entity AS dataset, n.neighbor AS other, n.similarity, d.family, o.family AS other_family
FROM neighbors AS n
LEFT JOIN datasets AS d ON d.dataset = n.entity
LEFT JOIN datasets AS o ON o.dataset = n.neighbor
WHERE n.entity_kind = 'dataset' AND n.neighbor_kind = 'dataset' AND n.rank = 1
ORDER BY n.similarity DESC, n.entity, n.method
