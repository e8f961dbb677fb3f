-- What should make me careful about this forecast?
WITH forecast AS (
    FROM forecasts WHERE subject = $subject AND dataset = $dataset AND metric = $metric
)
SELECT
    'low fidelity' AS flag,
    -- of numbers, fidelity is a rank correlation
    CASE s.output_kind
        WHEN 'number' THEN format('The rank correlation of its student with it on the corpus'' texts is {:.2f}.', f.fidelity)
        ELSE format('Its student agrees with it on {:.0f}% of the corpus'' texts only.', 100 * f.fidelity)
    END AS why
FROM forecast AS f LEFT JOIN subjects AS s ON s.subject = f.subject
WHERE f.fidelity < 0.5
UNION ALL
SELECT 'wide interval', format('The interval spans {:.2f}.', high - low)
FROM forecast WHERE high - low > 0.4
UNION ALL
SELECT 'few labels', format('The forecast rests on {:d} labelled texts.', n)
FROM forecast WHERE n < 50
UNION ALL
SELECT 'missed', format('Measured is {:.2f}, outside of the interval.', s.value)
FROM forecast AS f JOIN scores AS s ON s.subject = f.subject AND s.dataset = f.dataset AND s.metric = f.metric
WHERE isfinite(s.value) AND s.value NOT BETWEEN f.low AND f.high
UNION ALL
SELECT 'quality', format('{} {}: {} of {} rows broke {}.', origin_kind, origin, n_unexpected, n, expectation)
FROM quality
WHERE NOT success AND (
    (origin_kind = 'subject' AND origin = $subject) OR (origin_kind = 'dataset' AND origin = $dataset)
)
ORDER BY flag, why
