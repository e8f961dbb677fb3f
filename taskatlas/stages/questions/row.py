"""Rows of the table benchmarks: what each way of answering a question reached, beside the best baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from taskatlas.analyze.metrics import bootstrap, sign_flip

Row = dict[str, Any]
Values = Mapping[str, float]
"""Target → what a way reached there."""


class Way(NamedTuple):
    """A way of answering a question.

    Attributes:
        name: of the way.
        labels: labels of the target that it sees.
        calls: calls of the subjects on the target that it uses.
        is_baseline: whether others are held against it.
    """

    name: str
    labels: str
    calls: str
    is_baseline: bool = False


FORECAST = Way("forecast", "train split", "none")
"""What the release forecasts: what the student expects, corrected by the scores on other datasets."""
STUDENT = Way("student alone", "train split", "none")
"""What the student expects, before any score corrects it."""
RANDOM = Way("random", "none", "none", is_baseline=True)


class Measure(NamedTuple):
    """What is measured of every way of answering a question.

    Attributes:
        benchmark: the question.
        metric: what is measured.
        definition: what it means.
        sign: 1 where more is better, -1 where less is; 0: ways are not held against each other.
    """

    benchmark: str
    metric: str
    definition: str
    sign: int = 1


def rows_of(measure: Measure, reached: Mapping[Way, Values]) -> Iterator[Row]:
    """Yield a row per way that reached something, with its paired lead over the best baseline on the same targets."""
    best = _best_baseline(measure, reached) if measure.sign else None
    for way, values in reached.items():
        if values:
            yield _row(measure, way, values) | _lead(measure, values, way, best, reached)


def _best_baseline(measure: Measure, reached: Mapping[Way, Values]) -> Way | None:
    """Return the best of the baselines that answer for the most targets."""
    baselines = {way: values for way, values in reached.items() if way.is_baseline and values}
    most = max(map(len, baselines.values()), default=0)
    whole = [way for way, values in baselines.items() if len(values) == most]
    return max(whole, key=lambda way: measure.sign * float(np.mean([*baselines[way].values()])), default=None)


def _row(measure: Measure, way: Way, values: Values) -> Row:
    mean, low, high = bootstrap([*values.values()])
    named = {"benchmark": measure.benchmark, "method": way.name, "metric": measure.metric}
    result = {"value": mean, "low": min(low, mean), "high": max(high, mean), "n": len(values)}
    return {**named, **result, "labels_used": way.labels, "calls_used": way.calls, "definition": measure.definition}


def _lead(measure: Measure, values: Values, way: Way, best: Way | None, reached: Mapping[Way, Values]) -> Row:
    others = reached[best] if best is not None and best != way else {}
    leads = [measure.sign * (values[target] - others[target]) for target in values if target in others]
    if best is None or not leads:
        return {"baseline": None, "lead": None, "lead_low": None, "lead_high": None, "p_value": None}
    mean, low, high = bootstrap(leads)
    interval = {"lead": mean, "lead_low": min(low, mean), "lead_high": max(high, mean)}
    return {"baseline": best.name, **interval, "p_value": sign_flip(leads)}
