"""Trying: calls are spent where the decision is. Nothing of it knows models or stored work: what is expected of
subjects comes in, calls are asked for, and what they say goes out."""
