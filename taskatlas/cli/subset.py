# ruff: noqa: ARG001 - --verbose is read by its callback
"""The command that says which few datasets stand for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.text import Text

from taskatlas.cli.options import Json, Project, Verbose, err, out
from taskatlas.errors import InputError, StoreError, UnknownNameError
from taskatlas.project.find import find_project, project_option
from taskatlas.project.folders import ProjectFolders

if TYPE_CHECKING:
    from taskatlas.analyze.subset import OverHalves, Subset
    from taskatlas.store.reader import Reader

_SCORES = "SELECT subject, dataset, metric, value FROM scores"
_KNOWN_SCORES = "SELECT subject, dataset, metric, value FROM known_scores WHERE card = $1"
_CARDS = "SELECT DISTINCT card FROM known_scores ORDER BY 1"
_VECTORS = """
    SELECT entity AS dataset, vector FROM embeddings
    WHERE entity_kind = 'dataset' AND space = (
        SELECT arg_min(e.space, (m.position, e.space)) FROM embeddings AS e JOIN methods AS m ON m.method = e.method
        WHERE e.entity_kind = 'dataset'
    )
"""
"""Those of the space whose method is listed first."""
_SHOWN = 3
"""Datasets that one stands for, and names of what is left out."""


class _Cell(NamedTuple):
    """A score."""

    subject: str
    dataset: str
    metric: str
    value: float


def subset(
    k: Annotated[int, typer.Option("-k", min=1, help="How many datasets to choose.")],
    scores: Annotated[
        str | None,
        typer.Option(metavar="FILE|CARD", help="A file of scores or a card of known ones. Default: what is measured."),
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Which one. Default: accuracy, or the scores' commonest.")] = None,
    project: Project = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Choose the datasets that rank subjects as all do, and say what is lost by measuring on them alone."""
    import numpy as np

    from taskatlas.analyze.subset import subset as chosen_by
    from taskatlas.cli import show
    from taskatlas.store.reader import Reader

    folders = ProjectFolders(find_project(project))
    reader = Reader(folders.catalog)
    cells = _cells(scores, metric, reader, folders)
    named = _metric(cells, metric)
    cells = [cell for cell in cells if cell.metric == named]
    subjects, datasets = sorted({cell.subject for cell in cells}), sorted({cell.dataset for cell in cells})
    matrix = np.full((len(subjects), len(datasets)), np.nan)
    rows, columns = ({name: place for place, name in enumerate(names)} for names in (subjects, datasets))
    for cell in cells:
        matrix[rows[cell.subject], columns[cell.dataset]] = cell.value
    found = chosen_by(matrix, k, _similarity(datasets, reader) if folders.catalog.is_file() else None)
    if as_json:
        show.print_json(_record(found, named, subjects, datasets))
        return
    _print_found(found, named, subjects, datasets)


def _cells(scores: str | None, metric: str | None, reader: Reader, folders: ProjectFolders) -> list[_Cell]:
    if scores is None:
        return [_Cell(**row) for row in reader.sql(_SCORES).to_pylist()]
    path = Path(scores).expanduser()
    if path.suffix and path.is_file():
        return _cells_of_file(path, metric)
    known = reader.sql(_CARDS)["card"].to_pylist() if folders.catalog.is_file() else []
    if scores in known:
        return [_Cell(**row) for row in reader.sql(_KNOWN_SCORES, (scores,)).to_pylist()]
    if (folders.folder / "known_scores" / f"{scores}.yaml").is_file():
        todo = f"run `taskatlas run{project_option(folders.folder)}` first"
        raise StoreError("it is in no release yet", where=f"known scores {scores}", todo=todo)
    if path.suffix or not known:
        raise InputError("there is no such file", where=scores, todo="name a file of scores, such as leaderboard.csv")
    raise UnknownNameError("card of known scores", scores, known)


