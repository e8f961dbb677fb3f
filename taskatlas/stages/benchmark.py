"""Benchmark: do the vectors and forecasts of this project predict what was measured in it?

Siblings: is a dataset's nearest dataset of its own family? Choice: ranking the subjects of a dataset by forecast, by
cosine in each space, or at random, how near does one come to their measured order, and what does the pick cost?
Forecast: how far off are the forecasts, and how often do their intervals hold the measured score?
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from taskatlas import progress
from taskatlas.analyze.metrics import bootstrap, choice, siblings
from taskatlas.analyze.similarity import Floats, cosines
from taskatlas.embed import METHODS, Options
from taskatlas.plan.items import BenchmarkWork
from taskatlas.plan.project import Project
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.forecasts import forecasts as make_forecasts
from taskatlas.stages.forecasts import measured_scores

FEWEST_SUBJECTS = 3
Row = dict[str, Any]
_HIT = "Share of datasets with a sibling whose nearest dataset is of their family."
_RANK = "Mean over datasets of Spearman's correlation of guess and measured score over a dataset's subjects."
_LOSS = "Mean over datasets of the best measured score less that of the subject with the highest guess."
_ERROR = "Mean over forecasts of classes of the distance of forecast and measured accuracy."
_COVERAGE = "Share of measured accuracies within the forecast's 90% interval."


def measure(project: Project, work: BenchmarkWork) -> list[Row]:
    """Calibrate the forecasts and hold them and the vectors against what was measured.

    Leaves the parts forecasts/`work.forecasts` and benchmarks/`work.key`.

    Returns:
        The rows of the table benchmarks.
    """
    parts = project.parts
    progress.expect("benchmark", 1, "tables")
    if not parts.has("forecasts", work.forecasts):
        parts.write("forecasts", work.forecasts, make_forecasts(project, work))
    if not parts.has("benchmarks", work.key):
        forecasts: list[Row] = parts.read("forecasts", work.forecasts).to_pylist()
        rows = [*_siblings(project, work), *_choice(project, work, forecasts), *_forecast(project, work, forecasts)]
        parts.write("benchmarks", work.key, pa.Table.from_pylist(rows, schema=TABLES["benchmarks"].schema))
    progress.advance("benchmark")
    written: list[Row] = parts.read("benchmarks", work.key).to_pylist()
    return written


def _siblings(project: Project, work: BenchmarkWork) -> Iterator[Row]:
    chances: list[float] = []
    for space, names, vectors in _vectors(project, work, "dataset"):
        families = [project.registry.datasets[name].family for name in names]
        nearest = siblings(cosines(vectors), families)
        hits = [float(families[index] == families[other]) for index, other in nearest.items()]
        chances = [(families.count(families[index]) - 1) / (len(families) - 1) for index in nearest]
        if hits:
            labels = "train split" if METHODS[space](Options()).reads_outputs else "none"
            yield _row("siblings", space, "hit_rate", hits, _HIT, labels=labels, calls="none")
    if chances:
        yield _row("siblings", "random", "hit_rate", chances, _HIT, labels="none", calls="none")


def _choice(project: Project, work: BenchmarkWork, forecasts: Sequence[Row]) -> Iterator[Row]:
    truths = _by_dataset(measured_scores(project, work))
    expected = {_case(row): row["value"] for row in forecasts}
    guesses: dict[str, Callable[[str, str], float | None]] = {"student forecast": _forecaster(expected)}
    for space, similar in _similarities(project, work):
        guesses[f"cosine {space}"] = lambda subject, dataset, similar=similar: similar.get((subject, dataset))  # type: ignore[misc]
    compared = {dataset: scores for dataset, scores in truths.items() if len(scores) >= FEWEST_SUBJECTS}
    for name, guess in guesses.items():
        yield from _choice_rows(name, guess, compared)
    floor = [max(scores.values()) - float(np.mean(list(scores.values()))) for scores in compared.values()]
    if floor:
        yield _row("choice", "random", "spearman", [0.0] * len(floor), _RANK, labels="none", calls="none")
        yield _row("choice", "random", "loss", floor, _LOSS, labels="none", calls="none")


def _choice_rows(
    name: str, guess: Callable[[str, str], float | None], truths: Mapping[str, Mapping[str, float]]
) -> Iterator[Row]:
    outcomes = []
    for dataset, scores in truths.items():
        known = {subject: guess(subject, dataset) for subject in scores}
        pairs = [(value, scores[subject]) for subject, value in known.items() if value is not None]
        if len(pairs) >= FEWEST_SUBJECTS:
            outcomes.append(choice([value for value, _ in pairs], [truth for _, truth in pairs]))
    if outcomes:
        uses = {"labels": "train split", "calls": "none"}
        yield _row("choice", name, "spearman", [outcome.spearman for outcome in outcomes], _RANK, **uses)
        yield _row("choice", name, "loss", [outcome.loss for outcome in outcomes], _LOSS, **uses)


def _forecast(project: Project, work: BenchmarkWork, forecasts: Sequence[Row]) -> Iterator[Row]:
    measured = measured_scores(project, work)
    pairs = [
        (row, measured[case]) for row in forecasts if row["metric"] == "accuracy" and (case := _case(row)) in measured
    ]
    if not pairs:
        return
    truth = np.asarray([value for _, value in pairs])
    uses = {"labels": "train split", "calls": "none"}
    errors = [abs(row["value"] - value) for row, value in pairs]
    yield _row("forecast", "student forecast", "error", errors, _ERROR, **uses)
    held = [float(row["low"] <= value <= row["high"]) for row, value in pairs]
    yield _row("forecast", "student forecast", "coverage", held, _COVERAGE, **uses)
    # a score drawn from the others that were measured is off by this much on average
    distances = np.abs(truth[:, None] - truth[None, :]).sum(axis=1) / max(len(truth) - 1, 1)
    yield _row("forecast", "random", "error", distances.tolist(), _ERROR, labels="none", calls="none")


def _row(
    benchmark: str, method: str, metric: str, values: Sequence[float], definition: str, *, labels: str, calls: str
) -> Row:
    mean, low, high = bootstrap(values)
    named = {"benchmark": benchmark, "method": method, "metric": metric, "definition": definition}
    result = {"value": mean, "low": min(low, mean), "high": max(high, mean), "n": len(values)}
    return named | result | {"labels_used": labels, "calls_used": calls}


def _case(row: Row) -> tuple[str, str, str]:
    return row["subject"], row["dataset"], row["metric"]


def _by_dataset(measured: Mapping[tuple[str, str, str], float]) -> dict[str, dict[str, float]]:
    """Dataset → subject → measured accuracy, or Spearman's correlation for numbers."""
    scores: dict[str, dict[str, float]] = {}
    for (subject, dataset, metric), value in measured.items():
        if metric != "macro_f1":
            scores.setdefault(dataset, {})[subject] = value
    return scores


