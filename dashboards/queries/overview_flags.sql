-- Is anything degraded?
WITH misses AS (
    SELECT
        f.metric, count(*) AS pairs, count(DISTINCT f.dataset) AS datasets,
        avg((s.value NOT BETWEEN f.low AND f.high)::INT) AS missed
    FROM forecasts AS f
    JOIN scores AS s ON s.subject = f.subject AND s.dataset = f.dataset AND s.metric = f.metric
    WHERE isfinite(f.value) AND isfinite(s.value)
    GROUP BY f.metric
), fell AS (
    SELECT
        n.dataset, n.metric, count(*) AS scores,
        arg_max(n.subject, b.value - n.value) AS subject,
        arg_max(b.value, b.value - n.value) AS before, arg_max(n.value, b.value - n.value) AS now
    FROM scores AS n
    JOIN "scores@$before" AS b ON b.subject = n.subject AND b.dataset = n.dataset AND b.metric = n.metric
    WHERE n.value < b.low AND isfinite(n.value) AND isfinite(b.value)
    GROUP BY n.dataset, n.metric
), entities AS (
    SELECT 'dataset' AS kind, d.dataset AS name FROM datasets AS d
    UNION ALL SELECT 'subject', s.subject FROM subjects AS s
), spaces_of AS (
    SELECT DISTINCT e.entity_kind AS kind, e.method FROM embeddings AS e
), lacking AS (
    SELECT e.kind, e.name, string_agg(o.method, ', ' ORDER BY o.method) AS methods
    FROM entities AS e
    JOIN spaces_of AS o ON o.kind = e.kind
    ANTI JOIN embeddings AS v ON v.entity_kind = e.kind AND v.entity = e.name AND v.method = o.method
    GROUP BY e.kind, e.name
), broken AS (
    SELECT
        q.origin_kind, q.origin, count(*) AS expectations, max(q.n_unexpected) AS n_unexpected, arg_max(q.n, q.n_unexpected) AS n,
        string_agg(DISTINCT q.expectation, ', ' ORDER BY q.expectation) AS names
    FROM quality AS q
    WHERE NOT q.success
    GROUP BY q.origin_kind, q.origin
), apart AS (
    SELECT q.origin_kind, q.origin, count(*) AS n, mode(q.reason) AS reason
    FROM quarantine AS q
    GROUP BY q.origin_kind, q.origin
), last_run AS (
    FROM runs AS r SELECT r.began_at, r.outcome, r.fault, r.release ORDER BY r.began_at DESC LIMIT 1
), flags AS (
    SELECT
        1 AS place, 'last run' AS flag, coalesce(r.release, 'no release') AS about,
        format('{} ({} UTC): {}', r.outcome, strftime(r.began_at, '%Y-%m-%d %H:%M'), coalesce(r.fault, 'no reason known')) AS why
    FROM last_run AS r WHERE r.outcome IN ('failed', 'interrupted')
    UNION ALL
    -- 90% intervals miss one score in ten. Scores on one dataset share its texts, so each dataset counts as one draw:
    -- what is beyond the upper 5% of a binomial with that many draws is no chance.
    SELECT
        2, 'intervals', m.metric,
        format('{:.0f}% of {:d} measured scores lie outside of the 90% intervals of their forecasts.', 100 * m.missed, m.pairs)
    FROM misses AS m WHERE m.missed > 0.1 + 1.645 * sqrt(0.1 * 0.9 / m.datasets)
    UNION ALL
    SELECT
        3, 'scores fell', f.dataset,
        format(
            'Measured scores in {1} below the interval that they had before: {0:d}. Most fell {2}, from {3:.2f} to {4:.2f}.',
            f.scores, f.metric, f.subject, f.before, f.now
        )
    FROM fell AS f
    UNION ALL
    SELECT
        4, 'expectations', b.origin,
        format('Expectations that this {} broke: {:d} ({}), by at most {:d} of {:d} rows.', b.origin_kind, b.expectations, b.names, b.n_unexpected, b.n)
    FROM broken AS b
    UNION ALL
    SELECT 5, 'no vector', l.name, format('This {} has no vector by {}.', l.kind, l.methods) FROM lacking AS l
    UNION ALL
    -- free text is never forecast; where nothing is, no dataset has labels that a subject can answer
    SELECT 6, 'no forecast', s.subject, 'No dataset has a forecast for this subject: no labels are like its own.'
    FROM subjects AS s
    ANTI JOIN forecasts AS f ON f.subject = s.subject AND isfinite(f.value)
    WHERE s.output_kind <> 'text' AND EXISTS (FROM forecasts)
    UNION ALL
    SELECT 7, 'quarantine', a.origin, format('Rows of this {} that are kept apart: {:d}, mostly for: {}', a.origin_kind, a.n, a.reason)
    FROM apart AS a
    UNION ALL
    -- an arrangement by chance has 0.5, one without false neighbours 1: below the middle, the picture misleads
    SELECT 8, 'picture', s.space, format('The trustworthiness of its picture on the map is {:.2f}.', s.trustworthiness)
    FROM spaces AS s WHERE s.trustworthiness < 0.75
)
SELECT f.flag, f.about, f.why
FROM flags AS f
ORDER BY f.place, f.about, f.why
