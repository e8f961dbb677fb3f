"""Completed scores: what known scores on other datasets lead one to expect of a subject, where others were measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.analyze.completion.about import about
from taskatlas.analyze.completion.conformal import FEWEST
from taskatlas.analyze.completion.holes import fill
from taskatlas.plan.project import Project
from taskatlas.recommend.known import ReportedScore, known_from
from taskatlas.schemas.parts import COMPLETED_SCORES

Floats = npt.NDArray[np.float64]
Values = Mapping[tuple[str, str], float]
"""(subject, dataset) → score."""
FEW = 3
"""Known scores that a subject, and a dataset, must have before the others say something of it."""
SUBJECTS, DATASETS = 100, 50
"""The most that are completed together, those with most scores: half a minute. Of the others nothing is expected."""


def completed_scores(project: Project, inputs: Mapping[str, Sequence[str]]) -> pa.Table:
    """Return the accuracies that known scores lead one to expect, with intervals calibrated on known ones left out; no
    rows where fewer are known than that takes.

    Args:
        project: the project.
        inputs: keys of the parts that it is made from, by kind.
    """
    found: dict[tuple[str, str], list[ReportedScore]] = {}
    for key in inputs["known_scores"]:
        for row in project.parts.read("known_scores", key).to_pylist():
            if row["metric"] == "accuracy":
                score = ReportedScore(row["card"], row["value"], row["n"])
                found.setdefault((row["subject"], row["dataset"]), []).append(score)
    known = {case: known_from("accuracy", each).estimate for case, each in found.items()}
    values = enough({case: estimate.value for case, estimate in known.items()})
    holes = completed(values) if len(values) >= FEWEST else []
    examples = Counter[str]()
    for subject, dataset in values:
        examples[subject] += known[subject, dataset].n
    rows = [{**row, "n": examples[str(row["subject"])]} for row in holes]
    return pa.Table.from_pylist(rows, schema=COMPLETED_SCORES)


def enough(values: Values) -> Values:
    """Return the scores of the fullest rows and columns in which every subject and dataset has a few."""
    for place, most in ((1, DATASETS), (0, SUBJECTS)):
        counts = Counter(case[place] for case in sorted(values))
        fullest = {name for name, _ in counts.most_common(most)}
        values = {case: value for case, value in values.items() if case[place] in fullest}
    while True:
        of = [Counter(case[place] for case in values) for place in (0, 1)]
        kept = {case: value for case, value in values.items() if min(of[0][case[0]], of[1][case[1]]) >= FEW}
        if len(kept) == len(values):
            return kept
        values = kept


def completed(values: Values) -> list[dict[str, object]]:
    """Return what is expected where nothing is known: subject, dataset, value, low and high."""
    subjects, datasets = (sorted({case[place] for case in values}) for place in (0, 1))
    matrix: Floats = np.full((len(subjects), len(datasets)), np.nan)
    for (subject, dataset), value in values.items():
        matrix[subjects.index(subject), datasets.index(dataset)] = value
    holes = np.argwhere(np.isnan(matrix))
    if not len(holes):
        return []
    filled = fill(matrix, about(subjects, len(datasets)))
    return [
        {"subject": subjects[row], "dataset": datasets[column]}
        | {end: float(getattr(filled, end)[row, column]) for end in ("value", "low", "high")}
        for row, column in holes.tolist()
    ]
