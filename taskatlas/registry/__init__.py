"""The registry: all cards of one project, held together."""
