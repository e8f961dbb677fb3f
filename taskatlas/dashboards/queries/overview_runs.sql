-- How did the last runs go, and how long did they take? The newest first.
SELECT
    row_number() OVER (ORDER BY r.began_at DESC) - 1 AS runs_ago,
    r.began_at, r.seconds, r.outcome, r.release, r.computed, r.device, r.taskatlas_version, r.fault
FROM runs AS r
ORDER BY runs_ago
LIMIT 20
