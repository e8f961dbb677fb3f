"""Scores that are expected where none is known, from those that are: holes of a matrix, and datasets unseen."""
