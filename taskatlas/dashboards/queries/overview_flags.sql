-- Is anything degraded, and is it news since the release before?
WITH misses AS (
    SELECT
        f.now, f.metric, count(*) AS pairs, count(DISTINCT f.dataset) AS datasets,
        avg((s.value NOT BETWEEN f.low AND f.high)::INT) AS missed
    FROM "forecasts@$both" AS f
    JOIN "scores@$both" AS s ON s.now = f.now AND s.subject = f.subject AND s.dataset = f.dataset AND s.metric = f.metric
    WHERE isfinite(f.value) AND isfinite(s.value)
    GROUP BY f.now, f.metric
), fell AS (
    SELECT
        n.dataset, n.metric, count(*) AS scores,
        arg_max(n.subject, b.value - n.value) AS subject,
        arg_max(b.value, b.value - n.value) AS before, arg_max(n.value, b.value - n.value) AS after
    FROM scores AS n
    JOIN "scores@$before" AS b ON b.subject = n.subject AND b.dataset = n.dataset AND b.metric = n.metric
    WHERE n.value < b.low AND isfinite(n.value) AND isfinite(b.value)
    GROUP BY n.dataset, n.metric
), compared AS (
    -- of loss and error, less is better; baselines hang on the datasets alone, so their fall is no fault
    SELECT
        n.benchmark, n.metric, n.method, n.n, b.n AS n_before, b.value AS before, n.value AS after,
        CASE WHEN n.metric IN ('loss', 'error') THEN n.value - b.high ELSE b.low - n.value END AS beyond
    FROM benchmarks AS n
    JOIN "benchmarks@$before" AS b ON b.benchmark = n.benchmark AND b.method = n.method AND b.metric = n.metric
    WHERE n.calls_used = 'none' AND isfinite(n.value) AND isfinite(b.value)
        AND NOT regexp_full_match(n.method, 'random|mean elsewhere|nearest dataset.*|form|text \+ form|.*another subject')
), poorer AS (
    SELECT
        c.benchmark, c.metric, count(*) AS methods, arg_max(c.method, c.beyond) AS method,
        arg_max(c.before, c.beyond) AS before, arg_max(c.after, c.beyond) AS after,
        arg_max(c.n, c.beyond) AS n, arg_max(c.n_before, c.beyond) AS n_before
    FROM compared AS c
    WHERE c.beyond > 0
    GROUP BY c.benchmark, c.metric
), entities AS (
    SELECT d.now, 'dataset' AS kind, d.dataset AS name FROM "datasets@$both" AS d
    UNION ALL SELECT s.now, 'subject', s.subject FROM "subjects@$both" AS s
), spaces_of AS (
    SELECT DISTINCT e.now, e.entity_kind AS kind, e.method FROM "embeddings@$both" AS e
), judged AS (
    SELECT
        q.now, q.origin_kind, q.origin, q.expectation, q.n, q.n_unexpected, TRY(q.detail ->> '$.observed') AS observed,
        q.table_name = 'embeddings' AND q.origin_kind IN ('dataset', 'subject') AS of_vector,
        q.table_name = 'forecasts' AND q.origin_kind IN ('dataset', 'subject') AS of_forecast
    FROM "quality@$both" AS q
    WHERE NOT q.success
), lacking AS (
    SELECT e.now, e.kind, e.name, string_agg(o.method, ', ' ORDER BY o.method) AS methods, any_value(j.observed) AS reason
    FROM entities AS e
    JOIN spaces_of AS o ON o.now = e.now AND o.kind = e.kind
    ANTI JOIN "embeddings@$both" AS v
        ON v.now = e.now AND v.entity_kind = e.kind AND v.entity = e.name AND v.method = o.method
    LEFT JOIN judged AS j ON j.of_vector AND j.now = e.now AND j.origin_kind = e.kind AND j.origin = e.name
    GROUP BY e.now, e.kind, e.name
), broken AS (
    SELECT
        j.now, j.origin_kind, j.origin, count(*) AS expectations, max(j.n_unexpected) AS n_unexpected,
        arg_max(j.n, j.n_unexpected) AS n, arg_max(left(j.observed, 120), j.n_unexpected) AS observed,
        string_agg(DISTINCT j.expectation, ', ' ORDER BY j.expectation) AS names
    FROM judged AS j
    -- who is asked about pairs is meant to be asked about halves of single texts; its scores stand as they are
    WHERE NOT j.of_vector AND NOT j.of_forecast AND j.expectation <> 'expect_pairs_where_a_pair_is_asked_for'
    GROUP BY j.now, j.origin_kind, j.origin
), apart AS (
    SELECT q.now, q.origin_kind, q.origin, count(*) AS n, mode(q.reason) AS reason
    FROM "quarantine@$both" AS q
    GROUP BY q.now, q.origin_kind, q.origin
), unknown AS (
    -- what neither scores nor calls nor a forecast say anything of; what is measured needs no forecast
    SELECT r.now, 'subject' AS origin_kind, r.candidate AS origin, count(*) AS n
    FROM "recommendations@$both" AS r
    WHERE r.question = 'prompt' AND r.measured IS NULL AND r.tried IS NULL AND r.forecast IS NULL
    GROUP BY r.now, r.candidate
    UNION ALL
    SELECT r.now, 'dataset', r.dataset, count(*)
    FROM "recommendations@$both" AS r
    WHERE r.question = 'prompt' AND r.measured IS NULL AND r.tried IS NULL AND r.forecast IS NULL
    GROUP BY r.now, r.dataset
), last_run AS (
    FROM runs AS r SELECT r.began_at, r.outcome, r.fault, r.release ORDER BY r.began_at DESC LIMIT 1
), flags AS (
    -- how the last run went says nothing of an older release
    SELECT
        true AS now, 1 AS position, 'last run' AS flag, coalesce(r.release, 'no release') AS about,
        format('{} ({} UTC): {}', r.outcome, strftime(r.began_at, '%Y-%m-%d %H:%M'), coalesce(r.fault, 'no reason known')) AS why
    FROM last_run AS r WHERE r.outcome IN ('failed', 'interrupted') AND $newest = 1
    UNION ALL
    -- 90% intervals miss one score in ten. Scores on one dataset share its texts, so each dataset counts as one draw:
    -- what is beyond the upper 5% of a binomial with that many draws is no chance.
    SELECT
        m.now, 2, 'intervals', m.metric,
        format('{:.0f}% of {:d} measured scores lie outside of the 90% intervals of their forecasts.', 100 * m.missed, m.pairs)
    FROM misses AS m WHERE m.missed > 0.1 + 1.645 * sqrt(0.1 * 0.9 / m.datasets)
    UNION ALL
    SELECT
        true, 3, 'scores fell', f.dataset,
        format('{:.2f} → {:.2f} {} of {}; {:d} in all fell below the interval that they had.', f.before, f.after, f.metric, f.subject, f.scores)
    FROM fell AS f
    UNION ALL
    SELECT
        true, 4, 'benchmark fell', format('{}: {}', p.benchmark, p.metric),
        format(
            '{:.2f} → {:.2f} by {}, over {:d} targets ({:d} before); {:d} ways in all are worse than the interval that they had.',
            p.before, p.after, p.method, p.n, p.n_before, p.methods
        )
    FROM poorer AS p
    UNION ALL
    SELECT
        b.now, 5, 'expectations', b.origin,
        format(
            '{:d} of {:d} rows of this {} broke {}.{}',
            b.n_unexpected, b.n, b.origin_kind, b.names, coalesce(' Observed: ' || b.observed, '')
        )
    FROM broken AS b
    UNION ALL
    SELECT
        l.now, 6, 'no vector', l.name,
        format('This {} has no vector by {}{}.', l.kind, l.methods, coalesce(': ' || rtrim(l.reason, '.'), ''))
    FROM lacking AS l
    UNION ALL
    SELECT
        j.now, 6, 'no forecast', j.origin,
        format(
            '{:d} {} neither measured nor forecast: {}.', least(u.n, j.n),
            CASE least(u.n, j.n) WHEN 1 THEN 'score is' ELSE 'scores are' END, rtrim(j.observed, '.')
        )
    FROM judged AS j
    LEFT JOIN unknown AS u ON u.now = j.now AND u.origin_kind = j.origin_kind AND u.origin = j.origin
    -- a release from before there were recommendations does not tell the two apart
    WHERE j.of_forecast AND (u.n IS NOT NULL OR NOT EXISTS (FROM "recommendations@$both" AS r WHERE r.now = j.now))
    UNION ALL
    -- free text is never forecast; where nothing is, no dataset has labels that a subject can answer
    SELECT s.now, 7, 'no forecast', s.subject, 'No dataset has a forecast for this subject: no labels are like its own.'
    FROM "subjects@$both" AS s
    ANTI JOIN "forecasts@$both" AS f ON f.now = s.now AND f.subject = s.subject AND isfinite(f.value)
    ANTI JOIN judged AS j ON j.of_forecast AND j.now = s.now AND (j.origin_kind = 'dataset' OR j.origin = s.subject)
    ANTI JOIN "scores@$both" AS m ON m.now = s.now AND m.subject = s.subject
    WHERE s.output_kind <> 'text' AND EXISTS (FROM "forecasts@$both" AS f WHERE f.now = s.now)
    UNION ALL
    SELECT
        a.now, 8, 'quarantine', a.origin,
        format('{:d} rows of this {} are kept apart, mostly for: {}', a.n, a.origin_kind, a.reason)
    FROM apart AS a
    UNION ALL
    -- an arrangement by chance has 0.5, one without false neighbours 1: below the middle, the picture misleads
    SELECT s.now, 9, 'picture', s.space, format('The trustworthiness of its picture on the map is {:.2f}.', s.trustworthiness)
    FROM "spaces@$both" AS s WHERE s.trustworthiness < 0.75
)
SELECT f.flag, f.about, f.why, b.flag IS NULL AS new
FROM flags AS f
LEFT JOIN (SELECT DISTINCT flag, about FROM flags WHERE NOT now) AS b ON b.flag = f.flag AND b.about = f.about
WHERE f.now
ORDER BY new DESC, f.position, f.about, f.why
