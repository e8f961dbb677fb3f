"""Outputs that are not UTF-8: what they cannot hold is replaced, and no command fails for it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from taskatlas.project.folders import ProjectFolders
from tests.support.command_line import run_cli

CODINGS = [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]


def run(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own."""
    command = [sys.executable, "-c", "from taskatlas.cli.app import main; main()", *arguments, "-p", str(project)]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHONIO"))
    }
    return subprocess.run(command, env={**environment, **variables}, capture_output=True, check=False, timeout=120)


@pytest.mark.parametrize("variables", CODINGS, ids=["ascii", "C"])
def test_letters_that_the_output_cannot_hold_are_replaced(published: Path, variables: dict[str, str]):
    query = "SELECT 'na' || chr(239) || 've ' || chr(8230) || ' ' || chr(26085) AS text"
    told = run(published, "sql", query, **variables)
    assert (told.returncode, told.stderr) == (0, b"")
    assert b"na?ve ? ?" in told.stdout
    whole = run(published, "sql", query, "--json", **variables)
    assert json.loads(whole.stdout) == [{"text": "naïve … 日"}]
    refused = run(published, "sql", "SELECT 日本", **variables)
    assert refused.returncode == 2
    assert refused.stderr.startswith(b"error: ")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_run_that_published_ends_well_all_the_same(published: Path, monkeypatch: pytest.MonkeyPatch, encoding: str):
    from taskatlas.cli import app, summary

    result = {"release": "v1", "created": True, "computed": 1, "datasets": ["cafe_reviews"], "seconds": 1.0}
    counts = {"datasets": 4, "subjects": 8, "corpus_texts": 200, "spaces": 3, "quarantined": 0}
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    app.replace_what_cannot_be_shown()
    told = {**result, "counts": counts, "server_seconds": 1.0}
    summary.print_summary(app.out, ProjectFolders(published), told)
    sys.stdout.flush()
    assert b"Release v1 is published." in raw.getvalue()
    assert b"nearest" in raw.getvalue()


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["table", "json"])
@pytest.mark.parametrize(
    "query", ["SELECT 1 AS a, 2 AS a", "SELECT TIMESTAMP 'infinity' AS a, TIME '24:00:00' AS b, MAP {[1]: 2} AS c"]
)
def test_any_query_can_be_shown(published: Path, query: str, as_json: list[str]):
    shown = run_cli("sql", query, "--project", published, *as_json)
    assert (shown.code, shown.err) == (0, "")
    assert ("2" if "AS a, 2" in query else "infinity") in shown.out
