"""Adding to a project: cards drafted from a file of rows, or from a server, with every guess told."""
