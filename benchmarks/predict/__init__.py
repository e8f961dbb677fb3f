"""What answering costs, side by side with the usual ways."""
