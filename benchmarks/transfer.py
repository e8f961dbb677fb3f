"""python -m benchmarks.transfer --taskweb DIR [--json]: which source dataset should a model learn from first?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import taskweb
from benchmarks.features import Features
from benchmarks.report import Section, shown, write
from benchmarks.spaces import Spaces
from benchmarks.taskweb import Prompted
from benchmarks.transfer_measure import DEFINITION, Measured, average, difference, measure
from benchmarks.transfer_ways import GRID, SHARES, Case, alone, fewer, forecast_all, ways
from taskatlas.analyze.similarity import cosines
from taskatlas.embed import CLOSED_FORMS
from taskatlas.embed.outputs import from_texts
from taskatlas.errors import TaskatlasError
from taskatlas.transfer.measured import Transfers
from taskatlas.transfer.ranking import forecast_gains, mean_elsewhere
from taskatlas.transfer.sides import Seen, head_start, sides_of

Floats = npt.NDArray[np.float64]
WORDS = 80
"""A longer text is read as its first and its last so many words, and counts as the mean of both."""
DRAWS = 200
FEW = (0, 2, 4, 8, 14)
BASELINES = ("random", *(f"cosine, {name}" for name in CLOSED_FORMS), "mean elsewhere", "pivots, weighted by text")
SUMMARY = (
    "Targets and sources: the tasks of TaskWeb, at most 200 examples each; surrogate all-MiniLM-L6-v2, of at most 128 "
    "tokens, a text of more than 80 words read as its first and its last 80. Labels of the target used: those of its "
    "examples. Calls: none. Whatever was measured with the target, as a target or as a source and in any setup, is "
    "left out of what forecasts it."
)
CHOSEN = (
    "Not blind: the two sides (inputs, outputs) and the weight of breadth were chosen while looking at these "
    "figures, so were the forecast's defaults. The rows 'chosen elsewhere' choose for each target on the other "
    "targets: vectors alone one to three of five sides (the two, and the three spaces) and the weight of breadth; the "
    "forecast its settings, and the sides it weighs: the two, or all five."
)


def see(task: Prompted, features: Features) -> Seen:
    """A task in the surrogate."""
    inputs = [_ends(text) for text in task.inputs]
    head = features.phi([text for text, _ in inputs])
    long = [row for row, (_, tail) in enumerate(inputs) if tail]
    if long:
        head[long] = (head[long] + features.phi([inputs[row][1] for row in long])) / 2
    texts, counts = np.unique(task.outputs, return_counts=True)
    return Seen(head, features.of([(str(text), None) for text in texts]), counts / counts.sum())


def case_of(tasks: Sequence[Prompted], transfers: Transfers, features: Features) -> Case:
    """Everything that ways know of the tasks."""
    seen = [see(task, features) for task in tasks]
    return Case(transfers, sides_of(seen), head_start(seen), _spaces(tasks, features))


def section(reached: dict[str, Measured], transfers: Transfers, remarks: list[str]) -> Section:
    """The table of all ways."""
    best = max((name for name in BASELINES if name in reached), key=lambda name: reached[name].by_target("ndcg").mean())
    rows = []
    for name, one in reached.items():
        setups = [f"{np.nanmean(row):.1f}" for row in one.ndcg]
        against = "–" if name == best else difference(one, reached[best])
        means = (shown(one.by_target("ndcg"), digits=1), shown(one.by_target("regret"), digits=2))
        rows.append((name, _uses(name), *setups, *means, against))
    columns = ("way", "transfers used", *(f"NDCG, {setup}" for setup in transfers.setups), "NDCG, mean", "Regret@3")
    about = f"{len(transfers.targets)} targets. {DEFINITION}"
    return Section("Leaving the target out", about, (*columns, f"less {best}"), rows, remarks)


def fewer_targets(case: Case) -> tuple[Section, dict[str, Any]]:
    """What is reached where fewer targets were measured."""
    rows, figures = [], {}
    for count in FEW:
        draws = [_with_few(case, count, seed) for seed in range(5)]
        forecasts, means = (average(several) for several in zip(*draws, strict=True))
        values = [shown(one.by_target(name), digits=1) for one in (forecasts, means) for name in ("ndcg", "regret")]
        rows.append((str(count), *values))
        figures[str(count)] = {"forecast": _figures(forecasts), "mean elsewhere": _figures(means)}
    columns = (
        "other targets",
        "NDCG, forecast",
        "Regret@3, forecast",
        "NDCG, mean elsewhere",
        "Regret@3, mean elsewhere",
    )
    about = "As above, where only some of the other targets were measured, drawn at random 5 times; means over setups."
    return Section("Fewer measured targets", about, columns, rows), figures


def robustness(case: Case) -> list[str]:
    """What hangs on the numbers that were chosen."""
    grid = [measure(forecast_all(case.sides, case.breadth, case.transfers, each), case.transfers) for each in GRID]
    setups = len(case.transfers.setups)
    wide = [measure(alone(case.sides, share * case.breadth, setups), case.transfers) for share in SHARES]
    return [
        _ranges(f"Over all {len(grid)} settings of the grid, the forecast", grid),
        _ranges(f"With breadth weighed {SHARES[0]} to {SHARES[-1]} times as much, vectors alone", wide),
    ]


def run(path: Path) -> tuple[list[Section], dict[str, Any]]:
    """Measure everything on the data of a folder."""
    tasks, transfers = taskweb.load(path)
    case = case_of(tasks, transfers, Features())
    draws = [np.random.default_rng(seed).random(transfers.change.shape) for seed in range(DRAWS)]
    reached = {"random": average([measure(draw, transfers) for draw in draws])}
    reached |= {name: measure(guess, transfers) for name, guess in ways(case).items()}
    few, few_figures = fewer_targets(case)
    figures = {name: _figures(one) for name, one in reached.items()} | {"fewer": few_figures}
    return [section(reached, transfers, [CHOSEN, *robustness(case)]), few], figures


def main() -> None:
    """Run, print and write results/transfer.*; with --json, print the figures and write nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taskweb", type=Path, default=taskweb.folder(), help="folder of the data; or TASKWEB")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, and write no result file")
    options = parser.parse_args()
    try:
        sections, figures = run(options.taskweb)
    except TaskatlasError as error:
        raise SystemExit(str(error)) from error
    if options.json:
        print(json.dumps(figures, indent=1))
    else:
        write("transfer", SUMMARY, sections, figures)


