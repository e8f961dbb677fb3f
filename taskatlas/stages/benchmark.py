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
from taskatlas.hashing import digest
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.context import Context
from taskatlas.stages.forecasts import calibrated, forecasts_key, measured_scores
from taskatlas.stages.vectors import published_vectors

BENCHMARK_VERSION = 1
FEWEST_SUBJECTS = 3
Row = dict[str, Any]
_HIT = "Share of datasets with a sibling whose nearest dataset is of their family."
_RANK = "Mean over datasets of Spearman's correlation of guess and measured score over a dataset's subjects."
_LOSS = "Mean over datasets of the best measured score less that of the subject with the highest guess."
_ERROR = "Mean over forecasts of classes of the distance of forecast and measured accuracy."
_COVERAGE = "Share of measured accuracies within the forecast's 90% interval."


def benchmark_key(context: Context) -> str:
    """Key of the evidence: vectors, forecasts, scores and families."""
    families = {name: card.family for name, card in context.registry.datasets.items()}
    vectors = sorted(vector.key for _, vector in published_vectors(context))
    return digest("benchmarks", BENCHMARK_VERSION, vectors, forecasts_key(context), families)


def is_measured(context: Context, key: str) -> bool:
    """Whether both parts that `measure` leaves are there."""
    return context.parts.has("benchmarks", key) and context.parts.has("forecasts", forecasts_key(context))


def measure(context: Context, key: str) -> list[Row]:
    """Calibrate the forecasts and hold them and the vectors against what was measured.

    Leaves the parts forecasts/`forecasts_key` and benchmarks/`key`.

    Returns:
        The rows of the table benchmarks.
    """
    progress.expect("benchmark", 1, "table")
    forecasts = forecasts_key(context)
    if not context.parts.has("forecasts", forecasts):
        context.parts.write("forecasts", forecasts, calibrated(context))
    if not context.parts.has("benchmarks", key):
        rows = [*_siblings(context), *_choice(context, forecasts), *_forecast(context, forecasts)]
        context.parts.write("benchmarks", key, pa.Table.from_pylist(rows, schema=TABLES["benchmarks"].schema))
    progress.advance("benchmark")
    found: list[Row] = context.parts.read("benchmarks", key).to_pylist()
    return found


def _siblings(context: Context) -> Iterator[Row]:
    chances: list[float] = []
    for space, names, vectors in _vectors(context, "dataset"):
        families = [context.registry.datasets[name].family for name in names]
        nearest = siblings(cosines(vectors), families)
        hits = [float(families[place] == families[other]) for place, other in nearest.items()]
        chances = [(families.count(families[place]) - 1) / (len(families) - 1) for place in nearest]
        if hits:
            labels = "train split" if METHODS[space](Options()).reads_outputs else "none"
            yield _row("siblings", space, "hit_rate", hits, _HIT, labels=labels, calls="none")
    if chances:
        yield _row("siblings", "random", "hit_rate", chances, _HIT, labels="none", calls="none")


def _choice(context: Context, forecasts: str) -> Iterator[Row]:
    truths = _by_dataset(measured_scores(context))
    rows = context.parts.read("forecasts", forecasts).to_pylist()
    expected = {(row["subject"], row["dataset"], row["metric"]): row["value"] for row in rows}
    guesses: dict[str, Callable[[str, str], float | None]] = {"student forecast": _forecaster(expected)}
    for space, similar in _similarities(context):
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
        yield _row("choice", name, "spearman", [found.spearman for found in outcomes], _RANK, **uses)
        yield _row("choice", name, "loss", [found.loss for found in outcomes], _LOSS, **uses)


def _forecast(context: Context, forecasts: str) -> Iterator[Row]:
    measured = measured_scores(context)
    rows = [row for row in context.parts.read("forecasts", forecasts).to_pylist() if row["metric"] == "accuracy"]
    pairs = [(row, measured[place]) for row in rows if (place := _place(row)) in measured]
    if not pairs:
        return
    truth = np.asarray([value for _, value in pairs])
    uses = {"labels": "train split", "calls": "none"}
    errors = [abs(row["value"] - value) for row, value in pairs]
    yield _row("forecast", "student forecast", "error", errors, _ERROR, **uses)
    held = [float(row["low"] <= value <= row["high"]) for row, value in pairs]
    yield _row("forecast", "student forecast", "coverage", held, _COVERAGE, **uses)
    # a score drawn from the others that were measured is off by this much on average
    spread = np.abs(truth[:, None] - truth[None, :]).sum(axis=1) / max(len(truth) - 1, 1)
    yield _row("forecast", "random", "error", spread.tolist(), _ERROR, labels="none", calls="none")


def _row(
    benchmark: str, method: str, metric: str, values: Sequence[float], definition: str, *, labels: str, calls: str
) -> Row:
    mean, low, high = bootstrap(values)
    named = {"benchmark": benchmark, "method": method, "metric": metric, "definition": definition}
    found = {"value": mean, "low": min(low, mean), "high": max(high, mean), "n": len(values)}
    return named | found | {"labels_used": labels, "calls_used": calls}


def _place(row: Row) -> tuple[str, str, str]:
    return row["subject"], row["dataset"], row["metric"]


def _by_dataset(measured: Mapping[tuple[str, str, str], float]) -> dict[str, dict[str, float]]:
    """Dataset → subject → measured accuracy, or Spearman's correlation for numbers."""
    found: dict[str, dict[str, float]] = {}
    for (subject, dataset, metric), value in measured.items():
        if metric != "macro_f1":
            found.setdefault(dataset, {})[subject] = value
    return found


def _forecaster(expected: Mapping[tuple[str, str, str], float]) -> Callable[[str, str], float | None]:
    return lambda subject, dataset: expected.get(
        (subject, dataset, "accuracy"), expected.get((subject, dataset, "spearman"))
    )


def _vectors(context: Context, kind: str) -> Iterator[tuple[str, list[str], Floats]]:
    """(method, names, vectors [N, dim]) of all entities of a kind in each space that has some."""
    spaces: dict[str, list[tuple[str, str]]] = {}
    for space, vector in published_vectors(context):
        if vector.kind == kind:
            spaces.setdefault(space.method.name, []).append((vector.entity, vector.key))
    for method, entries in spaces.items():
        rows = pa.concat_tables([context.parts.read("embeddings", key) for _, key in entries])
        yield method, [name for name, _ in entries], np.stack(rows["vector"].to_numpy())


def _similarities(context: Context) -> Iterator[tuple[str, dict[tuple[str, str], float]]]:
    """(method, cosine by subject and dataset) of each space that has subjects."""
    datasets = {method: (names, vectors) for method, names, vectors in _vectors(context, "dataset")}
    for method, subjects, vectors in _vectors(context, "subject"):
        if method not in datasets:
            continue
        names, others = datasets[method]
        similar = cosines(vectors, others)
        places = ((i, j) for i in range(len(subjects)) for j in range(len(names)))
        yield method, {(subjects[i], names[j]): float(similar[i, j]) for i, j in places}
