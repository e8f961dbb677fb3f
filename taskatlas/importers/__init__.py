"""Prompts and instructions that a team already has, turned into cards of a project."""
