-- Whose measured score fell outside of its forecast's 90% interval?
SELECT f.subject, f.dataset, f.metric, f.value AS forecast, f.low, f.high, s.value AS measured, f.fidelity
FROM forecasts AS f
JOIN scores AS s ON s.subject = f.subject AND s.dataset = f.dataset AND s.metric = f.metric
WHERE isfinite(f.value) AND isfinite(s.value) AND s.value NOT BETWEEN f.low AND f.high
ORDER BY abs(s.value - f.value) DESC, f.subject, f.dataset, f.metric
