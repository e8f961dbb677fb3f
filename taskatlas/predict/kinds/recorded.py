"""Outputs that a team already has: a file with one row per text, matched to the atlas by the cleaned text.

A file may hold texts on one line that the atlas knows with their lines: white space decides only where it must.
Where rows have choices of their own, an output names one as a dataset's label does: see `ingest.choices`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from taskatlas import hashing
from taskatlas.errors import InputError, ModelError, did_you_mean
from taskatlas.ingest.choicelabels import labels_of_choices, scores_of_choices
from taskatlas.ingest.clean import clean_line, clean_text
from taskatlas.ingest.formats import Form
from taskatlas.ingest.read import cleaned, column_names, lists_of
from taskatlas.ingest.sources import Rows, read_source, splits_of
from taskatlas.predict.model import Example, LabelMap, ModelContext
from taskatlas.predict.outputs import Answers, from_labels, from_numbers, from_probabilities, from_texts
from taskatlas.schemas.inputs import CHOICE_LABELS
from taskatlas.schemas.models import RecordedModel
from taskatlas.schemas.prompts import PromptCard

_Fault = tuple[str, str]
"""What is wrong with an output, and what to do."""
_SUM_TOLERANCE = 1e-3
"""Scores of choices that sum to 1 within it are probabilities."""


class _Record(NamedTuple):
    """What a row says: the output, cleaned, the label that it means, and the probabilities of the card's labels; where
    it means none, why, and what to do, as soon as it is asked for: a file may hold rows that no run asks for."""

    output: str
    label: str
    probabilities: tuple[float, ...] = ()
    fault: _Fault | None = None


class Recorded:
    """A model of kind recorded. It answers the texts that its file holds, and no others."""

    def __init__(self, card: RecordedModel, context: ModelContext) -> None:
        """Verify and read the file.

        Raises:
            ModelError: the file is missing, has another SHA-256, cannot be read, has an output that is none of the
                card's labels or no number, or gives two outputs to one text.

        """
        self._card, self._where = card, f"model {card.name}"
        self._probable = self._probability_columns()
        self._records_by_line: dict[str, _Record | None] = {}
        self._records = self._read(context)

    def answer(self, prompts: Sequence[PromptCard | None], texts: Sequence[Example]) -> list[Answers]:
        """Return the recorded outputs of those texts that the file holds, the same for every prompt.

        Raises:
            ModelError: an output means none of its row's choices.

        """
        found = [self._record(example) for example in texts]
        for example, record in zip(texts, found, strict=True):
            if record is not None and record.fault:
                what, todo = record.fault
                raise ModelError(f"{what}; it is of {example.text!r:.80}", where=self._where, todo=todo)
        rows = [row for row, record in enumerate(found) if record is not None]
        answers = self._answers([record for record in found if record is not None])
        recorded = Answers(
            answers.labels,
            answers.output,
            answers.label,
            answers.value,
            answers.probabilities,
            np.array(rows, np.int64),
        )
        return [recorded] * len(prompts)

    def _record(self, example: Example) -> _Record | None:
        """Return what is recorded of a text, else of one that differs from it by white space alone."""
        record = self._records.get(example.text_id)
        return record or self._records_by_line.get(
            _line_id(example.text, example.text_pair, example.fields, example.choices)
        )

    def _answers(self, records: Sequence[_Record]) -> Answers:
        outputs = [record.output for record in records]
        labels = self._card.labels
        if labels == "number":
            return from_numbers([float(output) for output in outputs])
        if labels == "text":
            return from_texts(outputs)
        given = [record.label for record in records]
        if not records or not all(record.probabilities for record in records):
            return replace(from_labels(labels, given), output=outputs)
        rows = np.array([record.probabilities for record in records], np.float64)
        # the recorded output stands, whatever the probabilities say of it
        return replace(from_probabilities(labels, rows), output=outputs, label=list(given))

    def _probability_columns(self) -> tuple[str, ...]:
        """Return the columns of the probabilities, in the order of the card's labels; none where there are none."""
        column_by_label, labels = self._card.probabilities, self._card.labels
        if column_by_label and (isinstance(labels, str) or set(column_by_label) != set(labels)):
            raise ModelError("probabilities does not name a column for each label", where=self._where, todo="name them")
        return tuple(column_by_label[label] for label in labels) if column_by_label else ()

    def _read(self, context: ModelContext) -> dict[str, _Record]:
        card, columns = self._card, self._card.columns
        names = [*column_names(columns, labelled=True), *self._probable]
        try:
            verify(card, context.project)
            (rows,) = read_source(card.source, context.project, names, Form(lists=lists_of(columns)))
        except InputError as error:
            where = f"{self._where}: {error.where}" if error.where else self._where
            raise ModelError(error.what, where=where, todo=error.todo) from error
        return self._matched(rows, context.label_maps)

    def _matched(self, rows: Rows, label_maps: Sequence[LabelMap]) -> dict[str, _Record]:
        columns, cells = self._card.columns, rows.columns
        table = cleaned(rows, columns).to_pylist()
        meant = self._choices_meant(rows, table, label_maps)
        records: dict[str, _Record] = {}
        for number, row in enumerate(table):
            if not row["text"]:
                continue
            where = f"{self._where}: {rows.display_name}, row {number + 1}"
            raw = cells[columns.label][number]
            if number in meant:
                record = self._record_of_choice(raw or "", meant[number], row["choices"])
            else:
                record = _Record(output := self._output(raw, where), output)
            if self._probable:
                n_choices = len(row["choices"]) if number in meant else None
                record = record._replace(probabilities=self._probabilities(cells, number, n_choices, where))
            line = _line_id(*_whole(row))
            if self._records_by_line.setdefault(line, record) != record:
                self._records_by_line[line] = None  # white space makes the difference there
            if records.setdefault(hashing.text_id(*_whole(row)), record) != record:
                text = cells[columns.text][number]
                raise ModelError(f"another output for {text!r:.80} than in a row before", where=where, todo="keep one")
        return records

    def _choices_meant(
        self, rows: Rows, table: Sequence[Mapping[str, Any]], label_maps: Sequence[LabelMap]
    ) -> dict[int, str | _Fault | None]:
        """Return the labels of the choices that outputs mean, or why they mean none, by the number of the row.

        Rows of a dataset count as its card says. Others, as those of the corpus, count as all datasets do where these
        count alike.
        """
        if isinstance(self._card.labels, str):
            return {}
        ways = [_cleaned(each.of_label) for each in label_maps]
        way_of = {
            _line_id(text.text, text.text_pair, text.fields, text.choices): way
            for way, each in zip(ways, label_maps, strict=True)
            for text in each.texts
        }
        other = ways[0] if ways and all(way == ways[0] for way in ways) else {}
        groups: dict[tuple[tuple[str, str], ...], list[int]] = {}
        for number, row in enumerate(table):
            if row["text"] and row.get("choices"):
                groups.setdefault(tuple(way_of.get(_line_id(*_whole(row)), other).items()), []).append(number)
        meant: dict[int, str | _Fault | None] = {}
        for way, numbers in groups.items():
            raw = [clean_line(rows.columns[self._card.columns.label][number] or "") for number in numbers]
            outputs = [dict(way).get(output, output) or None for output in raw]
            meant |= zip(numbers, _meant(outputs, [table[number]["choices"] for number in numbers]), strict=True)
        return meant

    def _record_of_choice(self, raw: str, meant: str | _Fault | None, choices: Sequence[str]) -> _Record:
        output, labels = clean_line(raw), self._card.labels
        if not isinstance(meant, str):
            return _Record(output, "", fault=meant or _no_choice(output))
        if meant not in labels:
            return _Record(output, "", fault=_no_choice(output))
        scores = scores_of_choices(raw, choices)
        if not scores:
            return _Record(output, meant)
        of_label = dict(zip(CHOICE_LABELS, scores, strict=False))
        is_whole = min(scores) >= 0 and abs(sum(scores) - 1) <= _SUM_TOLERANCE and of_label.keys() <= {*labels}
        return _Record(meant, meant, tuple(of_label.get(each, 0.0) for each in labels) if is_whole else ())

    def _probabilities(
        self, cells: Mapping[str, Sequence[str | None]], number: int, n_choices: int | None, where: str
    ) -> tuple[float, ...]:
        """Return the probabilities of the card's labels; of a choice that a row does not have it may be blank."""
        there = CHOICE_LABELS[:n_choices] if n_choices is not None else self._card.labels
        pairs = zip(self._card.labels, (cells[name][number] for name in self._probable), strict=True)
        return tuple(0.0 if label not in there and not cell else _number(cell, where) for label, cell in pairs)

    def _output(self, raw: str | None, where: str) -> str:
        labels = self._card.labels
        output = (clean_text if labels == "text" else clean_line)(raw or "")
        if labels == "number":
            _number(output, where)
        elif labels != "text" and output not in labels:
            raise ModelError(
                f"the output {output!r:.80} is none of the card's labels",
                where=where,
                todo=did_you_mean(output, labels),
            )
        return output


