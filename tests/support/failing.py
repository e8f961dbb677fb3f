"""What every bad input has to lead to."""

from __future__ import annotations

import re

import pytest

from taskatlas.errors import InputError
from tests.support.command_line import Result, run_cli

_CARD = re.compile(r"^error: (datasets|corpora|models|known_scores)/[^ :]+\.ya?ml: ")


def fails(*command: object, where: str, what: str, todo: str) -> Result:
    """Assert that a command ends with exit code 2 and one line on standard error: where, what, and what to do.

    With -v (for `run`, which takes longer, in a test of its own) a traceback stands before that line, once.
    """
    plain = run_cli(*command)
    assert plain.code == 2, plain
    line = only_line(plain)
    expected = f"{where}: {what}" if where else what
    # validate names the card, too
    assert line.startswith(f"error: {expected}") or _CARD.sub("", line, count=1).startswith(expected), line
    assert todo in line[line.index(what) + len(what) :], line
    if command[0] != "run":
        says_why(run_cli(*command, "--verbose"), line)
    return plain


def only_line(result: Result) -> str:
    """The one line on standard error."""
    lines = result.err.splitlines()
    assert len(lines) == 1, result.err
    assert "Traceback" not in result.out
    return lines[0]


def says_why(verbose: Result, line: str) -> None:
    """Assert that -v shows the same line after one traceback of the error."""
    assert verbose.code == 2
    *traceback, last = verbose.err.splitlines()
    assert last == line
    assert traceback[0].startswith("Traceback"), verbose.err
    message = line.removeprefix("error: ")
    assert sum(shown.startswith("taskatlas.") and shown.endswith(message) for shown in traceback) == 1, verbose.err


def fault(call: object, *args: object, **options: object) -> InputError:
    """The InputError that a call raises: one line, with where and what to do."""
    assert callable(call)
    with pytest.raises(InputError) as caught:
        call(*args, **options)
    assert "\n" not in str(caught.value)
    assert caught.value.where
    assert caught.value.todo
    return caught.value
