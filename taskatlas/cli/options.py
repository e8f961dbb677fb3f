"""What the commands share: the options that most of them take, and where they print."""

from __future__ import annotations

import csv
import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

WIDE = 160
"""Columns of output that goes to a file or a pipe."""
error_display = {"traceback": False}
"""Its key `traceback`: whether an error is printed with its traceback."""
out = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDE)
err = Console(stderr=True)


def replace_what_cannot_be_shown() -> None:
    """Let a letter that the output cannot hold become a question mark: nothing that was done is to fail for it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _note_verbose(value: bool) -> bool:
    error_display["traceback"] = value
    return value


def listed(names: str) -> tuple[str, ...]:
    """Return names that are written with commas between them; one that holds a comma stands in double quotes.

    >>> listed('negative, "yes, indeed"')
    ('negative', 'yes, indeed')
    """
    rows = csv.reader([names.replace("\n", " ")], skipinitialspace=True)
    return tuple(name.strip() for name in next(rows, [])) if names else ()


def named_file(text: str) -> Path:
    """Return the path that an argument names.

    Raises:
        typer.BadParameter: it names nothing.
    """
    if not text.strip():
        raise typer.BadParameter("it names no file; . is the current folder")
    return Path(text)


Project = Annotated[
    Path | None,
    typer.Option("--project", "-p", metavar="DIR", help="Folder of the project. Default: the starter project."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show Prefect's log, and tracebacks of errors.", callback=_note_verbose)
]
Replace = Annotated[bool, typer.Option("--replace", help="A card of the same name gives way to the new one.")]
Limit = Annotated[int, typer.Option("-k", min=1, max=1000, help="How many to show.")]
