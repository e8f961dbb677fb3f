-- In which metrics are scores on this dataset forecast?
SELECT DISTINCT metric
FROM forecasts
WHERE dataset = $dataset AND isfinite(value)
ORDER BY metric
