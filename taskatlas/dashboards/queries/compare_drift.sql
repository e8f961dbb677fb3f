-- How near was each of these two subjects, in every release since, to what it is in the newest release that has it?
WITH found AS (
    SELECT e.release, e.entity, e.method, e.space, e.vector, substr(e.release, 2)::INT AS place
    FROM "embeddings@$every" AS e
    WHERE e.entity_kind = 'subject' AND e.entity IN ($one, $other) AND substr(e.release, 2)::INT >= $since
), newest AS (
    SELECT f.entity, f.space, max(f.place) AS place
    FROM found AS f
    GROUP BY f.entity, f.space
)
SELECT
    f.release, f.place, f.entity AS subject, f.method, f.space,
    list_cosine_similarity(f.vector, l.vector)::DOUBLE AS cosine
FROM found AS f
JOIN newest AS n ON n.entity = f.entity AND n.space = f.space
JOIN found AS l ON l.entity = n.entity AND l.space = n.space AND l.place = n.place
ORDER BY f.method, f.space, f.entity, f.place
