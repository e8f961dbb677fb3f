"""Forecasts that learn from measured scores: what can be said of subjects on a dataset before any is called there."""
