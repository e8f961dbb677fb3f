"""Outputs that a team already has: a file with one row per text, matched to the atlas by the cleaned text.

A file may hold texts on one line that the atlas knows with their lines: white space decides only where it must.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from taskatlas import hashing
from taskatlas.errors import InputError, ModelError, did_you_mean
from taskatlas.ingest.clean import clean_line, clean_text
from taskatlas.ingest.formats import Form
from taskatlas.ingest.read import cleaned, column_names, lists_of
from taskatlas.ingest.sources import Rows, read_source, splits_of
from taskatlas.predict.model import Example, ModelContext
from taskatlas.predict.outputs import Answers, from_labels, from_numbers, from_probabilities, from_texts
from taskatlas.schemas.models import RecordedModel
from taskatlas.schemas.prompts import PromptCard

_Record = tuple[str, tuple[float, ...]]
"""What a row says: the output, cleaned, and its probabilities in the order of the card's labels."""


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
        """Return the recorded outputs of those texts that the file holds, the same for every prompt."""
        found = [self._record(example) for example in texts]
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

    def covers(self, texts: Iterable[Example]) -> list[bool]:
        """Return of which texts the file holds an output."""
        return [self._record(example) is not None for example in texts]

    def _record(self, example: Example) -> _Record | None:
        """Return what is recorded of a text, else of one that differs from it by white space alone."""
        record = self._records.get(example.text_id)
        return record or self._records_by_line.get(
            _line_id(example.text, example.text_pair, example.fields, example.choices)
        )

    def _answers(self, records: Sequence[_Record]) -> Answers:
        outputs = [output for output, _ in records]
        labels = self._card.labels
        if labels == "number":
            return from_numbers([float(output) for output in outputs])
        if labels == "text":
            return from_texts(outputs)
        if not self._probable:
            return from_labels(labels, outputs)
        rows = np.array([row for _, row in records], np.float64).reshape(len(records), len(labels))
        answers = from_probabilities(labels, rows)
        # the recorded output stands, whatever the probabilities say of it
        return Answers(answers.labels, outputs, list(outputs), probabilities=answers.probabilities)

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
        return self._matched(rows)

    def _matched(self, rows: Rows) -> dict[str, _Record]:
        columns, cells = self._card.columns, rows.columns
        records: dict[str, _Record] = {}
        for number, row in enumerate(cleaned(rows, columns).to_pylist()):
            if not row["text"]:
                continue
            where = f"{self._where}: {rows.display_name}, row {number + 1}"
            probabilities = tuple(_number(cells[name][number], where) for name in self._probable)
            record = (self._output(cells[columns.label][number], where), probabilities)
            whole = (row["text"], row["text_pair"], row.get("fields") or (), row.get("choices") or ())
            if self._records_by_line.setdefault(line := _line_id(*whole), record) != record:
                self._records_by_line[line] = None  # white space makes the difference there
            if records.setdefault(hashing.text_id(*whole), record) != record:
                raw = cells[columns.text][number]
                raise ModelError(f"another output for {raw!r:.80} than in a row before", where=where, todo="keep one")
        return records

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
