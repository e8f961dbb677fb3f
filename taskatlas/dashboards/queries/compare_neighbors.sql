-- What is like each of these two subjects, in every space?
WITH near AS (
    SELECT n.entity, n.method, n.space, n.neighbor_kind, n.rank, n.neighbor, n.similarity
    FROM neighbors AS n
    WHERE n.entity_kind = 'subject' AND n.rank <= 5
), one AS (
    SELECT * FROM near AS n WHERE n.entity = $one
), other AS (
    SELECT * FROM near AS n WHERE n.entity = $other
)
SELECT
    coalesce(a.method, b.method) AS method,
    coalesce(a.neighbor_kind, b.neighbor_kind) AS kind,
    coalesce(a.rank, b.rank) AS rank,
    a.neighbor AS one, a.similarity AS similarity_one, b.neighbor AS other, b.similarity AS similarity_other
FROM one AS a
FULL JOIN other AS b ON b.space = a.space AND b.neighbor_kind = a.neighbor_kind AND b.rank = a.rank
ORDER BY
    method_order(coalesce(a.method, b.method)),
    coalesce(a.space, b.space), kind, coalesce(a.rank, b.rank)
