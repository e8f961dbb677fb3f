"""Which column says what: a sheet with a row per score, or a matrix of subjects × datasets → scores as written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from taskatlas.errors import InputError
from taskatlas.importers.scores.sheet import Cells, Sheet, column_for
from taskatlas.ingest.known import decimal
from taskatlas.ingest.metrics import is_bounded, metric_name

Unit = Literal["share", "percent"]
HOLES = frozenset({"", "-", "–", "—", "?", "nan", "n/a", "na", "none", "null", "<na>", "#n/a"})
"""Cells that say that there is no score, in lower case."""
_KNOWN_AS: Mapping[str, frozenset[str]] = {
    "subject": frozenset({"subject", "model", "model_name", "system"}),
    "dataset": frozenset({"dataset", "dataset_name", "task", "task_name", "benchmark"}),
    "metric": frozenset({"metric", "metric_name", "measure"}),
    "value": frozenset({"value", "score", "main_score", "result"}),
    "n": frozenset({"n", "n_test", "n_samples", "samples", "size"}),
    "date": frozenset({"date", "evaluated_at", "evaluation_date", "submitted_at", "submission_date"}),
}
"""What a column says → names that it has in people's files, in lower case and with _ between words."""
_SUMMARY = re.compile(r"(average|avg|mean|overall|(mean )?rank|total)(\s*\(.*\))?", re.IGNORECASE)
"""Columns of a matrix that sum up the others, such as 'Mean (Task)'."""


@dataclass(frozen=True)
class ScoreOptions:
    """What a person says of a file of scores.

    Attributes:
        metric: of all its scores; None: the file says it.
        unit: 'share' or 'percent', of scores that lie between known values; None: told by the values.
        date: of scores that have none in the file.
        subject: the column with the subjects' names; None: told by its name. So are dataset and value.
        dataset: the column with the datasets' names.
        value: the column with the scores.
        encoding: of the file's text.
    """

    metric: str | None = None
    unit: Unit | None = None
    date: str | None = None
    subject: str | None = None
    dataset: str | None = None
    value: str | None = None
    encoding: str | None = None


class WrittenScore(NamedTuple):
    """A score as its file has it: cells of text, and where they stand."""

    subject: str
    dataset: str
    metric: str
    value: str
    n: str
    date: str
    where: str


class Layout(NamedTuple):
    """Scores as written, and what of the file says none: the columns, and why."""

    scores: list[WrittenScore]
    left_columns: dict[str, str]


def scores_of(sheet: Sheet, options: ScoreOptions) -> Layout:
    """Return the scores of a sheet, as they are written; holes are left out.

    Raises:
        InputError: it cannot be told which column says what, or what the metric is.
    """
    named = {"subject": options.subject, "dataset": options.dataset, "value": options.value}
    columns = {role: column_for(role, sheet, known, named) for role, known in _KNOWN_AS.items()}
    if columns["metric"] is not None and options.metric:
        what = f"the column {columns['metric']!r} says the metric"
        raise InputError(what, where="--metric", todo="leave --metric away, or rename the column")
    if columns["subject"] is not None and columns["dataset"] is not None:
        return Layout([*_by_row(sheet, columns, options)], {})
    return _of_matrix(sheet, columns, options)


def _by_row(sheet: Sheet, columns: Mapping[str, str | None], options: ScoreOptions) -> Iterator[WrittenScore]:
    metrics = _value_columns(sheet, columns, options)
    place = {name: index for index, name in enumerate(sheet.columns)}

    def cell(cells: Cells, column: str | None) -> str:
        return (cells[place[column]] or "").strip() if column is not None else ""

    for where, cells in sheet.rows:
        for column, metric in metrics.items():
            if (value := cell(cells, column)).lower() not in HOLES:
                subject, dataset, n, date = (cell(cells, columns[role]) for role in ("subject", "dataset", "n", "date"))
                named = metric or metric_name(cell(cells, columns["metric"]))
                yield WrittenScore(subject, dataset, named, value, n, date or options.date or "", where)


def _value_columns(sheet: Sheet, columns: Mapping[str, str | None], options: ScoreOptions) -> dict[str, str]:
    """Return the columns with scores, each with its metric; '' where another column says that."""
    value = columns["value"]
    if value is None:
        named = [name for name in sheet.columns if is_bounded(metric_name(name))]
        if not named:
            what = f"no column says the score; there are: {', '.join(sheet.columns[:20])}"
            raise InputError(what, todo="say --value COLUMN")
        return {name: metric_name(name) for name in named}
    if columns["metric"] is not None:
        return {value: ""}
    return {value: _named_metric(value, options)}


def _named_metric(column: str, options: ScoreOptions) -> str:
    metric = metric_name(options.metric or (column if is_bounded(metric_name(column)) else ""))
    if not metric:
        raise InputError("nothing says what was measured", todo="say --metric accuracy, or whatever it is")
    return metric


def _of_matrix(sheet: Sheet, columns: Mapping[str, str | None], options: ScoreOptions) -> Layout:
    rows = columns["subject"] if columns["subject"] is not None else columns["dataset"]
    if rows is None and "" in sheet.columns:
        rows = ""  # row names without a name: of a matrix that pandas wrote, its subjects
    if rows is None:
        what = f"no column says the subject or the dataset; there are: {', '.join(sheet.columns[:20])}"
        raise InputError(what, todo="say --subject COLUMN, or --dataset COLUMN where every other column is a subject")
    _require_matrix(sheet, columns)
    metric, place = _named_metric("", options), sheet.columns.index(rows)
    beside = {column: sheet.columns.index(column) for role in ("n", "date") if (column := columns[role]) is not None}
    left = {name: why for name in sheet.columns if name not in (rows, *beside) and (why := _no_scores(sheet, name))}
    others = [(index, name) for index, name in enumerate(sheet.columns) if name not in (rows, *beside, *left)]
    scores = []
    for where, cells in sheet.rows:
        n, date = ((cells[beside[column]] or "").strip() if (column := columns[role]) else "" for role in ("n", "date"))
        row = (cells[place] or "").strip()
        for index, name in others:
            if (value := (cells[index] or "").strip()).lower() not in HOLES:
                subject, dataset = (name, row) if rows == columns["dataset"] else (row, name)
                scores.append(
                    WrittenScore(subject, dataset, metric, value, n, date or options.date or "", f"{where}, {name!r}")
                )
    return Layout(scores, left)


def _require_matrix(sheet: Sheet, columns: Mapping[str, str | None]) -> None:
    """Refuse a sheet with a row per score that lacks a column: what it measured is no dataset."""
    measured = [name for name in sheet.columns if name == columns["value"] or is_bounded(metric_name(name))]
    if measured:
        missing = "dataset" if columns["dataset"] is None else "subject"
        what = f"the column {measured[0]!r} says a score, and none says its {missing}"
        raise InputError(what, todo=f"say --{missing} COLUMN, or rename {measured[0]!r} if that is a {missing}")


def _no_scores(sheet: Sheet, column: str) -> str:
    """Return why a column of a matrix holds no scores of one dataset; '' where it does."""
    if _SUMMARY.fullmatch(column.strip()):
        return "sums up the others"
    index = sheet.columns.index(column)
    cells = [text for _, row in sheet.rows if (text := (row[index] or "").strip()).lower() not in HOLES]
    if not cells:
        return "is empty"
    return "" if any(decimal(cell.removesuffix("%").strip()) is not None for cell in cells) else "holds no number"
