-- On how many texts of each dataset and corpus do these two subjects answer the same?
WITH answers AS (
    SELECT
        a.text_id, a.label AS label_one, b.label AS label_other, abs(a.value - b.value) AS apart,
        coalesce(a.label, round(a.value, 4)::VARCHAR, a.output) AS one,
        coalesce(b.label, round(b.value, 4)::VARCHAR, b.output) AS other
    FROM predictions AS a
    JOIN predictions AS b ON b.text_id = a.text_id AND b.subject = $other
    WHERE a.subject = $one
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
    avg((a.one = a.other)::INT) AS same,
    count(*) FILTER (WHERE a.one <> a.other) AS differ,
    avg(a.apart) AS apart,
    -- an answer that stands for no label is wrong, as for the table scores
    avg(coalesce(lower(e.label) = lower(a.label_one), false)::INT) FILTER (WHERE j.subject IS NOT NULL) AS right_one,
    avg(coalesce(lower(e.label) = lower(a.label_other), false)::INT) FILTER (WHERE k.subject IS NOT NULL) AS right_other
FROM answers AS a
JOIN examples AS e ON e.text_id = a.text_id
LEFT JOIN judged AS j ON e.origin_kind = 'dataset' AND j.dataset = e.origin AND j.subject = $one
LEFT JOIN judged AS k ON e.origin_kind = 'dataset' AND k.dataset = e.origin AND k.subject = $other
GROUP BY e.origin_kind, e.origin
ORDER BY e.origin_kind DESC, e.origin
