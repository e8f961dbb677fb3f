"""Files of scores → cards of known scores in a project, each with its file; what is there already stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from taskatlas.errors import InputError
from taskatlas.importers.known import KnownFile, as_csv, card_for, import_known
from taskatlas.importers.report import Outcome
from taskatlas.importers.scores.measured import Faults, KnownScore, as_shares, counted, once_each, read_scores
from taskatlas.importers.scores.near import near_misses
from taskatlas.importers.scores.sheet import read_sheet
from taskatlas.importers.scores.written import ScoreOptions, Unit, scores_of
from taskatlas.ingest.known import COLUMNS, day, lies_ahead
from taskatlas.ingest.metrics import metric_name
from taskatlas.registry.registry import Registry
from taskatlas.schemas.cards import KnownScoresCard

_SHOWN = 3
"""Near misses that are told of a file."""
_TAKEN: Mapping[Unit, str] = {"share": "shares", "percent": "percentages, as shares"}


class FileScores(NamedTuple):
    """The scores of a file, one of each subject, dataset and metric.

    Attributes:
        scores: sorted.
        units: what values were taken for, by metric that is a share.
        repeated: scores that were left out for a newer one.
        left: what cannot be taken.
    """

    scores: list[KnownScore]
    units: Mapping[str, Unit]
    repeated: int
    left: list[Outcome]


def import_scores(folder: Path, files: Sequence[Path], options: ScoreOptions) -> list[Outcome]:
    """Write a card of known scores for each file; nothing that is there is changed.

    Args:
        folder: the project.
        files: CSV, TSV, JSON, JSONL or Parquet, with a row per score or a matrix of subjects × datasets.
        options: what a person says of the files.

    Returns:
        What became of each file, and of what in it cannot be taken, in the order of the files.

    Raises:
        CardError: the project does not hold together.
        InputError: an option says nothing that it could mean.
        StoreError: it cannot be written.

    """
    _check(options)
    return import_known(folder, files, partial(_read, options))


def _check(options: ScoreOptions) -> None:
    if options.date is not None and day(options.date) is None:
        raise InputError(f"{options.date!r} is no date", where="--date", todo="write it as 2026-05-31")
    if options.date is not None and lies_ahead(day(options.date) or ""):
        raise InputError(f"{options.date} is still to come", where="--date", todo="say when the scores were measured")
    if options.metric is not None and not metric_name(options.metric):
        raise InputError(f"{options.metric!r} is no metric", where="--metric", todo="say accuracy, or whatever it is")


def scores_in(file: Path, options: ScoreOptions) -> FileScores:
    """Read the scores of a file; what cannot be taken is left out and kept with the reason.

    Raises:
        InputError: it cannot be read, holds no score, or it cannot be told what it says.
    """
    layout, faults = scores_of(read_sheet(file, options.encoding), options), Faults({})
    read = read_scores(layout.scores, faults)
    shares, units = as_shares(read, options.unit, faults)
    scores, repeated = once_each(shares)
    if not scores:
        reason = f" ({next(iter(faults.found))})" if faults.found else ""
        raise InputError(f"holds no score{reason}", todo="name another file, or say which column is what")
    return FileScores(scores, units, repeated, [*_left(file, layout.left_columns, faults)])


def _read(options: ScoreOptions, file: Path, registry: Registry) -> KnownFile:
    scores, units, repeated, left = scores_in(file, options)
    content = as_csv(COLUMNS, ((*each.case, repr(each.value), each.n or "", each.date or "") for each in scores))
    metrics = ", ".join(sorted({each.metric for each in scores}))
    card = card_for(KnownScoresCard, file, content, f"Scores of {file.name}: {metrics}")
    notes = [counted(scores), *(f"{metric} in {_TAKEN[unit]}" for metric, unit in units.items())]
    notes += [f"repeated and left out: {repeated}"] if repeated else []
    return KnownFile(card, content, "; ".join([*notes, *_near(scores, registry)]), left)


def _near(scores: Sequence[KnownScore], registry: Registry) -> list[str]:
    """Return, for a person, which names nearly are names of the project."""
    subjects = near_misses((each.subject for each in scores), (subject.name for subject in registry.subjects()))
    datasets = near_misses((each.dataset for each in scores), registry.datasets)
    questions = [
        f"no {kind} is called {name!r}: did you mean {known!r}?"
        for kind, near in (("subject", subjects), ("dataset", datasets))
        for name, known in near.items()
    ]
    more = len(questions) - _SHOWN
    return [*questions[:_SHOWN], *([f"and {more} names more that nearly are the project's"] if more > 0 else [])]


def _left(file: Path, columns: Mapping[str, str], faults: Faults) -> Iterator[Outcome]:
    for column, reason in columns.items():
        yield Outcome(str(file), f"column {column!r}", "left out", None, reason)
    yield from faults.outcomes(file)
