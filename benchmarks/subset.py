"""python -m benchmarks.subset --scores FOLDER: do few datasets rank subjects as all of them do?

Of every CSV file in FOLDER with the columns subject, dataset, value (or model, task, score), the subjects and datasets
count that have all scores of each other. Half of the subjects chooses datasets, and the other half is ranked by them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.report import Section, write
from benchmarks.score_matrix import ScoreMatrix, read
from taskatlas.analyze.subset import choose, complete, correlations
from taskatlas.embed.measure import spearman

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Way = Callable[[Floats, int], list[int]]
SHARES = (0.05, 0.1, 0.2)
SPLITS, DRAWS = 20, 50
RANDOM = "random"
RIDGE = 1e-3

SUMMARY = (
    "Subjects are models, datasets are tasks. Half of the subjects chooses k datasets, and the other half is ranked by "
    "its mean over them and by its mean over all: Spearman of the two, mean over {splits} cuts, each half in turn. In "
    "brackets: between which values 90% of the halves lie. By chance: subjects are cut at random. By author: all of an "
    "author's models (what stands before `__` in a name) are in one half, so that no sibling of a model chose. How "
    "strongly correlations are drawn to their mean, and the mean of Pearson's and Spearman's, were chosen while "
    "looking at such halves of this matrix, cut at random. Of MMTEB the idea is taken, not the code: correlations "
    "are those of `taskatlas subset`."
)


def main() -> None:
    """Run, and print and write results/subset.*."""
    sections, figures = [], {}
    for path in sorted(_options().scores.glob("*.csv")):
        matrix = _complete(read(path))
        section, figures[path.stem] = _measure(path.stem, matrix)
        sections.append(section)
    write("subset", SUMMARY.format(splits=SPLITS), sections, figures)


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.subset", description=__doc__)
    folder = os.environ.get("SCORES_FOLDER")
    parser.add_argument("--scores", type=Path, required=not folder, default=folder and Path(folder), metavar="FOLDER")
    return parser.parse_args()


def _complete(matrix: ScoreMatrix) -> ScoreMatrix:
    rows, columns = complete(np.isfinite(matrix.shares))
    names = [matrix.subjects[at] for at in rows], [matrix.datasets[at] for at in columns]
    return ScoreMatrix(*names, matrix.shares[np.ix_(rows, columns)])


def _measure(name: str, matrix: ScoreMatrix) -> tuple[Section, dict[str, Any]]:
    authors = np.unique([subject.partition("__")[0] for subject in matrix.subjects], return_inverse=True)[1]
    found: dict[str, dict[str, list[float]]] = {}
    for cut, groups in (("by chance", np.arange(len(matrix.subjects))), ("by author", authors)):
        for half, other in halves(groups):
            for share in SHARES:
                count = max(round(share * len(matrix.datasets)), 1)
                for way, values in _ranked(matrix.shares, half, other, count).items():
                    found.setdefault(f"{way}, {count} datasets", {}).setdefault(cut, []).extend(values)
    rows = [(way, *(_shown(of[cut]) for cut in ("by chance", "by author"))) for way, of in found.items()]
    what = (
        f"{len(matrix.subjects)} subjects of {authors.max() + 1} authors have scores on all of {len(matrix.datasets)} "
        "datasets."
    )
    columns = ("way", "Spearman, by chance", "Spearman, by author")
    figures = {way: {cut: float(np.mean(values)) for cut, values in of.items()} for way, of in found.items()}
    return Section(name, what, columns, rows), figures


def halves(groups: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Cut the subjects in two, so that no group is in both; each half comes first once."""
    random = np.random.default_rng(100)
    for _ in range(SPLITS):
        order = random.permutation(groups.max() + 1)
        reached = np.cumsum(np.bincount(groups)[order])
        first = np.isin(groups, order[reached <= (len(groups) + 1) // 2])
        yield np.flatnonzero(first), np.flatnonzero(~first)
        yield np.flatnonzero(~first), np.flatnonzero(first)


def _ranked(shares: Floats, half: Ints, other: Ints, count: int) -> dict[str, list[float]]:
    truth = shares[other].mean(axis=1)

    def reached(columns: list[int]) -> float:
        return spearman(shares[np.ix_(other, columns)].mean(axis=1), truth)

    random = np.random.default_rng(count)
    drawn = [random.choice(shares.shape[1], count, replace=False).tolist() for _ in range(DRAWS)]
    chosen = {way: [reached(choice(shares[half], count))] for way, choice in WAYS.items()}
    return {**chosen, RANDOM: [reached(columns) for columns in drawn]}


def _ours(shares: Floats, count: int) -> list[int]:
    return choose(*correlations(shares), count)


def _least_predicted(shares: Floats, count: int) -> list[int]:
    """Drop the dataset that the others predict best, by ridge regression of standard scores, until so many are left."""
    correlation = correlations(shares)[0]
    left = list(range(len(correlation)))
    while len(left) > count:
        precision = np.linalg.inv(correlation[np.ix_(left, left)] + RIDGE * np.eye(len(left)))
        left.pop(int(np.diag(precision).argmax()))
    return left


def _best_there(shares: Floats, count: int) -> list[int]:
    """Add the dataset with which the mean ranks the choosing subjects best, again and again."""
    truth, chosen = shares.mean(axis=1), list[int]()
    for _ in range(count):
        others = [column for column in range(shares.shape[1]) if column not in chosen]
        reached = [spearman(shares[:, [*chosen, column]].mean(axis=1), truth) for column in others]
        chosen.append(others[int(np.argmax(reached))])
    return chosen


def _shown(values: list[float]) -> str:
    low, high = np.percentile(values, (5.0, 95.0))
    return f"{np.mean(values):.3f} [{low:.3f}, {high:.3f}]"


WAYS: Mapping[str, Way] = {
    "taskatlas subset": _ours,
    "drop what is best predicted (MMTEB)": _least_predicted,
    "greedy Spearman": _best_there,
}

if __name__ == "__main__":
    main()
