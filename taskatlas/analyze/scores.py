"""Measure scores with their intervals: the rows of the table `scores`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from taskatlas.analyze.freetext import MEASURES, measured_texts
from taskatlas.embed.measure import Floats, Ints, accuracy, macro_f1, resampled, spearman
from taskatlas.errors import InputError
from taskatlas.schemas.tables import TABLES
from taskatlas.store.parts import fit

RESAMPLES = 1_000
INTERVAL = (5.0, 95.0)
"""Percentiles: the ends of a 90% interval."""


@dataclass(frozen=True)
class Score:
    """One measured score: its metric, value, 90% interval and number of test examples."""

    metric: str
    value: float
    low: float
    high: float
    n: int


def score_classes(answers: Ints, labels: Ints, *, seed: int = 0) -> tuple[Score, Score]:
    """Measure accuracy and macro F1. Intervals are percentiles of a bootstrap over the examples (Efron 1979), seeded.

    Args:
        answers: indices into the dataset's labels, int64 [n]; −1 stands for no label of the dataset, and is wrong.
        labels: indices into the dataset's labels, int64 [n].
        seed: of the bootstrap.

    Raises:
        InputError: no examples, or answers of another number.
    """
    _check(len(answers), len(labels))
    return (
        _score("accuracy", lambda rows: accuracy(answers[rows], labels[rows]), len(labels), seed),
        _score("macro_f1", lambda rows: macro_f1(answers[rows], labels[rows]), len(labels), seed),
    )


def score_numbers(answers: Floats, values: Floats, *, seed: int = 0) -> Score:
    """Measure Spearman's rank correlation of answers with values; the interval is as in `score_classes`.

    Args:
        answers: float64 [n].
        values: float64 [n].
        seed: of the bootstrap.

    Raises:
        InputError: no examples, or answers of another number.
    """
    _check(len(answers), len(values))
    return _score("spearman", lambda rows: spearman(answers[rows], values[rows]), len(values), seed)


def score_texts(
    answers: Sequence[str],
    right: Sequence[Sequence[str]],
    further: Mapping[str, Floats] = MappingProxyType({}),
    *,
    seed: int = 0,
) -> tuple[Score, ...]:
    """Measure free answers by each of `freetext.MEASURES`; the intervals are as in `score_classes`.

    Args:
        answers: n texts.
        right: n times one right answer or more.
        further: what the answers are worth by metrics that need more than the texts, by metric: shares, float64 [n].
        seed: of the bootstrap.

    Raises:
        InputError: no examples, or answers of another number.
    """
    _check(len(answers), len(right))
    worth = {metric: measured_texts(metric, answers, right) for metric in MEASURES} | dict(further)
    return tuple(_of_shares(metric, shares, seed) for metric, shares in worth.items())


def _of_shares(metric: str, shares: Floats, seed: int) -> Score:
    return _score(metric, lambda rows: float(shares[rows].mean()), len(shares), seed)


def score_rows(subject: str, dataset: str, scores: Sequence[Score]) -> pa.Table:
    """Return rows of TABLES['scores'], one per score."""
    rows = [
        {"subject": subject, "dataset": dataset}
        | {"metric": s.metric, "value": s.value, "low": s.low, "high": s.high, "n": s.n}
        for s in scores
    ]
    return fit(pa.Table.from_pylist(rows, schema=TABLES["scores"].schema), "scores")


def _score(metric: str, measure: Callable[[Ints], float], n: int, seed: int) -> Score:
    value = measure(np.arange(n, dtype=np.int64))
    low, high = np.percentile(resampled(measure, n, resamples=RESAMPLES, seed=seed), INTERVAL)
    # a percentile interval of few examples need not hold the value itself
    return Score(metric, value, min(float(low), value), max(float(high), value), n)


def _check(answers: int, labels: int) -> None:
    if not labels or answers != labels:
        raise InputError(f"{answers} answers and {labels} labels cannot be scored")
