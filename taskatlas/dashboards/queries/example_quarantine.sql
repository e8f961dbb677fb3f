-- Which bad rows were kept apart, and why?
SELECT q.origin_kind, q.origin, q.reason, count(*) AS bad_rows, any_value(q.text) AS one_of_them
FROM quarantine AS q
GROUP BY q.origin_kind, q.origin, q.reason
ORDER BY bad_rows DESC, q.origin, q.reason
