"""The stages as plain functions: ingest, validate, predict, embed, benchmark, publish.

Each stage reads what the stage before it left (parts and a state file), works on what is missing only, and leaves its
own. `tasks` wraps these functions for Prefect under the same file names, and `flows` orders them.
"""
