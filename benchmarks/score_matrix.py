"""A matrix of known scores, read from a file, and simple ways of filling it: what forecasts are held against."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from taskatlas.analyze.completion.scale import as_shares
from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]
COLUMNS = (("subject", "dataset", "value"), ("model", "task", "score"))
"""What the three columns may be called."""


@dataclass(frozen=True)
class ScoreMatrix:
    """Scores of S subjects on D datasets, as shares of 1, float64 [S, D]; NaN where none is known."""

    subjects: list[str]
    datasets: list[str]
    shares: Floats

    @property
    def count(self) -> int:
        """Scores that are known."""
        return int(np.isfinite(self.shares).sum())


def dense(matrix: ScoreMatrix, *, fewest: int = 20) -> ScoreMatrix:
    """The part in which every subject and every dataset has so many scores or more, however they are left out."""
    rows, columns = np.arange(len(matrix.subjects)), np.arange(len(matrix.datasets))
    while True:
        known = np.isfinite(matrix.shares[np.ix_(rows, columns)])
        enough, wide = known.sum(axis=1) >= fewest, known.sum(axis=0) >= fewest
        if enough.all() and wide.all():
            break
        rows, columns = rows[enough], columns[wide]
    names = [matrix.subjects[at] for at in rows], [matrix.datasets[at] for at in columns]
    return ScoreMatrix(*names, matrix.shares[np.ix_(rows, columns)])


def read(path: Path) -> ScoreMatrix:
    """The matrix of a CSV file with a row per score; several scores of one subject on one dataset count as their mean.

    Raises:
        InputError: no such columns, or what `as_shares` refuses.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        named = next((names for names in COLUMNS if set(names) <= set(rows.fieldnames or ())), None)
        if named is None:
            raise InputError(f"there are no columns {', '.join(COLUMNS[0])}", where=path.name, todo="name them so")
        found = [(row[named[0]], row[named[1]], _number(row[named[2]], path)) for row in rows]
    return _matrix(found)


def lead(shares: Floats) -> Floats:
    """A dataset's mean and the subject's mean lead over it on the datasets known, float64 [S, D]."""
    of_datasets = means(shares)
    leads = _over(shares - of_datasets, axis=1)
    return of_datasets + leads[:, None]


def low_rank(shares: Floats, *, rank: int = 8, penalty: float = 0.1, rounds: int = 30) -> Floats:
    """Matrix factorisation by alternating least squares with a ridge penalty, about the datasets' means [S, D].

    Zhou et al. 2008 (AAIM, large-scale parallel collaborative filtering). Penalties of .03 to .3
    do alike on the matrix of the committed results, and 1 does worse.
    """
    known, of_datasets, random = np.isfinite(shares), means(shares), np.random.default_rng(0)
    values = np.where(known, shares - of_datasets, 0.0)
    left, right = (0.1 * random.normal(size=(size, rank)) for size in shares.shape)
    for _ in range(rounds):
        _solve(left, right, known, values, penalty)
        _solve(right, left, known.T, values.T, penalty)
    filled: Floats = of_datasets + left @ right.T
    return filled


def _solve(left: Floats, right: Floats, known: npt.NDArray[np.bool_], values: Floats, penalty: float) -> None:
    for at, row in enumerate(known):
        there = right[row]
        left[at] = np.linalg.solve(there.T @ there + penalty * np.eye(there.shape[1]), there.T @ values[at, row])


def means(shares: Floats) -> Floats:
    """Every dataset's mean score; of one without any, the mean of all scores, or a half; float64 [D]."""
    known = np.isfinite(shares)
    return np.where(known.any(axis=0), _over(shares, axis=0), shares[known].mean() if known.any() else 0.5)


def _over(values: Floats, *, axis: int) -> Floats:
    known = np.isfinite(values)
    total: Floats = np.where(known, values, 0.0).sum(axis=axis) / np.maximum(known.sum(axis=axis), 1)
    return total


def _number(text: str, path: Path) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"{text!r} is no score", where=path.name, todo="give numbers; leave out what is unknown"
        ) from None


def _matrix(found: Iterable[tuple[str, str, float]]) -> ScoreMatrix:
    rows = list(found)
    subjects, datasets = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    at = ({name: index for index, name in enumerate(names)} for names in (subjects, datasets))
    row_of, column_of = at
    total, count = np.zeros((len(subjects), len(datasets))), np.zeros((len(subjects), len(datasets)))
    for subject, dataset, score in rows:
        total[row_of[subject], column_of[dataset]] += score
        count[row_of[subject], column_of[dataset]] += 1
    scores = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return ScoreMatrix(subjects, datasets, as_shares(scores)[0])
