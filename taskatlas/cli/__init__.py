"""What a person sees in the terminal: progress, tables, the summary of a run, and errors."""
