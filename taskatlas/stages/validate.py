"""Validate: rows of sources before anything is predicted, and tables before they are published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from taskatlas import progress
from taskatlas.cards.files import within
from taskatlas.errors import StoreError, TaskatlasError, ValidationError, raise_all
from taskatlas.ingest.known import verified_file
from taskatlas.plan.ingestion import is_checked
from taskatlas.plan.items import Source
from taskatlas.plan.mending import mended
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.plan.sources import names_of, source_of
from taskatlas.plan.spaces import requested_methods
from taskatlas.plan.transfers import setup_of
from taskatlas.predict.kinds.recorded import verify
from taskatlas.registry.load import read_registry
from taskatlas.registry.registry import Registry
from taskatlas.schemas.graph import GRAPH
from taskatlas.schemas.tables import TABLES
from taskatlas.stages import ingest
from taskatlas.stages.coming import coming
from taskatlas.stages.coverage import Coverage, coverage_of, recorded_models
from taskatlas.store.atomic import replacing
from taskatlas.store.content import Content
from taskatlas.store.parts import Parts
from taskatlas.validate import UnmetError, Verdict, validate_rows, validate_table, write_docs
from taskatlas.validate.suites import suite


def check(project: Project, source: Source) -> None:
    """Hold a source's rows to their expectations: parts good, quarantine and quality, all under `source.quality`.

    Raises:
        ValidationError: too many rows are bad; they are listed in the project's warehouse/rejected/.
    """
    parts, key = project.parts, source.quality
    card, limit = project.card(source.kind, source.name), project.registry.project.quarantine_limit
    listed = project.folders.rejected / f"{source.name}.csv"
    try:
        verdict = validate_rows(parts.read("rows", source.rows), card, quarantine_limit=limit)
    except UnmetError as error:
        _list_rejected(error.verdict, listed)
        todo = f"{error.todo} (all bad rows are listed in {listed.relative_to(project.folder)})"
        raise ValidationError(error.what, where=error.where, todo=todo) from error
    parts.write("good", key, verdict.good)
    parts.write("quarantine", key, verdict.quarantine)
    parts.write("quality", key, verdict.quality, {"result": verdict.result})
    listed.unlink(missing_ok=True)


def _list_rejected(verdict: Verdict, path: Path) -> None:
    with replacing(path) as temporary:
        pa.csv.write_csv(verdict.quarantine.drop_columns(["origin_kind"]), temporary)


def check_tables(parts: Parts, contents: Mapping[str, Content]) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Hold tables to their suites before they are published.

    What a suite said of the same rows before is kept, and not asked again: part table_checks/`key`.

    Returns:
        Their rows of the table quality, and the results for the Data Docs.

    Raises:
        ValidationError: a table breaks an expectation; nothing of it may be published.
    """
    quality, results = [TABLES["quality"].schema.empty_table()], []
    release = version("great-expectations")
    for name, content in contents.items():
        key = GRAPH["table_checks"].key(name, content.sha256, suite(name), release)
        if not parts.has("table_checks", key):
            verdict = validate_table(name, content.rows)
            parts.write("table_checks", key, verdict.quality, {"result": verdict.result})
        quality.append(parts.read("table_checks", key).cast(TABLES["quality"].schema))
        results.append(parts.manifest("table_checks", key)["result"])
    return pa.concat_tables(quality), results


def results_of(parts: Parts, keys: Iterable[str]) -> list[dict[str, Any]]:
    """Return the kept results of text sets, for the Data Docs."""
    return [parts.manifest("quality", key)["result"] for key in keys]


def write_data_docs(plan: Plan, results: Sequence[dict[str, Any]]) -> None:
    """Write the Data Docs of a run; pages that show what they showed before stay as they are."""
    try:
        written = plan.state.read("data_docs").get("pages")
    except StoreError:
        written = None
    stamps = write_docs(plan.project.folders.data_docs, results, written if isinstance(written, dict) else None)
    if stamps != written:
        plan.state.write("data_docs", {"pages": stamps})


def check_beforehand(project: Project, methods: Sequence[str] | None = None) -> None:
    """Check what can be known before any work is done: the cards, what they name, and the files that are pinned.

    Raises:
        TaskatlasError: something does not hold.
    """
    _check_settings(project.registry, methods)
    raise_all(_pinned_faults(project))


