"""Texts of one's own, pasted rather than ingested: which prompt, model and source dataset for them, on the spot."""
