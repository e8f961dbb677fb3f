"""Scores that are expected where none is known, from those that are.

`about.about` takes what is known of subjects and datasets besides their scores. `holes.fill` expects the scores that a
matrix lacks on datasets that others were measured on, `unseen.forecast` those on a dataset that nobody was measured on.
"""
