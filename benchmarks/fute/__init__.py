"""FUTE's released code beside ours."""
