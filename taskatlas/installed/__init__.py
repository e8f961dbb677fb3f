"""What is installed: the extras of taskatlas, and what other packages bring to it by entry point."""
