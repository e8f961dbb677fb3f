# ruff: noqa: ARG001 - --verbose is read by its callback
"""The command that says what to use on a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from taskatlas.cli.options import Json, Limit, Project, Verbose, err, out
from taskatlas.errors import StoreError
from taskatlas.project.find import find_project, project_option
from taskatlas.project.folders import ProjectFolders

if TYPE_CHECKING:
    import pyarrow as pa

    from taskatlas.store.reader import Reader

_SHOWN = ("rank", "candidate", "verdict", "evidence", "expected", "low", "high", "n")
INTERVAL = "low to high: 90% interval of the expected score"
_NAMED = 5
"""Candidates that a note names."""


class _Question(StrEnum):
    """What is to be chosen."""

    PROMPT = "prompt"
    MODEL = "model"
    SOURCE = "source"


def recommend(
    question: Annotated[
        _Question, typer.Argument(help="prompt: a model with a prompt. source: a dataset to learn from.")
    ],
    dataset: Annotated[str, typer.Argument(help="The dataset that it is for.")],
    max_cost: Annotated[
        float | None, typer.Option("--max-cost", metavar="COST", help="The most that 1,000 answers may cost.")
    ] = None,
    max_seconds: Annotated[
        float | None,
        typer.Option("--max-seconds", metavar="SECONDS", help="The most that 1,000 answers may take, at the median."),
    ] = None,
    k: Limit = 10,
    project: Project = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say which subject, model or source dataset to use on a dataset, by all that is known: measured scores first."""
    from taskatlas.cli import show
    from taskatlas.plan.since import line_since, tried_since
    from taskatlas.recommend.recommendation import recommend as recommended
    from taskatlas.store.reader import Reader

    folders = ProjectFolders(find_project(project))
    reader = Reader(folders.catalog)
    _require_published(reader, folders, dataset)
    found = recommended(reader, question.value, dataset, max_cost, max_seconds)
    rows, unpriced, untimed = (each.slice(0, k) for each in (found.rows, found.unpriced, found.untimed))
    release = reader.names("release")[-1]
    since = tried_since(folders, question.value, dataset, release)
    if as_json:
        lists = {"rows": rows, "unknown_cost": unpriced, "unknown_seconds": untimed}
        told = {name: each.to_pylist() for name, each in lists.items()}
        show.print_json({"text": found.text, "release": release, "tried_since": since, **told})
        return
    out.print(Text(f"{found.text[:1].upper()}{found.text[1:]}."))
    if since is not None:
        out.print(Text(line_since(folders, release, since)))
    columns = [name for name, most in (("cost", max_cost), ("seconds", max_seconds)) if most is not None]
    _print_rows(rows, columns)
    if (more := found.rows.num_rows - rows.num_rows) > 0:
        err.print(Text(f"{more} more: -k {found.rows.num_rows}"))
    for note, names in notes_of_unknown(found.rows.to_pylist()).items():
        err.print(Text(f"{note}: {', '.join(names[:_NAMED])}{', ...' if len(names) > _NAMED else ''}"))
    for unknown, what in ((unpriced, "cost"), (untimed, "time")):
        if unknown.num_rows:
            out.print(Text(f"\nOf unknown {what}:"))
            _print_rows(unknown, [])


def _require_published(reader: Reader, folders: ProjectFolders, dataset: str) -> None:
    """Hold a dataset that has a card to be in the release.

    Raises:
        StoreError: it came after the release.
    """
    with_cards = {
        path.stem for folder in ("datasets", "described") for path in (folders.folder / folder).glob("*.yaml")
    }
    if dataset in with_cards and dataset not in reader.recommended():
        todo = f"run `taskatlas run{project_option(folders.folder)}` first"
        raise StoreError("it is in no release yet", where=f"dataset {dataset}", todo=todo)


def notes_of_unknown(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return why nothing is known of candidates that were called: the note, and the candidates that it is about. Where
    nobody called them, the verdict says enough."""
    from taskatlas.recommend.evidence import UNFORECAST

    notes: dict[str, list[str]] = {}
    for row in rows:
        called = row["note"] and not row["note"].startswith(UNFORECAST) and row["baseline"] is not None
        if called and row["evidence"] is None and row["question"] != "source":
            notes.setdefault(row["note"], []).append(row["candidate"])
    return notes


def _print_rows(rows: pa.Table, columns: Sequence[str]) -> None:
    from taskatlas.cli import show

    if rows.num_rows:
        show.table(out, rows.select([*_SHOWN, *columns]), INTERVAL)
