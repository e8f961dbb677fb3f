-- How near was each of these two subjects, in every release since, to what it is in the newest release that has it?
WITH vectors AS (
    SELECT e.release, e.entity, e.method, e.space, e.vector, substr(e.release, 2)::INT AS number
    FROM "embeddings@$every" AS e
    WHERE e.entity_kind = 'subject' AND e.entity IN ($one, $other) AND substr(e.release, 2)::INT >= $since
), newest AS (
    SELECT v.entity, v.space, max(v.number) AS number
    FROM vectors AS v
    GROUP BY v.entity, v.space
)
SELECT
    v.release, v.number, v.entity AS subject, v.method, v.space,
    list_cosine_similarity(v.vector, l.vector)::DOUBLE AS cosine
FROM vectors AS v
JOIN newest AS n ON n.entity = v.entity AND n.space = v.space
JOIN vectors AS l ON l.entity = n.entity AND l.space = n.space AND l.number = n.number
ORDER BY v.method, v.space, v.entity, v.number
