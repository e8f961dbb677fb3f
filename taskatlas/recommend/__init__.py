"""Recommendations: what is known of each candidate, which of them is best, and what to say of it. Nothing of it knows
stored work: numbers come in, verdicts go out."""
