"""The page docs/evidence.md: what holds, for whom and where it fails, from the results of all benchmarks."""
