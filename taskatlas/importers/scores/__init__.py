"""Scores that somebody else measured: a file of a leaderboard, or of an earlier evaluation, as a card."""
