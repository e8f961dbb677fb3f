"""Import of measured transfers: files of other people's transfers → cards of known transfers."""
