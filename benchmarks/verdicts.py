"""python -m benchmarks.verdicts --bank DIR: are verdicts right on texts that they have not seen?

Language models' answers to one half of a task's texts are judged as `taskatlas recommend` judges measured subjects, and
each verdict is held against the other half.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.llmbank import folder
from benchmarks.report import Section, shown, write
from taskatlas.recommend.baseline import of_classes
from taskatlas.recommend.candidates import Candidate
from taskatlas.recommend.merits import Floats
from taskatlas.recommend.posterior import Estimate
from taskatlas.recommend.rank import ranked
from taskatlas.recommend.verdicts import BEST, NO_BETTER, TIED, WORSE

SEEDS = 20
SIZES = (64, 0)
"""Texts that are judged by; 0: half of the task's."""
MEASURES = ("first", "loss", "worse, wrongly", "no better, wrongly", "tied, apart")
SUMMARY = (
    "A task's texts are cut into two halves at random, 20 times. On the first half, or 64 texts of it, subjects "
    "get verdicts; the second half is the truth. 90% bootstrap intervals over tasks. No forecast has a share in it."
)
DEFINITION = (
    "*first*: share of cuts in which some subject is recommended. *loss*: truth of the best less that of the "
    "first, in points. *worse, wrongly*: share of the verdicts 'worse' on subjects that are better than the best in "
    "truth. *no better, wrongly*: share of the verdicts 'no better than always answering X' on subjects that are "
    "better than it in truth by more than 5 points. *tied, apart*: mean distance of the tied from the best in truth, "
    "in points."
)


@dataclass(frozen=True)
class Task:
    """One task: who answered rightly what, bool [P, n], and the labels."""

    name: str
    subjects: list[str]
    right: Floats
    labels: list[str]


def main() -> None:
    """Run, print and write results/verdicts.*."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bank", type=Path, help="Folder of the bank, as for benchmarks.llms.")
    tasks = list(read(folder(parser.parse_args().bank)))
    rows, figures = [], {}
    for size in SIZES:
        outcomes = {task.name: judged(task, size) for task in tasks}
        name = f"{size} texts" if size else "half of the texts"
        figures[name] = outcomes
        rows.append((name, *(_mean(list(outcomes.values()), measure) for measure in MEASURES)))
    write("verdicts", SUMMARY, [Section("Verdicts", DEFINITION, ("judged by", *MEASURES), rows)], figures)


def read(bank: Path) -> Iterator[Task]:
    """Every task of a bank, by name."""
    for task in sorted(path.parent for path in bank.glob("*/outputs.csv")):
        texts = [json.loads(line) for line in (task / "texts.jsonl").read_text(encoding="utf-8").splitlines()]
        gold = {str(text["id"]): str(text["label"]) for text in texts}
        with (task / "outputs.csv").open(encoding="utf-8", newline="") as stream:
            outputs = list(csv.DictReader(stream))
        subjects = [name for name in outputs[0] if name != "id"]
        labels = [gold[row["id"]] for row in outputs]
        right = np.array(
            [[row[name] == label for row, label in zip(outputs, labels, strict=True)] for name in subjects]
        )
        yield Task(task.name, subjects, right.astype(np.float64), labels)


def judged(task: Task, size: int) -> dict[str, float]:
    """Means over the cuts of one task, by measure; NaN where no verdict was of the kind."""
    found: dict[str, list[float]] = {measure: [] for measure in MEASURES}
    for seed in range(SEEDS):
        order = np.random.default_rng(seed).permutation(len(task.labels))
        half = len(order) // 2
        _judge(task, order[: size or half], order[half:], found)
    return {measure: float(np.mean(values)) if values else float("nan") for measure, values in found.items()}


def _judge(task: Task, seen: Sequence[int], unseen: Sequence[int], found: dict[str, list[float]]) -> None:
    label_of = np.asarray(task.labels)
    baseline = of_classes(label_of[seen].tolist(), label_of[seen].tolist())
    merits, truth = task.right[:, seen], task.right[:, unseen].mean(axis=1)
    candidates = [_candidate(name, row) for name, row in zip(task.subjects, merits, strict=True)]
    places = ranked(candidates, merits, (label_of[seen] == baseline.label).astype(np.float64), baseline)
    of = dict(zip(task.subjects, truth.tolist(), strict=True))
    always = Counter(label_of[unseen].tolist())[str(baseline.label)] / len(unseen)
    first = places[0]
    found["first"].append(float(first.verdict == BEST))
    found["loss"].append(100 * (float(truth.max()) - of[first.candidate.name]))
    for each in places:
        score = of[each.candidate.name]
        if each.verdict == WORSE:
            found["worse, wrongly"].append(float(score > of[first.candidate.name]))
        elif each.verdict == TIED:
            found["tied, apart"].append(100 * (of[first.candidate.name] - score))
        elif each.verdict.startswith(NO_BETTER):
            found["no better, wrongly"].append(float(score > always + 0.05))


def _candidate(name: str, merits: Floats) -> Candidate:
    value, n = float(merits.mean()), len(merits)
    half = 1.645 * float(np.sqrt(value * (1 - value) / n))
    return Candidate(name, "accuracy", Estimate(value, value - half, value + half, n))


def _mean(outcomes: Sequence[dict[str, Any]], measure: str) -> str:
    known = [outcome[measure] for outcome in outcomes if np.isfinite(outcome[measure])]
    return shown(known, digits=1 if measure in {"loss", "tied, apart"} else 2) if known else "–"


if __name__ == "__main__":
    main()
