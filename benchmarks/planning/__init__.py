"""What it costs to learn that nothing has changed: see `python -m benchmarks.planning`."""
