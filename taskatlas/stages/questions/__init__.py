"""The questions of the table benchmarks, each with its ways of answering and what they reached."""
