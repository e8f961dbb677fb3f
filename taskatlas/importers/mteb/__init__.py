"""Tasks of the package mteb, turned into cards of datasets from what the package says of them, without network."""
