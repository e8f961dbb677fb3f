"""Forecast: how far off are the forecasts, and how often do their intervals hold the measured score?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from taskatlas.stages.questions.row import FORECAST, RANDOM, STUDENT, Measure, Row, rows_of

Floats = npt.NDArray[np.float64]
_ERROR = Measure(
    "forecast", "error", "Mean over forecasts of classes of the distance of forecast and measured accuracy.", sign=-1
)
_COVERAGE = Measure(
    "forecast", "coverage", "Share of measured accuracies within the forecast's 90% interval.", sign=0
)  # fmt: skip


def forecast_rows(forecasts: Sequence[Row], measured: Mapping[tuple[str, str, str], float]) -> Iterator[Row]:
    """Yield the rows of the question.

    Args:
        forecasts: rows of the table forecasts.
        measured: (subject, dataset, metric) → score.
    """
    cases = {(row["subject"], row["dataset"], row["metric"]): row for row in forecasts if row["metric"] == "accuracy"}
    pairs = {f"{case[0]} on {case[1]}": (row, measured[case]) for case, row in cases.items() if case in measured}
    if not pairs:
        return
    truth = np.array([value for _, value in pairs.values()])
    # a score drawn from the others that were measured is off by this much on average
    distances = _distances(truth) / max(len(truth) - 1, 1)
    errors = {
        way: {case: abs(row[column] - value) for case, (row, value) in pairs.items()}
        for way, column in ((FORECAST, "value"), (STUDENT, "student"))
    }
    yield from rows_of(_ERROR, {**errors, RANDOM: dict(zip(pairs, distances.tolist(), strict=True))})
    held = {case: float(row["low"] <= value <= row["high"]) for case, (row, value) in pairs.items()}
    yield from rows_of(_COVERAGE, {FORECAST: held})


def _distances(values: Floats) -> Floats:
    """Return the sum of each value's distances to all others, float64 [n], without a matrix of all pairs."""
    order = np.argsort(values)
    ranked, place = values[order], np.arange(len(values))
    before = np.cumsum(ranked) - ranked
    after = ranked.sum() - before - ranked
    sums = np.empty(len(values))
    sums[order] = ranked * place - before + after - ranked * (len(values) - 1 - place)
    return sums
