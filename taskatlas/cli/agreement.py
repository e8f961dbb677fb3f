"""Runs that would spend more than a card allows: whoever sits at the terminal is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import typer
from rich.text import Text

from taskatlas.cli.options import err
from taskatlas.errors import SpendError

_Result = TypeVar("_Result")


def with_agreement(run: Callable[[bool], _Result], *, agreed: bool) -> _Result:
    """Return what a run returns; where it would spend more than a card allows, ask, and run again.

    Args:
        run: takes whether more may be spent.
        agreed: whether it may without asking.

    Raises:
        SpendError: it would, and nobody can be asked.
        Exit: the answer was no.
    """
    try:
        return run(agreed)
    except SpendError as error:
        if not sys.stdin.isatty():
            raise
        err.print(Text(f"{error.what[:1].upper()}{error.what[1:]}."), soft_wrap=True)
        if not typer.confirm("Send them?", err=True):
            raise typer.Exit(1) from error
    return run(True)
