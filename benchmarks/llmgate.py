"""What the gate takes away of the bank of language models: as it is, and with texts that say nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.cuts import Cut, cut, thirds
from benchmarks.llmbank import Task
from benchmarks.report import Section
from taskatlas.forecast.left_out import forecast_left_out

Floats = npt.NDArray[np.float64]
ABOUT = (
    "Of a task whose labels the surrogate does not see, a run publishes no forecast. Exchanged: the texts of the one "
    "task that is forecast are dealt out at random, so that they say nothing of labels and answers. Error in points; "
    "majority: that of guessing the commonest label's share for all. Held: the share of true accuracies within 90% "
    "intervals."
)
COLUMNS = ("texts", "forecasts", "taken away", "error of those", "majority there", "held", "error of the others")


class Judged(NamedTuple):
    """The forecasts of a task: whether a run publishes them, and by model errors, those of the majority, and hits."""

    seen: bool
    errors: Floats
    majority: Floats
    held: npt.NDArray[np.bool_]


def judge(tasks: Sequence[Task], drawn: Mapping[str, Cut], seed: int) -> Iterator[tuple[Judged, Judged]]:
    """What the gate makes of each task: with its texts as they are, and exchanged."""
    for task in tasks:
        rows = np.random.default_rng([seed, 1, *task.name.encode()]).permutation(len(task.gold))
        other = replace(task, features=task.features[rows])
        exchanged = cut(other, thirds(other, seed))
        yield _judged(task, drawn), _judged(task, {**drawn, task.name: exchanged})


def _judged(task: Task, drawn: Mapping[str, Cut]) -> Judged:
    scores = {name: dict(zip(each.indications.subjects, each.whole, strict=True)) for name, each in drawn.items()}
    of, truth = drawn[task.name], drawn[task.name].truth
    found = forecast_left_out([each.indications for each in drawn.values()], scores)[task.name]
    common = np.bincount(task.gold).max() / len(task.gold)
    held = (found.low <= truth) & (truth <= found.high)
    return Judged(of.indications.seen, 100 * np.abs(found.values - truth), 100 * np.abs(common - truth), held)


def section(judged: Sequence[tuple[Judged, Judged]]) -> Section:
    """The table of what is taken away over all tasks and seeds."""
    rows = [
        (name, *_cells(of)) for name, of in zip(("as they are", "exchanged"), zip(*judged, strict=True), strict=True)
    ]
    return Section("The gate", ABOUT, COLUMNS, rows)


def _cells(judged: Sequence[Judged]) -> tuple[str, ...]:
    gone, kept = ([each for each in judged if each.seen is seen] for seen in (False, True))
    count = sum(len(each.errors) for each in gone)
    total = count + sum(len(each.errors) for each in kept)
    means = [_mean([each.errors for each in gone], 1), _mean([each.majority for each in gone], 1)]
    return (
        str(total),
        str(count),
        *means,
        _mean([each.held for each in gone], 2),
        _mean([each.errors for each in kept], 1),
    )


def _mean(values: Sequence[npt.NDArray[np.generic]], digits: int) -> str:
    return f"{np.concatenate(values).mean():.{digits}f}" if values else "–"
