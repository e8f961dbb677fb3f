"""The command line as a test calls it: in this process, with what it printed."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

_WHAT_IS_PUBLISHED = """
SELECT (SELECT string_agg(release, ' ' ORDER BY release) FROM releases) AS releases,
    (SELECT count(*) FROM predictions) AS predictions, (SELECT count(*) FROM examples) AS examples,
    (SELECT sum(value) FROM scores) AS scores, (SELECT sum(norm) FROM embeddings) AS norms,
    (SELECT count(*) FROM quarantine) AS quarantined
"""


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


def what_is_published(folder: Path) -> list[dict[str, Any]]:
    """What `taskatlas sql` reads in a project's newest release."""
    found = run_cli("sql", _WHAT_IS_PUBLISHED, "--project", folder, "--json")
    assert (found.code, found.err) == (0, "")
    rows: list[dict[str, Any]] = json.loads(found.out)
    assert rows[0]["predictions"] > 1_000
    return rows