def _cells_of_file(path: Path, metric: str | None) -> list[_Cell]:
    from taskatlas.importers.report import line_of
    from taskatlas.importers.scores.importing import scores_in
    from taskatlas.importers.scores.written import ScoreOptions

    found = scores_in(path, ScoreOptions(metric=metric))
    for outcome in found.left[:_SHOWN]:
        err.print(Text(line_of(outcome)), soft_wrap=True)
    if (more := len(found.left) - _SHOWN) > 0:
        err.print(f"and {more} reasons more why something of the file is left out")
    return [_Cell(each.subject, each.dataset, each.metric, each.value) for each in found.scores]


def _metric(cells: Iterable[_Cell], asked: str | None) -> str:
    """Return the metric that is compared: only scores of one are.

    Raises:
        InputError: there is no score.
        UnknownNameError: none is of the metric that was asked for.
    """
    from taskatlas.ingest.metrics import metric_name

    counts = Counter(cell.metric for cell in cells)
    if not counts:
        raise InputError("there are no scores", todo="run `taskatlas run`, or give --scores FILE")
    if asked is not None:
        if metric_name(asked) not in counts:
            raise UnknownNameError("metric", asked, sorted(counts))
        return metric_name(asked)
    return "accuracy" if "accuracy" in counts else max(sorted(counts), key=lambda name: counts[name])


def _similarity(datasets: list[str], reader: Reader) -> Any:
    """Return the cosines of all pairs of datasets, NaN where one has no vector; None where none has one."""
    import numpy as np

    from taskatlas.analyze.similarity import cosines

    vectors = {row["dataset"]: row["vector"] for row in reader.sql(_VECTORS).to_pylist()}
    places = [place for place, name in enumerate(datasets) if name in vectors]
    if not places:
        return None
    similarity = np.full((len(datasets), len(datasets)), np.nan)
    similarity[np.ix_(places, places)] = cosines(np.asarray([vectors[datasets[at]] for at in places], np.float32))
    return similarity


def _record(found: Subset, metric: str, subjects: list[str], datasets: list[str]) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "datasets": [
            {"dataset": datasets[column], "stands_for": [datasets[other] for other in found.stands_for[column]]}
            for column in found.chosen
        ],
        "metric": metric,
        "subjects": len(found.subjects),
        "of_subjects": len(subjects),
        "compared": [datasets[column] for column in found.datasets],
        "left_out": [name for column, name in enumerate(datasets) if column not in found.datasets],
        "agreement": None if found.agreement is None else asdict(found.agreement),
    }


def _print_found(found: Subset, metric: str, subjects: list[str], datasets: list[str]) -> None:
    import pyarrow as pa

    from taskatlas.cli import show

    for line in _what_was_used(found, metric, subjects, datasets):
        out.print(Text(line), soft_wrap=True)
    rows = [
        {"dataset": datasets[column], "stands_for": _few([datasets[other] for other in others]) or None}
        for column, others in found.stands_for.items()
    ]
    show.table(out, pa.Table.from_pylist(rows), "")
    out.print(Text(_what_is_lost(found)), soft_wrap=True)


def _what_was_used(found: Subset, metric: str, subjects: list[str], datasets: list[str]) -> list[str]:
    compared, of = len(found.datasets), len(datasets)
    used = f"{len(found.chosen)} of {compared} datasets, by {metric} of {len(found.subjects)} subjects."
    if compared == of and len(found.subjects) == len(subjects):
        return [used]
    left = [name for column, name in enumerate(datasets) if column not in found.datasets]
    holes = f"There are scores of {len(subjects)} subjects on {of} datasets, with holes."
    return [used, holes + (f" Left out: {_few(left)}." if left else "")]


def _what_is_lost(found: Subset) -> str:
    if found.agreement is None:
        return "What is lost is not known: too few subjects have scores on all datasets. Vectors chose, too."
    told = found.agreement
    return (
        f"{told.count} datasets that half of the subjects choose rank the other half as all {told.datasets} do with "
        f"Spearman {_shown(told.chosen)}; {told.count} random ones with {_shown(told.random)}."
    )


def _shown(value: OverHalves) -> str:
    return f"{value.mean:.2f} ({value.low:.2f} to {value.high:.2f})"


def _few(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
