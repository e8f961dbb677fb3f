"""The plan of a run: what is owed, each key computed once, from one reading of cards and state."""
