"""python -m benchmarks.llms [--bank DIR] [--json]: which language model for this task, with what score?

Random thirds of each task: the models' answers to the first are known, without labels; labels of the second, without
calls; the truth is measured on the last. Whatever is fitted is fitted to the other tasks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import llmgate
from benchmarks.cuts import Cut, cut, thirds
from benchmarks.llmbank import Task, likeness, load, options
from benchmarks.report import Section, shown, write
from taskatlas.analyze.metrics import choice
from taskatlas.forecast.alike import alike_elsewhere
from taskatlas.forecast.elsewhere import Leads
from taskatlas.forecast.left_out import Forecasts, forecast_left_out

Floats = npt.NDArray[np.float64]
SEEDS = 20
TRIES = (8, 16, 64)
OURS, STUDENT, ELSEWHERE = "forecast", "student alone", "mean elsewhere"
ABOVE, BY = "mean elsewhere, above chance", "the same, weighted by "
SUMMARY = (
    "Answers of language models to labelled tasks, published by others; nothing of them is in this repository. Random "
    "thirds, 20 seeds. Settings were chosen on this bank (docs/decisions/0013-forecasts-learn.md says which and what "
    "else was tried); what is fitted leaves the target out."
)
DEFINITION = (
    "Spearman: rank correlation of guessed and true accuracy over a task's models. Loss: true accuracy of the best "
    "model less that of the one with the highest guess, in points. Error: mean distance of guessed and true accuracy, "
    "in points. Means over tasks of means over seeds, with 90% bootstrap intervals over tasks. Labels and calls are "
    "per model and of the target; a third is {third} texts."
)


@dataclass(frozen=True)
class Reached:
    """What a way reached on a task, the mean over seeds; loss and error in points."""

    spearman: float
    loss: float
    error: float


def main() -> None:
    """Run, print, and write results/llms.*; with --json print the figures alone and write nothing."""
    given = options(__doc__)
    tasks = load(given.bank)
    guesses: dict[str, dict[str, list[tuple[Floats, Floats]]]] = {}
    held: dict[str, list[float]] = {}
    judged: list[tuple[llmgate.Judged, llmgate.Judged]] = []
    for seed in range(SEEDS):
        drawn = {task.name: cut(task, thirds(task, seed)) for task in tasks}
        judged += llmgate.judge(tasks, drawn, seed)
        unlabelled = _without_labels(tasks, drawn)
        for name, (ways, share) in _of_seed(drawn, seed).items():
            held.setdefault(name, []).append(share)
            for way, guess in (ways | unlabelled[name]).items():
                guesses.setdefault(way, {}).setdefault(name, []).append((guess, drawn[name].truth))
    reached = {way: {name: _reached(pairs) for name, pairs in by_task.items()} for way, by_task in guesses.items()}
    coverage = {name: float(np.mean(shares)) for name, shares in held.items()}
    figures = _figures(reached, coverage)
    if given.figures_alone:
        print(json.dumps(figures, indent=1))
    else:
        sections = _sections(reached, coverage, min(len(task.gold) for task in tasks) // 3)
        write("llms", SUMMARY, [*sections, llmgate.section(judged)], figures)


def _of_seed(drawn: Mapping[str, Cut], seed: int) -> dict[str, tuple[dict[str, Floats], float]]:
    """Per task, what each way guesses, and the share of true accuracies that the forecasts' intervals hold."""
    scores = {name: dict(zip(each.indications.subjects, each.whole, strict=True)) for name, each in drawn.items()}
    forecasts = forecast_left_out([each.indications for each in drawn.values()], scores)
    found = {}
    for name, each in drawn.items():
        generator = np.random.default_rng([seed, *name.encode()])
        lead = Leads.of(scores).elsewhere(each.indications.subjects, {name})
        ways = {
            OURS: forecasts[name].values,
            STUDENT: each.indications.student,
            ELSEWHERE: each.indications.student.mean() + lead,
            "consensus": each.indications.consensus,
            "random": generator.random(len(lead)),
            "all labels and calls of the second third": each.hits.mean(axis=1),
        }
        calls = generator.permutation(each.hits.shape[1])
        for k in TRIES:
            tried = each.hits[:, calls[:k]]
            ways[f"trying on {k} labels"] = tried.mean(axis=1)
            ways[f"forecast and {k} calls"] = _combined(forecasts[name], tried)
        inside = (forecasts[name].low <= each.truth) & (each.truth <= forecasts[name].high)
        found[name] = (ways, float(inside.mean()))
    return found