def _check_settings(registry: Registry, methods: Sequence[str] | None) -> None:
    """Check that the methods are there, and that what transfers tune is one that trains."""
    requested_methods(registry, methods)
    setup_of(registry)


def _pinned_faults(project: Project) -> Iterator[TaskatlasError]:
    """Yield what is wrong with files whose SHA-256 is on a card."""
    registry = project.registry
    for card in recorded_models(project):
        yield from _faults(registry, ("models", card.name), partial(verify, card, project.folder))
    for known in registry.known_scores.values():
        yield from _faults(registry, ("known_scores", known.name), partial(verified_file, known, project.folder))
    for pairs in registry.known_transfers.values():
        yield from _faults(registry, ("known_transfers", pairs.name), partial(verified_file, pairs, project.folder))


def _faults(registry: Registry, card: tuple[str, str], work: Callable[[], object]) -> Iterator[TaskatlasError]:
    """Do some work about a card, and yield what is wrong with it, with its file."""
    try:
        with within(registry.files[card]):
            work()
    except StoreError:  # of the warehouse, not of a card
        raise
    except TaskatlasError as error:
        yield error


def validate_project(folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Coverage]]:
    """Check all cards, all rows of a project's sources and recorded outputs; nothing is predicted or published.

    Returns:
        Per dataset, corpus and card of known scores: how many rows there are, and how many of them are bad. What a run
        will compute, as `stages.coming` says it. And how much of it recorded models answer.

    Raises:
        TaskatlasError: what would stop a run.
        FaultsError: all of it, where there is more than one fault.
    """
    registry, faults = read_registry(folder)
    if faults:
        raise_all([*faults, *(_source_faults(Project(folder, registry)) if registry else ())])
    plan = Plan(Project(folder))
    _check_settings(plan.project.registry, None)
    return mended(plan, lambda: (_all_validated(plan), coming(plan), _covered(plan)))


def _source_faults(project: Project) -> list[TaskatlasError]:
    """Return what is wrong with the sources of a project of which some cards do not hold."""
    registry = project.registry
    named = [("dataset", name) for name in registry.datasets]
    named += [("corpus", registry.project.corpus)] if registry.project.corpus in registry.corpora else []
    return [fault for card, work in _works(project, named) for fault in _faults(registry, card, work)]


def _works(project: Project, named: Iterable[tuple[str, str]]) -> list[tuple[tuple[str, str], Callable[[], Any]]]:
    """Return the card of each source, and what validates it."""
    folders = {"dataset": "datasets", "corpus": "corpora"}
    return [((folders[kind], name), partial(_validated, project, kind, name)) for kind, name in named]


def _all_validated(plan: Plan) -> list[dict[str, Any]]:
    """Return the rows of all sources and known scores, or raise all that is wrong with them."""
    project, rows = plan.project, list[dict[str, Any]]()
    works = _works(project, names_of(project))
    works += [((kind, name), partial(_known, project, kind, name, key)) for kind, name, key in plan.known]
    faults = list(_pinned_faults(project))
    progress.expect("validate", len(works), "sources")
    for card, work in works:
        faults += _faults(project.registry, card, lambda work=work: rows.append(work()))  # type: ignore[misc]
        progress.advance("validate")
    raise_all(faults)
    return rows


def _covered(plan: Plan) -> list[Coverage]:
    """Return what recorded models answer, or raise all that is wrong with their files."""
    faults, found = list[TaskatlasError](), list[Coverage]()
    for card in recorded_models(plan.project):
        of_card = ("models", card.name)
        faults += _faults(plan.project.registry, of_card, lambda card=card: found.extend(coverage_of(plan, card)))  # type: ignore[misc]
    raise_all(faults)
    return found


def _known(project: Project, kind: str, name: str, key: str) -> dict[str, Any]:
    parts = project.parts
    if not parts.has(kind, key):
        ingest.read_known(project, kind, name, key)
    return {"kind": kind.replace("_", " "), "name": name, "rows": parts.count(kind, key), "quarantined": 0}


def _validated(project: Project, kind: str, name: str) -> dict[str, Any]:
    parts, source = project.parts, source_of(project, kind, name)
    if not parts.has("rows", source.rows):
        ingest.read(project, source)
    if not is_checked(parts, source):
        check(project, source)
    n_rows, n_bad = parts.count("rows", source.rows), parts.count("quarantine", source.quality)
    return {"kind": source.kind, "name": source.name, "rows": n_rows, "quarantined": n_bad}
