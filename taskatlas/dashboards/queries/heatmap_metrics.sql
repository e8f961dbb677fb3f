-- In which metrics are subjects measured or forecast?
SELECT m.metric
FROM (SELECT s.metric FROM scores AS s UNION SELECT f.metric FROM forecasts AS f) AS m
ORDER BY m.metric