def _without_labels(tasks: Sequence[Task], drawn: Mapping[str, Cut]) -> dict[str, dict[str, Floats]]:
    """Per task, what scores on the others say without a label or an answer of it."""
    alike = {ABOVE: np.zeros((len(tasks), len(tasks))), **{BY + name: of for name, of in likeness(tasks).items()}}
    classes = np.array([len(task.labels) for task in tasks])
    found = {}
    for at, task in enumerate(tasks):
        rest = np.array([place for place in range(len(tasks)) if place != at])
        others = [dict(zip(tasks[place].models, drawn[tasks[place].name].whole, strict=True)) for place in rest]
        scores = [[of.get(model, np.nan) for of in others] for model in task.models]
        found[task.name] = {
            way: alike_elsewhere(scores, classes[rest], near[at, rest], len(task.labels)) for way, near in alike.items()
        }
    return found


def _combined(forecast: Forecasts, tried: npt.NDArray[np.bool_]) -> Floats:
    """The posterior mean: the forecast and the share of calls that were right, each by its precision. The sampling
    error is that of a share that the forecast has a say in, as a share of few calls may be 0 or 1."""
    k = tried.shape[1]
    share = (tried.sum(axis=1) + 2.0 * forecast.values) / (k + 2.0)
    sampling = share * (1.0 - share) / k + 1e-6
    weight = forecast.sigma**2 / (forecast.sigma**2 + sampling)
    combined: Floats = weight * tried.mean(axis=1) + (1.0 - weight) * forecast.values
    return combined


def _reached(pairs: Sequence[tuple[Floats, Floats]]) -> Reached:
    chosen = [choice(guess, truth) for guess, truth in pairs]
    errors = [100.0 * float(np.abs(guess - truth).mean()) for guess, truth in pairs]
    spearman, loss = np.mean([each.spearman for each in chosen]), np.mean([100.0 * each.loss for each in chosen])
    return Reached(float(spearman), float(loss), float(np.mean(errors)))


def _sections(reached: Mapping[str, Mapping[str, Reached]], coverage: Mapping[str, float], third: int) -> list[Section]:
    rows = [(way, *_uses(way), *_cells(list(of_way.values()), way)) for way, of_way in reached.items()]
    columns = ("way", "labels", "calls", "Spearman", "loss", "error")
    ways = Section(
        "Which model?", DEFINITION.format(third=f"{third} or more"), columns, rows, _remarks(reached, coverage)
    )
    by_task = [
        (name, *(f"{reached[way][name].spearman:.2f} / {reached[way][name].loss:.1f} / {reached[way][name].error:.1f}"
                 for way in (OURS, STUDENT, ELSEWHERE, "trying on 64 labels")), f"{coverage[name]:.2f}")
        for name in coverage
    ]  # fmt: skip
    about = "Spearman / loss / error by task, and the share of true accuracies within the forecasts' 90% intervals."
    columns = ("task", OURS, STUDENT, ELSEWHERE, "trying on 64 labels", "coverage")
    return [ways, Section("By task", about, columns, by_task)]


def _cells(of_way: Sequence[Reached], way: str) -> tuple[str, str, str]:
    error = "–" if way == "random" else shown([each.error for each in of_way], digits=1)
    return shown([each.spearman for each in of_way]), shown([each.loss for each in of_way], digits=1), error


def _uses(way: str) -> tuple[str, str]:
    """How many labels and calls of the target a way uses."""
    if way.startswith(("random", ELSEWHERE, BY)):
        return "0", "0"
    if way.startswith("all labels"):
        return "a third", "a third"
    if way.startswith("trying"):
        return way.split()[2], way.split()[2]
    return "a third", way.split()[2] if "calls" in way else "0"


def _remarks(reached: Mapping[str, Mapping[str, Reached]], coverage: Mapping[str, float]) -> list[str]:
    remarks = []
    for other in (STUDENT, ELSEWHERE, "trying on 64 labels"):
        gains = [reached[OURS][name].spearman - reached[other][name].spearman for name in coverage]
        remarks.append(
            f"Forecast less {other}, Spearman, paired by task: {shown(gains)}; ahead on "
            f"{sum(gain > 0 for gain in gains)} of {len(gains)} tasks."
        )
    held = list(coverage.values())
    remarks.append(f"90% intervals of the forecasts hold the true accuracy in {shown(held)} of cases, of each task in "
                   f"{min(held):.2f} or more.")  # fmt: skip
    return [
        *remarks,
        f"{ELSEWHERE.capitalize()} takes its level from the students' mean forecast, which uses labels; above chance, "
        "scores are compared as what they are above one in as many as the task has labels.",
    ]


def _figures(reached: Mapping[str, Mapping[str, Reached]], coverage: Mapping[str, float]) -> dict[str, Any]:
    ways = {way: {name: vars(each) for name, each in of_way.items()} for way, of_way in reached.items()}
    return {"ways": ways, "coverage": dict(coverage)}


if __name__ == "__main__":
    main()
