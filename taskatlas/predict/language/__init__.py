"""Language models: how likely they find answers, and what they write."""
