"""Answers: the one form in which every kind of model answers, and its way into the table `predictions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.errors import ModelError, did_you_mean
from taskatlas.predict.numbers import softmax
from taskatlas.predict.reading import label_of
from taskatlas.schemas.columns import FLOATS
from taskatlas.schemas.inputs import Input
from taskatlas.schemas.prompts import PromptCard
from taskatlas.store.parts import fit

_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Answers:
    """What one subject answers to n texts. Made by the functions below; checked by `to_table`.

    Attributes:
        labels: the C labels that can be answered, in the order of `probabilities`; empty for numbers and free text.
        output: n answers as text.
        label: n labels; None for numbers and free text.
        value: float64 [n]; None for classes and free text.
        probabilities: float32 [n, C]; None where there are none.
        rows: int64 [n], where not every text is answered: indices of the answered ones.
        counts: how many texts something happened to that is no fault, by its name in `stages.counted`, and what the
            answers took, by the columns of the table `costs`.
        seconds: seconds per answer → how many took them, where the subject's own are known; None: those of the whole
            call are its. Answers that took another time are the same answers.

    """

    labels: tuple[str, ...]
    output: list[str]
    label: list[str | None] | None = None
    value: npt.NDArray[np.float64] | None = None
    probabilities: npt.NDArray[np.float32] | None = None
    rows: npt.NDArray[np.int64] | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[float, int] | None = field(default=None, compare=False)

    def to_table(self, subject: str, text_ids: Sequence[str]) -> pa.Table:
        """Return the rows of TABLES['predictions'], one per answered text.

        Args:
            subject: name of the subject.
            text_ids: ids of the texts, in the order of the answers.

        Raises:
            ModelError: another number of answers than texts, a label that is not among `labels`, a number or a
                probability that is not finite, a negative probability, or probabilities that do not sum to 1; names
                the subject and the first such text.

        """
        ids = list(text_ids) if self.rows is None else [text_ids[row] for row in self.rows]
        self._check(subject, ids)
        n = len(ids)
        columns = {
            "subject": pa.array([subject] * n, pa.string()),
            "text_id": pa.array(ids, pa.string()),
            "output": pa.array(self.output, pa.string()),
            "label": pa.nulls(n, pa.string()) if self.label is None else pa.array(self.label, pa.string()),
            "value": pa.nulls(n, pa.float64()) if self.value is None else pa.array(self.value, pa.float64()),
            "probabilities": self._probability_lists(n),
        }
        return fit(pa.table(columns), "predictions")

    def _probability_lists(self, n: int) -> pa.Array:
        if self.probabilities is None:
            return pa.nulls(n, FLOATS)
        ends = np.arange(n + 1, dtype=np.int32) * len(self.labels)
        flat = np.ascontiguousarray(self.probabilities, np.float32).reshape(-1)
        return pa.ListArray.from_arrays(pa.array(ends), pa.array(flat))

    def _check(self, subject: str, ids: Sequence[str]) -> None:
        where = f"subject {subject}"
        for column in (self.output, self.label, self.value, self.probabilities):
            if column is not None and len(column) != len(ids):
                first = f", first: {ids[len(column)]}" if len(column) < len(ids) else ""
                raise ModelError(f"gave {len(column)} answers to {len(ids)} texts{first}", where=where)
        self._check_labels(where, ids)
        if self.value is not None:
            _first_bad(~np.isfinite(self.value), ids, "the number of text {} is not finite", where)
        if self.probabilities is not None:
            self._check_probabilities(self.probabilities, where, ids)

    def _check_labels(self, where: str, ids: Sequence[str]) -> None:
        for row, label in enumerate(self.label or ()):
            if label is not None and label not in self.labels:
                raise ModelError(
                    f"the answer to text {ids[row]} is {label!r}, which is none of its labels",
                    where=where,
                    todo=did_you_mean(label, self.labels),
                )

    def _check_probabilities(self, rows: npt.NDArray[np.float32], where: str, ids: Sequence[str]) -> None:
        if rows.ndim != 2 or rows.shape[1] != len(self.labels):
            raise ModelError(
                f"gave probabilities of shape {list(rows.shape)} for {len(self.labels)} labels", where=where
            )
        _first_bad(~np.all(np.isfinite(rows), axis=1), ids, "a probability of text {} is not finite", where)
        _first_bad((rows < 0).any(axis=1), ids, "a probability of text {} is negative", where)
        unlike_one = np.abs(rows.sum(axis=1, dtype=np.float64) - 1.0) > _SUM_TOLERANCE
        _first_bad(unlike_one, ids, "the probabilities of text {} do not sum to 1", where)


def from_probabilities(
    labels: Sequence[str], probabilities: npt.ArrayLike, *, texts: Sequence[str] | None = None
) -> Answers:
    """Make answers of probabilities [n, C]; the label is the most probable one, the first of equals.

    Args:
        labels: the C labels.
        probabilities: [n, C], in the order of labels.
        texts: per label, the answer as text; the label itself where there is none.

    """
    rows = np.asarray(probabilities, np.float32)
    if rows.ndim != 2 or rows.shape[1] != len(labels):
        return Answers(tuple(labels), [""] * len(rows), probabilities=rows)  # refused by to_table, with the subject
    best = np.argmax(rows, axis=1) if len(rows) else []
    answer_texts = list(labels if texts is None else texts)
    return Answers(tuple(labels), [answer_texts[i] for i in best], [labels[i] for i in best], probabilities=rows)


def from_answer_scores(
    prompt: PromptCard, scores: npt.NDArray[np.floating], answers: Sequence[Sequence[str]]
) -> Answers:
    """Make answers of a prompt from the log-odds of all its answers.

    Args:
        prompt: the prompt.
        scores: [n, answers]; whatever is there for answers that are blank does not count.
        answers: n lists of all answers as they are shown, as `render.answers_by_row` gives them.

    Returns:
        Answers with the probability of each label, those of its answers added up. The text of an answer is the label's
        choice, or what the row has in its place.

    """
    starts = np.cumsum([0, *(len(texts) for texts in prompt.answers.values())])[:-1]
    labels, choices = zip(*prompt.choices.items(), strict=True)
    n_answers = sum(map(len, prompt.answers.values()))
    there = np.array([[bool(answer) for answer in own] for own in answers], bool).reshape(len(answers), n_answers)
    shares = softmax(np.where(there, scores, -np.inf)) if answers else np.empty((0, n_answers), np.float32)
    found = from_probabilities(labels, np.add.reduceat(shares, starts, axis=1), texts=choices)
    if not prompt.asks_rows:
        return found
    places = [labels.index(str(label)) for label in found.label or ()]
    return replace(found, output=[own[starts[place]] for own, place in zip(answers, places, strict=True)])


def from_generated(prompt: PromptCard, written: Sequence[str], rows: Sequence[Input]) -> Answers:
    """Make answers of n free texts, each with the label that it means in its row, or none; see `reading.label_of`."""
    labels = [label_of(text, prompt, row) for text, row in zip(written, rows, strict=True)]
    counts = {"unmapped": labels.count(None)} if prompt.choices else {}
    return Answers(tuple(prompt.choices), list(written), labels if prompt.choices else None, counts=counts)


def from_labels(labels: Sequence[str], answers: Sequence[str]) -> Answers:
    """Make answers of n labels without probabilities."""
    return Answers(tuple(labels), list(answers), list(answers))


def from_numbers(values: npt.ArrayLike) -> Answers:
    """Make answers of n numbers; as text they have six significant digits."""
    numbers = np.asarray(values, np.float64)
    return Answers((), [f"{number:.6g}" for number in numbers], value=numbers)


def from_texts(texts: Sequence[str]) -> Answers:
    """Make answers of n free texts."""
    return Answers((), list(texts))


def _first_bad(bad: npt.ArrayLike, ids: Sequence[str], message: str, where: str) -> None:
    if np.any(bad):
        first = ids[int(np.argmax(bad))]
        raise ModelError(message.format(first), where=where, todo="mend the model, or what recorded it")
