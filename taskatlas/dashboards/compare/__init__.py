"""The parts of the page Compare: two subjects, two prompts, two releases."""
