"""The command line as a test calls it: in this process, with what it printed."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch


@dataclass(frozen=True)
class Result:
    """What a command left: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def run_cli(*args: object) -> Result:
    """Run `taskatlas ARGS...` and wait for it; arguments are given as the shell would give them."""
    from taskatlas.cli.app import main

    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with patch.object(sys, "argv", ["taskatlas", *map(str, args)]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    return Result(code if isinstance(code, int) else int(code is not None), out.getvalue(), err.getvalue())
