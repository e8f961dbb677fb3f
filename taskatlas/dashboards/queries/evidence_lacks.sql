-- What keeps benchmarks from being made, and what would make them appear?
WITH counts AS (
    SELECT
        (SELECT count(*) FROM datasets) AS datasets,
        (SELECT count(*) FROM datasets AS d WHERE d.n_test > 0) AS tested,
        (SELECT count(*) FROM subjects) AS subjects,
        (SELECT count(*) FROM scores) AS scores,
        (SELECT count(*) FROM forecasts) AS forecasts,
        (SELECT count(*) FROM embeddings AS e WHERE e.entity_kind = 'dataset') AS vectors,
        (SELECT max(n) FROM (SELECT count(DISTINCT s.subject) AS n FROM scores AS s GROUP BY s.dataset)) AS most,
        (SELECT max(n) FROM (SELECT count(*) AS n FROM datasets AS d GROUP BY d.family)) AS siblings,
        (SELECT count(DISTINCT b.benchmark) FROM benchmarks AS b) AS benchmarks
)
SELECT 'datasets' AS lack, 'There is no dataset: a card in datasets/ and a run bring one.' AS todo
FROM counts AS c WHERE c.datasets = 0
UNION ALL
SELECT 'subjects', 'There is no subject: a card in models/ and a run bring one, with cards in prompts/ one per prompt.'
FROM counts AS c WHERE c.subjects = 0
UNION ALL
SELECT 'labels', 'No dataset has a labelled test split: give one to a card in datasets/.'
FROM counts AS c WHERE c.datasets > 0 AND c.tested = 0
UNION ALL
SELECT 'scores', 'No subject was measured: have a card in models/ or prompts/ name a dataset''s family, so that its test split is answered.'
FROM counts AS c WHERE c.tested > 0 AND c.subjects > 0 AND c.scores = 0
UNION ALL
SELECT 'choice', 'Methods of choosing are compared where three subjects or more are measured on one dataset.'
FROM counts AS c WHERE c.scores > 0 AND c.most < 3
UNION ALL
SELECT 'siblings', 'Nearest datasets are held against families where two datasets or more are of one.'
FROM counts AS c WHERE c.datasets > 0 AND c.siblings < 2
UNION ALL
SELECT 'forecasts', 'Nothing is forecast: no subject''s labels are like a dataset''s, or no method of the project makes students: docs/methods.md names one that does.'
FROM counts AS c WHERE c.datasets > 0 AND c.subjects > 0 AND c.forecasts = 0
UNION ALL
SELECT 'benchmarks', 'All is there that benchmarks need: `taskatlas run` makes them.'
FROM counts AS c WHERE c.benchmarks = 0 AND c.scores > 0 AND c.most >= 3
