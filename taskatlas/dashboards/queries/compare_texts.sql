-- Which texts of this dataset or corpus do these two subjects answer differently? The first 200; numbers far apart first.
WITH answers AS (
    SELECT
        a.text_id, abs(a.value - b.value) AS apart,
        coalesce(a.label, round(a.value, 4)::VARCHAR, a.output) AS one,
        coalesce(b.label, round(b.value, 4)::VARCHAR, b.output) AS other
    FROM predictions AS a
    JOIN predictions AS b ON b.text_id = a.text_id AND b.subject = $other
    WHERE a.subject = $one
)
SELECT
    e.text,
    nullif(concat_ws(
        chr(10), e.text_pair, array_to_string([f.key || ': ' || f.value FOR f IN map_entries(e.fields)], chr(10)),
        array_to_string(e.choices, ' | ')
    ), '') AS beside,
    coalesce(e.label, round(e.value, 4)::VARCHAR, array_to_string(e.answers, ' / ')) AS label, a.one, a.other, e.split
FROM answers AS a
JOIN examples AS e ON e.text_id = a.text_id
WHERE e.origin_kind = $origin_kind AND e.origin = $origin AND lower(a.one) <> lower(a.other)
ORDER BY a.apart DESC NULLS LAST, e.text_id, e.split
LIMIT 200
