"""Models behind a server: requests, questions and replies, their limits, and the ledger of answers."""
