-- Which spaces are there, and how is each drawn? Named by their method where it has one space only.
SELECT
    s.space, s.method, s.surrogate, s.layout, s.trustworthiness,
    CASE WHEN count(*) OVER (PARTITION BY s.method) = 1 THEN s.method ELSE s.space END AS name,
    (SELECT count(*) FROM maps AS m WHERE m.space = s.space) AS points
FROM spaces AS s
ORDER BY method_order(s.method), s.method, s.space
