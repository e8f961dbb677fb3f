"""Validate: rows of sources before anything is predicted, and tables before they are published."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from taskatlas.errors import ValidationError
from taskatlas.hashing import digest
from taskatlas.predict.kinds.recorded import verify
from taskatlas.schemas.models import RecordedModel
from taskatlas.stages import ingest
from taskatlas.stages.context import Context
from taskatlas.stages.spaces import wanted_methods
from taskatlas.store.atomic import replacing
from taskatlas.validate import UnmetError, Verdict, validate_rows, validate_table, write_docs
from taskatlas.validate.suites import suite

VALIDATE_VERSION = 1


def check_key(context: Context, kind: str, name: str, rows: str) -> str:
    """Key of an origin's verdict: its rows, what its card promises of them, the limit and the suite."""
    card = context.card(kind, name)
    promised = [getattr(card, field, None) for field in ("labels", "value_range", "max_chars")]
    pair = getattr(getattr(card, "columns", None), "text_pair", None)
    limit = context.registry.project.quarantine_limit
    return digest("check", VALIDATE_VERSION, kind, name, rows, promised, pair, limit, suite("rows"))


def check(context: Context, kind: str, name: str, rows: str, key: str) -> dict[str, Any]:
    """Hold an origin's rows to their expectations: parts good/`key`, quarantine/`key` and quality/`key`.

    Raises:
        ValidationError: too many rows are bad; they are listed in the project's warehouse/rejected/.
    """
    parts = context.parts
    if not is_checked(context, key):
        card, limit = context.card(kind, name), context.registry.project.quarantine_limit
        listed = context.layout.rejected / f"{name}.csv"
        try:
            verdict = validate_rows(parts.read("rows", rows), card, quarantine_limit=limit)
        except UnmetError as error:
            _list_rejected(error.verdict, listed)
            todo = f"{error.todo} (all bad rows are listed in {listed.relative_to(context.folder)})"
            raise ValidationError(error.what, where=error.where, todo=todo) from error
        parts.write("good", key, verdict.good)
        parts.write("quarantine", key, verdict.quarantine)
        parts.write("quality", key, verdict.quality, {"result": verdict.result})
        listed.unlink(missing_ok=True)
    return {"quality": key}


def is_checked(context: Context, key: str) -> bool:
    """Whether all three parts of a check are there."""
    return all(context.parts.has(kind, key) for kind in ("good", "quarantine", "quality"))


def _list_rejected(verdict: Verdict, path: Path) -> None:
    with replacing(path) as temporary:
        pa.csv.write_csv(verdict.quarantine.drop_columns(["origin_kind"]), temporary)


def check_tables(tables: Mapping[str, pa.Table]) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Hold tables to their suites before they are published.

    Returns:
        Their rows of the table quality, and the results for the Data Docs.

    Raises:
        ValidationError: a table breaks an expectation; nothing of it may be published.
    """
    verdicts = [validate_table(name, rows) for name, rows in tables.items()]
    return pa.concat_tables([verdict.quality for verdict in verdicts]), [verdict.result for verdict in verdicts]


def results_of(context: Context, keys: Iterable[str]) -> list[dict[str, Any]]:
    """The kept results of origins, for the Data Docs."""
    return [context.parts.manifest("quality", key)["result"] for key in keys]


def write_data_docs(context: Context, results: Iterable[dict[str, Any]]) -> None:
    """Write the Data Docs of a run; where nothing was validated anew, they are there already."""
    found = list(results)
    stamp = digest(json.dumps(found, sort_keys=True))
    mark = context.layout.warehouse / "state" / "data_docs.json"
    there = (context.layout.data_docs / "index.html").is_file() and mark.is_file()
    if there and context.read_state("data_docs")["stamp"] == stamp:
        return
    write_docs(context.layout.data_docs, found)
    context.write_state("data_docs", {"stamp": stamp})


def check_beforehand(context: Context, methods: Sequence[str] | None = None) -> None:
    """Check what can be known before any work is done: the cards, the methods' names, and the pinned recorded files.

    Raises:
        TaskatlasError: something does not hold.
    """
    wanted_methods(context, methods)
    for card in context.registry.models.values():
        if isinstance(card, RecordedModel):
            verify(card, context.folder)


def validate_project(folder: Path) -> list[dict[str, Any]]:
    """Check all cards and all rows of a project's sources; nothing is predicted or published.

    Returns:
        Per dataset and corpus: how many rows there are, and how many of them are bad.

    Raises:
        TaskatlasError: the first fault that would stop a run.
    """
    context, found = Context(folder), []
    check_beforehand(context)
    origins = [("dataset", name) for name in context.registry.datasets]
    for kind, name in [*origins, ("corpus", context.registry.corpus.name)]:
        rows = ingest.rows_key(context, kind, name)
        ingest.read(context, kind, name, rows)
        key = check_key(context, kind, name, rows)
        check(context, kind, name, rows, key)
        n_rows, n_bad = (context.parts.read(part, at).num_rows for part, at in (("rows", rows), ("quarantine", key)))
        found.append({"kind": kind, "name": name, "rows": n_rows, "quarantined": n_bad})
    return found
