"""Models behind a server: requests, what is asked and answered in them, their limits, and what is kept of them."""
