"""What fits nowhere, in a line each: after what a command says of itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from taskatlas.project.find import project_option

if TYPE_CHECKING:
    from taskatlas.registry.mismatches import Mismatch

MOST_IN_SUMMARY = 5


def print_mismatches(
    console: Console,
    folder: Path,
    most: int | None = None,
    files: Collection[str] | None = None,
    first: Iterable[Mismatch] = (),
) -> None:
    """Print what a project's cards leave out without an error.

    Args:
        console: where to.
        folder: of the project, whose cards hold.
        most: lines; None: all of them.
        files: those of cards that are meant; None: all of them.
        first: what is to be told before that.
    """
    from taskatlas.registry.load import load
    from taskatlas.registry.mismatches import mismatches

    found = [*first, *(each for each in mismatches(load(folder)) if files is None or each.where in files)]
    for each in found[:most]:
        console.print(Text.assemble(("note ", "bold"), str(each)), soft_wrap=True)
    if most is not None and len(found) > most:
        more = f"note {len(found) - most} more: taskatlas validate{project_option(folder)}"
        console.print(Text(more), soft_wrap=True)
