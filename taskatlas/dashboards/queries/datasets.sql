-- Which datasets are in the release?
SELECT dataset, family, domain, description, label_kind, labels, n_train, n_test, n_duplicates, n_quarantined
FROM datasets
ORDER BY dataset
