-- Was every promise kept? Expectations and quarantined rows by what they are about.
WITH expected AS (
    SELECT
        q.origin_kind, count(DISTINCT q.origin) AS origins, count(*) AS expectations,
        count(*) FILTER (WHERE NOT q.success) AS broken
    FROM quality AS q
    GROUP BY q.origin_kind
), apart AS (
    SELECT q.origin_kind, count(*) AS quarantined FROM quarantine AS q GROUP BY q.origin_kind
)
SELECT
    coalesce(e.origin_kind, a.origin_kind) AS kind, e.origins, e.expectations, e.broken,
    coalesce(a.quarantined, 0) AS quarantined
FROM expected AS e
FULL JOIN apart AS a ON a.origin_kind = e.origin_kind
ORDER BY kind
