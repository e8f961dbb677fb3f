"""Cards as files: reading their YAML, naming them, and their labels."""
