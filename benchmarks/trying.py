"""python -m benchmarks.trying [--bank DIR] [--json]: how good is what `taskatlas try` picks, for how many calls?

Random halves of each task: labels and calls are of the first, the truth is measured on the second. Whatever is fitted
is fitted to the other tasks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.cuts import DRAWS, Cut, cut
from benchmarks.llmbank import load, options
from benchmarks.report import Section, shown, write
from taskatlas.forecast.left_out import Forecasts, forecast_left_out
from taskatlas.recommend.posterior import NORMAL_90, Estimate
from taskatlas.trying.counted import counted
from taskatlas.trying.order import balanced_order
from taskatlas.trying.race import Contender, race

Floats = npt.NDArray[np.float64]
SEEDS, EACH = 20, 64
SHARES = {"a quarter of the calls": 0.25, "half of the calls": 0.5, "as many calls": 1.0}
"""Of what trying all models on EACH labels takes."""
SUMMARY = (
    "Answers of language models to labelled tasks, published by others; nothing of them is in this repository. 20 "
    "seeds. Of the ways of `taskatlas try` two were compared on these losses: to enter all models, or the better half."
)
DEFINITION = (
    "Loss: true accuracy of the best model less that of the one that is picked, in points; means over tasks of means "
    "over seeds, with 90% bootstrap intervals over tasks. Spent: share of the calls that trying every model on {each} "
    "labels takes."
)


class Picked(NamedTuple):
    """What a way picked on a task: its loss in points, the calls it spent as a share of those of trying all, how often
    its intervals held the accuracy on all labelled texts, and their width against plain counting's."""

    loss: float
    spent: float
    held: tuple[bool, ...] = ()
    width: tuple[float, ...] = ()


Way = Callable[[Cut, Forecasts, np.random.Generator], Picked]


def main() -> None:
    """Run, print, and write results/trying.*; with --json print the figures alone and write nothing."""
    given = options(__doc__)
    tasks = load(given.bank)
    found = {}
    for name, drawn in DRAWS.items():
        picked: dict[str, dict[str, list[Picked]]] = {}
        for seed in range(SEEDS):
            cuts = {task.name: cut(task, drawn(task, seed)) for task in tasks}
            _of_seed(cuts, seed, picked)
        found[name] = picked
    figures = {name: _figures(picked) for name, picked in found.items()}
    if given.figures_alone:
        print(json.dumps(figures, indent=1))
    else:
        write("trying", SUMMARY, _sections(found), figures)


def _of_seed(cuts: Mapping[str, Cut], seed: int, picked: dict[str, dict[str, list[Picked]]]) -> None:
    scores = {name: dict(zip(each.indications.subjects, each.whole, strict=True)) for name, each in cuts.items()}
    forecasts = forecast_left_out([each.indications for each in cuts.values()], scores)
    for name, each in cuts.items():
        for place, (way, choose) in enumerate(_ways().items()):
            generator = np.random.default_rng([seed, place, *name.encode()])
            picked.setdefault(way, {}).setdefault(name, []).append(choose(each, forecasts[name], generator))


def _ways() -> dict[str, Way]:
    """What picks a model: from nothing, from labels and calls alone, and as `taskatlas try` does."""
    ways: dict[str, Way] = {
        "random": lambda each, _, generator: _picked(each, generator.random(len(each.truth)), 0.0),
        "forecast, no calls": lambda each, forecasts, _: _picked(each, forecasts.values, 0.0),
        f"all on {EACH} labels": _all_tried,
    }
    for name, share in SHARES.items():
        if share >= 0.5:
            ways[f"plain successive halving, {name}"] = lambda each, _, generator, s=share: _halving(each, generator, s)
    for name, share in SHARES.items():
        ways[f"try, {name}"] = lambda each, forecasts, generator, s=share: _try(each, forecasts, generator, s)
    ways["all labels, all calls"] = lambda each, *_: _picked(each, each.hits.mean(axis=1), each.hits.shape[1] / EACH)
    return ways


def _picked(each: Cut, guess: Floats, spent: float) -> Picked:
    return Picked(100.0 * float(each.truth.max() - each.truth[int(guess.argmax())]), spent)


def _all_tried(each: Cut, _: Forecasts, generator: np.random.Generator) -> Picked:
    some = generator.permutation(each.hits.shape[1])[:EACH]
    return _picked(each, each.hits[:, some].mean(axis=1), 1.0)


