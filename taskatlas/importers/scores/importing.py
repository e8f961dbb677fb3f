"""Files of scores → cards of known scores in a project, each with its file; what is there already stays as it is."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from taskatlas.cards.names import card_name
from taskatlas.errors import CardError, InputError, StoreError, TaskatlasError
from taskatlas.importers.report import Outcome, left_out
from taskatlas.importers.scores.measured import Faults, KnownScore, as_shares, counted, once_each, read_scores
from taskatlas.importers.scores.near import near_misses
from taskatlas.importers.scores.sheet import read_sheet
from taskatlas.importers.scores.written import ScoreOptions, Unit, scores_of
from taskatlas.importers.write import Additions, card_path, checked_card
from taskatlas.ingest.known import COLUMNS, day, lies_ahead
from taskatlas.ingest.metrics import metric_name
from taskatlas.registry.load import load
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
    registry = load(folder)
    additions = Additions(registry)
    outcomes: list[Outcome] = []
    for file in files:
        try:
            outcomes += _import_one(file, options, registry, additions)
        except StoreError:
            raise
        except TaskatlasError as error:
            outcomes.append(left_out(str(file), "", error))
    return outcomes


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


def _import_one(file: Path, options: ScoreOptions, registry: Registry, additions: Additions) -> Iterator[Outcome]:
    scores, units, repeated, left = scores_in(file, options)
    content = _as_csv(scores)
    card = _card(file, content, scores)
    _require_place(additions, card)  # before anything is written
    additions.write_file(card.source, content)  # first, as the card names it
    notes = [counted(scores), *(f"{metric} in {_TAKEN[unit]}" for metric, unit in units.items())]
    notes += [f"repeated and left out: {repeated}"] if repeated else []
    note = "; ".join([*notes, *_near(scores, registry)])
    return iter([Outcome(str(file), "", additions.write(card), card_path(card), note), *left])


def _require_place(additions: Additions, card: KnownScoresCard) -> None:
    try:
        additions.state(card)
    except CardError as error:
        todo = f"give the newer file another name, such as {card.name}-2{Path(card.source).suffix}"
        raise CardError(error.what, where=error.where, todo=todo) from None


def _card(file: Path, content: bytes, scores: Sequence[KnownScore]) -> KnownScoresCard:
    name = card_name(file.stem)
    metrics = ", ".join(sorted({each.metric for each in scores}))
    fields = {
        "name": name,
        "description": f"Scores of {file.name}: {metrics}"[:500],
        "source": f"known_scores/{name}.csv",
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return checked_card(KnownScoresCard, fields)


def _as_csv(scores: Iterable[KnownScore]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((*each.case, repr(each.value), each.n or "", each.date or "") for each in scores)
    return text.getvalue().encode()


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
    for reason, (times, where) in faults.found.items():
        more = f"; so are {times - 1:,} more" if times > 1 else ""
        yield Outcome(str(file), where, "left out", None, f"{reason}{more}")
