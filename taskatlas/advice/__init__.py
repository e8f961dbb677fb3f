"""Texts of one's own, pasted rather than ingested: advise which prompt, model and source dataset to use for them."""
