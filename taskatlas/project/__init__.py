"""A project: its folders, its settings, and the starter project."""
