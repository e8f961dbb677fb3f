-- What is nearest to a dataset or subject in a space?
SELECT
    n.neighbor_kind AS kind, n.rank, n.neighbor, n.similarity,
    n.neighbor_kind || ': ' || n.neighbor AS point
FROM neighbors AS n
WHERE n.space = $space AND n.entity_kind = $kind AND n.entity = $name AND n.rank <= $k
ORDER BY n.neighbor_kind, n.rank