def _meant(outputs: Sequence[str | None], choices: Sequence[Sequence[str]]) -> Sequence[str | _Fault | None]:
    try:
        return labels_of_choices(outputs, choices, "")
    except InputError as error:
        what = error.what.replace("no label is 0", "no output is 0")
        todo = "write their places (A, B, ...), or count from 0; the card of a dataset that counts from 1 says so"
        return [(what, f"{todo} by its label_map")] * len(outputs)


def _no_choice(output: str) -> _Fault:
    todo = "write its place (A, B, ...), its index from 0, its text, or a list of a score for each choice"
    return f"the output {output!r:.80} means no choice of its row that is one of the card's labels", todo


def _whole(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return all that a row holds but for its output."""
    return (row["text"], row["text_pair"], row.get("fields") or (), row.get("choices") or ())


def _cleaned(of_label: Mapping[str, str]) -> dict[str, str]:
    return {clean_line(code): label for code, label in of_label.items()}


def _line_id(text: str, pair: str | None, fields: Iterable[tuple[str, str]] = (), choices: Iterable[str] = ()) -> str:
    named = [(name, clean_line(each)) for name, each in fields]
    return hashing.text_id(clean_line(text), clean_line(pair or "") or None, named, [*map(clean_line, choices)])


def verify(card: RecordedModel, project: Path) -> None:
    """Check that the file is there and has the card's SHA-256.

    Raises:
        InputError: it is missing.
        ModelError: it is no single file, or has another SHA-256.

    """
    where = f"model {card.name}"
    splits = splits_of(card.source, project)
    path = splits[0].path
    if len(splits) != 1 or path is None or not path.is_file():
        raise ModelError(f"{card.source} is not one file", where=where, todo="name a file")
    actual = hashing.file_sha256(path)
    if actual != card.sha256:
        raise ModelError(
            f"{splits[0].display_name} has another SHA-256: expected {card.sha256}, found {actual}",
            where=where,
            todo="if the change is meant, put the new hash and revision on the card",
        )


def _number(raw: str | None, where: str) -> float:
    try:
        number = float(raw or "")
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ModelError(f"{raw!r:.80} is no finite number", where=where, todo="mend that row")
    return number