def _halving(each: Cut, generator: np.random.Generator, share: float) -> Picked:
    """Successive halving (Karnin et al. 2013, algorithm 1) on hits alone, all models on the same texts."""
    models, texts = each.hits.shape
    order, calls = generator.permutation(texts), int(share * EACH * models)
    racing, asked, spent = list(range(models)), 0, 0
    for left in range(int(np.ceil(np.log2(models))), 0, -1):
        more = min((calls - spent) // left // len(racing), texts - asked)
        asked, spent = asked + more, spent + more * len(racing)
        means = each.hits[:, order[:asked]].mean(axis=1) if asked else np.zeros(models)
        racing = sorted(racing, key=lambda model: -means[model])[: int(np.ceil(len(racing) / 2))]
    return Picked(100.0 * float(each.truth.max() - each.truth[racing[0]]), spent / (EACH * models))


def _try(each: Cut, forecasts: Forecasts, generator: np.random.Generator, share: float) -> Picked:
    models, texts = each.hits.shape
    hits, levels = each.hits.astype(np.float64), each.chances.mean(axis=1)
    order = balanced_order(each.gold, each.chances.mean(axis=0), seed=int(generator.integers(2**31)))
    half = NORMAL_90 * forecasts.sigma
    contenders = [
        Contender(str(model), "accuracy", Estimate(value, value - half[model], value + half[model], texts))
        for model, value in enumerate(map(float, forecasts.values))
    ]

    def ask(owed: Mapping[str, int]) -> dict[str, Estimate]:
        rows = {name: (int(name), order[:count]) for name, count in owed.items()}
        return {
            name: counted(hits[row][some], each.chances[row][some], float(levels[row]), texts)
            for name, (row, some) in rows.items()
        }

    outcome = race(contenders, int(share * EACH * models), texts, ask)
    tried = [(hits[int(one.name)], one.tried, order[: one.asked]) for one in outcome.contenders if one.tried]
    plain = [counted(of[some], np.full(len(some), 0.5), 0.5, texts) for of, _, some in tried]
    loss = 100.0 * float(each.truth.max() - each.truth[int(outcome.contenders[0].name)])
    held = tuple(bool(found.low <= of.mean() <= found.high) for of, found, _ in tried)
    width = tuple((found.high - found.low) / (p.high - p.low) for (_, found, _), p in zip(tried, plain, strict=True))
    return Picked(loss, outcome.calls / (EACH * models), held, width)


def _figures(picked: Mapping[str, Mapping[str, Sequence[Picked]]]) -> dict[str, Any]:
    return {
        way: {
            name: {"loss": float(np.mean([each.loss for each in of])), "spent": float(np.mean([e.spent for e in of]))}
            for name, of in by_task.items()
        }
        for way, by_task in picked.items()
    }


def _sections(found: Mapping[str, Mapping[str, Mapping[str, Sequence[Picked]]]]) -> list[Section]:
    titles = {
        "halves": "Halves: answers to the second are known without labels",
        "thirds": "Thirds: answers to a third of their own are known without labels, and texts to try on are fewer",
    }
    return [_section(title, found[name]) for name, title in titles.items()]


def _section(title: str, picked: Mapping[str, Mapping[str, Sequence[Picked]]]) -> Section:
    rows = []
    for way, by_task in picked.items():
        losses = [float(np.mean([each.loss for each in of])) for of in by_task.values()]
        spent = float(np.mean([each.spent for of in by_task.values() for each in of]))
        rows.append((way, f"{spent:.2f}", shown(losses, digits=1), " ".join(f"{loss:.1f}" for loss in losses)))
    remarks = [_remark(way, by_task) for way, by_task in picked.items() if way.startswith("try")]
    return Section(title, DEFINITION.format(each=EACH), ("way", "spent", "loss", "by task"), rows, remarks)


def _remark(way: str, by_task: Mapping[str, Sequence[Picked]]) -> str:
    held = [inside for of in by_task.values() for each in of for inside in each.held]
    width = [ratio for of in by_task.values() for each in of for ratio in each.width]
    return (
        f"{way[:1].upper()}{way[1:]}: intervals of what was tried hold the accuracy on all labelled texts in "
        f"{np.mean(held):.2f} of cases, and are {np.mean(width):.2f} times as wide as those of plain counting, "
        f"{np.max(width):.2f} times at the most."
    )


if __name__ == "__main__":
    main()
