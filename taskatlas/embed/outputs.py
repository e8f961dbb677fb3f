"""Outputs: the one form of everything that labels a text, whether an annotator or a subject gave it.

Classes, probabilities, numbers and free text all become weights over a few *output texts*. Methods see nothing else,
so class order and class codes cannot matter: an output counts by its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from taskatlas.errors import ModelError, TaskatlasError

if TYPE_CHECKING:
    import pyarrow as pa

Array = npt.NDArray[np.float32]
POLES = ("a low score", "a high score")
"""The output texts of numbers."""


@dataclass(frozen=True)
class Outputs:
    """Outputs on n texts as weights over C output texts.

    Attributes:
        texts: the C output texts, all different.
        weights: float32 [n, C]; each row is non-negative and sums to 1.
        soft: whether the weights are a subject's own probabilities, so that log-odds of them mean something.
        free: whether the texts were written freely, and are no classes.
    """

    texts: tuple[str, ...]
    weights: Array
    soft: bool
    free: bool = False

    @property
    def top(self) -> npt.NDArray[np.int64]:
        """Index of the heaviest output text per row, int64 [n]; the first of equals."""
        best: npt.NDArray[np.int64] = np.argmax(self.weights, axis=1)
        return best

    @property
    def numeric(self) -> bool:
        """Whether these are numbers, between the poles."""
        return self.texts == POLES

    def subset(self, rows: npt.NDArray[Any]) -> Outputs:
        """Return the same outputs on some of the texts, unchecked; `rows` is an index or a mask."""
        return replace(self, weights=self.weights[rows])


def from_labels(
    labels: Sequence[str], classes: Sequence[str], *, where: str = "", error: type[TaskatlasError] = ModelError
) -> Outputs:
    """Make outputs of n class labels over the C texts of `classes` (one-hot).

    Args:
        labels: one class per text, each of `classes`.
        classes: the class names, all different; their order does not matter.
        where: what the message of an error names (a dataset or a subject).
        error: the error to raise: InputError for a dataset, ModelError for a subject.

    >>> from_labels(["good", "bad"], ["bad", "good"]).weights.tolist()
    [[0.0, 1.0], [1.0, 0.0]]

    Raises:
        TaskatlasError: of the type `error`; no labels, a label that is no class, or the same label everywhere.
    """
    index = {name: column for column, name in enumerate(classes)}
    unknown = next((label for label in labels if label not in index), None)
    if unknown is not None:
        raise error(f"the output {unknown!r} is none of its classes", where=where)
    weights = np.zeros((len(labels), len(index)), np.float32)
    weights[np.arange(len(labels)), [index[label] for label in labels]] = 1.0
    return _checked(Outputs(tuple(index), weights, soft=False), where, error)


def from_probabilities(
    probabilities: npt.ArrayLike, classes: Sequence[str], *, where: str = "", error: type[TaskatlasError] = ModelError
) -> Outputs:
    """Make outputs of a subject's probabilities [n, C], columns in the order of `classes`; rows are scaled to sum to 1.

    Raises:
        TaskatlasError: of the type `error`; no rows, another shape, a NaN, a negative entry, a row of zeros, or the
            same row everywhere.
    """
    weights = np.asarray(probabilities, np.float64)
    if weights.ndim != 2 or weights.shape[1] != len(classes):
        raise error(f"the probabilities have the shape {list(weights.shape)}, not [n, {len(classes)}]", where=where)
    if not np.isfinite(weights).all() or (weights < 0).any() or (weights.sum(axis=1) <= 0).any():
        raise error("a row of probabilities is negative, zero everywhere or not finite", where=where)
    scaled = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return _checked(Outputs(tuple(classes), scaled, soft=True), where, error)


def from_numbers(values: npt.ArrayLike, *, where: str = "", error: type[TaskatlasError] = ModelError) -> Outputs:
    """Make outputs of n numbers: each lies between the two `POLES`, at its rank (ties share the mean rank).

    Rank and not position in a range, because two subjects that answer on different scales (0 to 1, 1 to 5, logits), or
    with a long tail, must get the same vector when they order the texts alike; the score of numbers, Spearman's
    correlation, sees the order alone, too.

    >>> from_numbers([10.0, 2.0, 5.0]).weights.tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]]

    Raises:
        TaskatlasError: of the type `error`; no numbers, a number that is not finite, or the same number everywhere.
    """
    from scipy.stats import rankdata

    numbers = np.asarray(values, np.float64)
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise error("a number is missing or not finite", where=where)
    rank = (rankdata(numbers) - 1.0) / max(len(numbers) - 1, 1)
    weights = np.stack([1.0 - rank, rank], axis=1).astype(np.float32)
    return _checked(Outputs(POLES, weights, soft=False), where, error)


def from_texts(texts: Sequence[str], *, where: str = "", error: type[TaskatlasError] = ModelError) -> Outputs:
    """Make outputs of n free texts: one-hot over the different ones, in sorted order, outer white space ignored.

    Raises:
        TaskatlasError: of the type `error`; no texts, or the same text everywhere.
    """
    cleaned = [text.strip() for text in texts]
    return replace(from_labels(cleaned, sorted(set(cleaned)), where=where, error=error), free=True)


def from_answers(answers: pa.Table, kind: str, classes: Sequence[str], *, where: str = "") -> Outputs:
    """Make outputs of n answers of one subject.

    Args:
        answers: n rows with the columns output, label, value and probabilities of the table predictions.
        kind: 'classes', 'number' or 'text': the subject's output kind.
        classes: the labels that it can answer, probabilities being in their order; empty for numbers and free text.
        where: what the message of an error names.

    Raises:
        ModelError: the answers say nothing, being the same everywhere.
    """
    if kind == "number":
        return from_numbers(answers["value"].to_numpy(), where=where)
    if kind == "text":
        # what was read as a label counts as the label, however it was put
        labels_and_outputs = zip(answers["label"].to_pylist(), answers["output"].to_pylist(), strict=True)
        return from_texts([label or output for label, output in labels_and_outputs], where=where)
    if answers["probabilities"].null_count:
        return from_labels(answers["label"].to_pylist(), classes, where=where)
    flat = answers["probabilities"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return from_probabilities(np.asarray(flat).reshape(answers.num_rows, len(classes)), classes, where=where)


def _checked(outputs: Outputs, where: str, error: type[TaskatlasError]) -> Outputs:
    if not len(outputs.weights):
        raise error("there are no outputs", where=where)
    if len(set(outputs.texts)) != len(outputs.texts):
        raise error("two of its classes have the same text", where=where)
    if np.ptp(outputs.weights, axis=0).max() < 1e-6:
        raise error(
            "the outputs are the same for every text, so they say nothing about it",
            where=where,
            todo="remove it, or look at what it answers",
        )
    return outputs