def _spaces(tasks: Sequence[Prompted], features: Features) -> dict[str, Floats]:
    """Cosines of tasks in the three spaces, over a corpus of 20 inputs of each."""
    heads = [[(_ends(text)[0], None) for text in task.inputs] for task in tasks]
    spaces = Spaces([text for texts in heads for text in texts[:20]], features)
    vectors = [spaces.of_dataset(list(h), from_texts(task.outputs)) for h, task in zip(heads, tasks, strict=True)]
    return {name: cosines(np.stack([vector[name] for vector in vectors])).astype(np.float64) for name in CLOSED_FORMS}


def _with_few(case: Case, count: int, seed: int) -> tuple[Measured, Measured]:
    """What the forecast and mean elsewhere reach where `count` other targets were measured."""
    transfers = case.transfers
    guess, mean = np.full((2, *transfers.change.shape), np.nan)
    for target in transfers.targets:
        known = fewer(transfers, target, count, seed)
        guess[:, target] = forecast_gains(case.sides, case.breadth, known, target)
        mean[:, target] = mean_elsewhere(known, target)
    return measure(guess, transfers), measure(mean, transfers)


def _ends(text: str) -> tuple[str, str]:
    words = text.split()
    return (text, "") if len(words) <= WORDS else (" ".join(words[:WORDS]), " ".join(words[-WORDS:]))


def _uses(name: str) -> str:
    if name.startswith(("forecast", "mean elsewhere", "pivots")) or name.endswith("chosen elsewhere"):
        return "elsewhere"
    return "of the target" if name.startswith(("the target", "oracle")) else "none"


def _figures(one: Measured) -> dict[str, Any]:
    by_setup = {name: np.nanmean(getattr(one, name), axis=1).round(3).tolist() for name in ("ndcg", "regret")}
    return by_setup | {f"mean {name}": float(one.by_target(name).mean()) for name in ("ndcg", "regret")}


def _ranges(what: str, over: Sequence[Measured]) -> str:
    ndcg, regret = ([one.by_target(name).mean() for one in over] for name in ("ndcg", "regret"))
    return f"{what}: NDCG {min(ndcg):.1f} to {max(ndcg):.1f}, Regret@3 {min(regret):.2f} to {max(regret):.2f}."


if __name__ == "__main__":
    main()
