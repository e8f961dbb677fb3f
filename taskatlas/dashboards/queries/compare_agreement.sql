-- On how many texts of each dataset and corpus do these two subjects answer the same, where they share names of labels?
WITH answers AS (
    SELECT
        a.text_id, a.label AS label_one, b.label AS label_other, abs(a.value - b.value) AS apart,
        lower(coalesce(a.label, round(a.value, 4)::VARCHAR, a.output)) AS one,
        lower(coalesce(b.label, round(b.value, 4)::VARCHAR, b.output)) AS other
    FROM predictions AS a
    JOIN predictions AS b ON b.text_id = a.text_id AND b.subject = $other
    WHERE a.subject = $one
), alike AS (
    -- where no label of one is a label of the other, different words may mean the same
    SELECT
        len(one.labels) = 0 OR len(other.labels) = 0 OR list_has_any(
            list_transform(one.labels, lambda name: lower(name)), list_transform(other.labels, lambda name: lower(name))
        ) AS names
    FROM subjects AS one, subjects AS other
    WHERE one.subject = $one AND other.subject = $other
), judged AS (
    -- who names its labels otherwise is right by a mapping on its card, which is in no table
    SELECT s.subject, d.dataset
    FROM subjects AS s, datasets AS d
    WHERE s.subject IN ($one, $other) AND len(d.labels) > 0
        AND list_has_all(
            list_transform(s.labels, lambda name: lower(name)), list_transform(d.labels, lambda name: lower(name))
        )
)
SELECT
    e.origin_kind, e.origin,
    count(*) AS texts,
    CASE WHEN any_value(alike.names) THEN avg((a.one = a.other)::INT) END AS same,
    CASE WHEN any_value(alike.names) THEN count(*) FILTER (WHERE a.one <> a.other) END AS differ,
    avg(a.apart) AS apart,
    -- an answer that stands for no label is wrong, as for the table scores
    avg(coalesce(lower(e.label) = lower(a.label_one), false)::INT) FILTER (WHERE j.subject IS NOT NULL) AS right_one,
    avg(coalesce(lower(e.label) = lower(a.label_other), false)::INT) FILTER (WHERE k.subject IS NOT NULL) AS right_other
FROM answers AS a
CROSS JOIN alike
JOIN examples AS e ON e.text_id = a.text_id
LEFT JOIN judged AS j ON e.origin_kind = 'dataset' AND j.dataset = e.origin AND j.subject = $one
LEFT JOIN judged AS k ON e.origin_kind = 'dataset' AND k.dataset = e.origin AND k.subject = $other
GROUP BY e.origin_kind, e.origin
ORDER BY e.origin_kind DESC, e.origin
