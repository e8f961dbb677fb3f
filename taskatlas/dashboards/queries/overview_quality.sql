-- Was every promise kept? Expectations and quarantined rows by what they are about.
WITH held AS (
    SELECT
        q.origin_kind, count(DISTINCT q.origin) AS origins, count(*) AS expectations,
        count(*) FILTER (WHERE NOT q.success) AS broken
    FROM quality AS q
    GROUP BY q.origin_kind
), apart AS (
    SELECT q.origin_kind, count(*) AS quarantined FROM quarantine AS q GROUP BY q.origin_kind
)
SELECT
    coalesce(h.origin_kind, a.origin_kind) AS kind, h.origins, h.expectations, h.broken,
    coalesce(a.quarantined, 0) AS quarantined
FROM held AS h
FULL JOIN apart AS a ON a.origin_kind = h.origin_kind
ORDER BY kind