def _forecaster(expected: Mapping[tuple[str, str, str], float]) -> Callable[[str, str], float | None]:
    return lambda subject, dataset: expected.get(
        (subject, dataset, "accuracy"), expected.get((subject, dataset, "spearman"))
    )


def _vectors(project: Project, work: BenchmarkWork, kind: str) -> Iterator[tuple[str, list[str], Floats]]:
    """(method, names, vectors [N, dim]) of all entities of a kind in each space that has some."""
    for method, of_space in work.vectors.items():
        if vectors := [vector for vector in of_space if vector.kind == kind]:
            rows = pa.concat_tables([project.parts.read("embeddings", vector.key) for vector in vectors])
            yield method, [vector.entity for vector in vectors], np.stack(rows["vector"].to_numpy())


def _similarities(project: Project, work: BenchmarkWork) -> Iterator[tuple[str, dict[tuple[str, str], float]]]:
    """(method, cosine by subject and dataset) of each space that has subjects."""
    datasets = {method: (names, vectors) for method, names, vectors in _vectors(project, work, "dataset")}
    for method, subjects, vectors in _vectors(project, work, "subject"):
        if method not in datasets:
            continue
        names, others = datasets[method]
        similar = cosines(vectors, others)
        cells = ((i, j) for i in range(len(subjects)) for j in range(len(names)))
        yield method, {(subjects[i], names[j]): float(similar[i, j]) for i, j in cells}
