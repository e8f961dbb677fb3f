-- Do subjects do well on the datasets that they are similar to? Vectors are of unit length: their product is the cosine.
WITH target AS MATERIALIZED (
    SELECT e.entity AS dataset, e.vector FROM embeddings AS e WHERE e.space = $space AND e.entity_kind = 'dataset'
), alike AS (
    SELECT t.dataset, e.entity AS subject, list_inner_product(t.vector, e.vector)::DOUBLE AS similarity
    FROM target AS t CROSS JOIN embeddings AS e
    WHERE e.space = $space AND e.entity_kind = 'subject'
), forecast AS (
    SELECT f.dataset, f.subject, f.value AS forecast FROM forecasts AS f WHERE f.metric = $metric AND isfinite(f.value)
), measured AS (
    SELECT s.dataset, s.subject, s.value AS measured FROM scores AS s WHERE s.metric = $metric AND isfinite(s.value)
), pair AS (
    SELECT *, CASE $score WHEN 'measured' THEN measured ELSE forecast END AS score
    FROM alike FULL JOIN forecast USING (dataset, subject) FULL JOIN measured USING (dataset, subject)
), known AS (
    SELECT p.*, p.similarity IS NOT NULL AND p.score IS NOT NULL AS has_both FROM pair AS p
), ranked AS MATERIALIZED (
    -- ranks of the pairs that have both; rank and count together are twice the mean rank of equal values
    SELECT
        k.*,
        rank() OVER alike_all + count(*) OVER alike_all AS rank_similarity,
        rank() OVER score_all + count(*) OVER score_all AS rank_score,
        rank() OVER alike_here + count(*) OVER alike_here AS rank_similarity_here,
        rank() OVER score_here + count(*) OVER score_here AS rank_score_here
    FROM known AS k
    WINDOW
        alike_all AS (PARTITION BY k.has_both ORDER BY k.similarity),
        score_all AS (PARTITION BY k.has_both ORDER BY k.score),
        alike_here AS (PARTITION BY k.has_both, k.dataset ORDER BY k.similarity),
        score_here AS (PARTITION BY k.has_both, k.dataset ORDER BY k.score)
), overall AS (
    SELECT corr(r.rank_similarity, r.rank_score) AS spearman, count(*) AS pairs FROM ranked AS r WHERE r.has_both
), here AS (
    -- of two subjects it could only be 1 or -1
    SELECT r.dataset, corr(r.rank_similarity_here, r.rank_score_here) AS spearman_here
    FROM ranked AS r WHERE r.has_both GROUP BY r.dataset HAVING count(*) > 2
)
SELECT
    r.dataset, r.subject, s.model, s.prompt, r.similarity, r.measured, r.forecast, r.score,
    overall.spearman, here.spearman_here, overall.pairs
FROM ranked AS r
CROSS JOIN overall
LEFT JOIN here ON here.dataset = r.dataset
LEFT JOIN subjects AS s ON s.subject = r.subject
ORDER BY r.dataset, r.subject
