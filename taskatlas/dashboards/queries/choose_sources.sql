-- Which labelled dataset is like this one, and what does best there?
WITH best AS (
    SELECT s.dataset, arg_max(s.subject, s.value) AS subject, max(s.value) AS score
    FROM scores AS s
    WHERE s.metric IN ('accuracy', 'spearman') AND isfinite(s.value)
    GROUP BY s.dataset
)
SELECT
    n.method, n.rank, n.neighbor AS source, n.similarity, d.family, d.n_train,
    best.subject AS best_there, best.score AS measured_there, f.value AS its_forecast_here
FROM neighbors AS n
LEFT JOIN datasets AS d ON d.dataset = n.neighbor
LEFT JOIN best ON best.dataset = n.neighbor
LEFT JOIN forecasts AS f
    ON f.subject = best.subject AND f.dataset = $dataset AND f.metric IN ('accuracy', 'spearman') AND isfinite(f.value)
WHERE n.entity_kind = 'dataset' AND n.entity = $dataset AND n.neighbor_kind = 'dataset' AND n.rank <= 5
ORDER BY method_order(n.method), n.method, n.rank
