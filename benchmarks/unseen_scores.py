"""Datasets that are left out whole: which subjects lead there, and what they score."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.described import Described, many_hot
from benchmarks.features import Features
from benchmarks.report import Section, shown
from benchmarks.score_matrix import ScoreMatrix, dense, lead
from benchmarks.ways import Reached
from taskatlas.analyze.completion.about import About, about
from taskatlas.analyze.completion.conformal import half_width
from taskatlas.analyze.completion.expected import expected
from taskatlas.analyze.completion.kernels import name_features
from taskatlas.analyze.completion.process import Normal
from taskatlas.analyze.completion.unseen import LeftOut, leave_datasets_out, likely_variances
from taskatlas.analyze.metrics import choice
from taskatlas.analyze.selection import at_random

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FEWEST = 3
"""Subjects of a dataset from which there is an order."""
DRAWS = 50
OURS, PEER = "forecast", "mean elsewhere"
KNOWS = {
    "random": "nothing",
    PEER: "scores elsewhere",
    "nearest dataset's order": "scores elsewhere, description",
    OURS: "scores elsewhere, name, description, languages, kind; names of subjects",
}
DEFINITION = (
    "One dataset after the other is left out whole. Spearman: rank correlation of guessed and true scores over its "
    "subjects. Loss: true score of the best subject less that of the one guessed best, in points. Error: mean distance "
    "of guessed and true scores, in points; the dataset's level has to be guessed, too. Means over datasets with 90% "
    "bootstrap intervals over them. No label and no call is used on the dataset. The variances of the forecast are "
    "fitted on the half of the datasets that the target is not of; the rest is in closed form."
)


@dataclass(frozen=True)
class Target:
    """A dataset that is left out: its index, what each way reached on it, and the share of scores within intervals."""

    dataset: int
    reached: dict[str, Reached]
    held: float


def measure(matrix: ScoreMatrix, described: Sequence[Described]) -> tuple[list[Section], dict[str, Any]]:
    """The sections, and the figures of every dataset."""
    known = what_is_known(matrix, described)
    found = forecasts(matrix, known)
    targets = [_target(matrix, known, found, dataset) for dataset in np.unique(found.cells.columns)]
    targets = [target for target in targets if np.isfinite(matrix.shares[:, target.dataset]).sum() >= FEWEST]
    inside, first = set(dense(matrix).datasets), set(first_half(matrix).tolist())
    parts = {
        "Unseen datasets of the dense part": [each for each in targets if matrix.datasets[each.dataset] in inside],
        f"All unseen datasets with {FEWEST} scores or more": targets,
    }
    sections = [_section(title, part, first) for title, part in parts.items() if part]
    return sections, {
        matrix.datasets[each.dataset]: {way: asdict(one) for way, one in each.reached.items()} | {"held": each.held}
        for each in targets
    }


def what_is_known(matrix: ScoreMatrix, described: Sequence[Described]) -> About:
    """What the names of subjects, and the names and descriptions of datasets say."""
    names = [re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name) for name in matrix.datasets]
    texts = [f"{name}. {each.description}" for name, each in zip(names, described, strict=True)]
    embedded = Features().phi(texts).astype(np.float64)
    languages = [frozenset(part for code in each.languages for part in (code, *code.split("-"))) for each in described]
    kinds = [each.kinds for each in described]
    views = [embedded - embedded.mean(axis=0), name_features(matrix.datasets), many_hot(languages), many_hot(kinds)]
    return about(matrix.subjects, len(matrix.datasets), views)


def first_half(matrix: ScoreMatrix) -> Ints:
    """The datasets on which settings were chosen: a random half."""
    count = len(matrix.datasets)
    return np.random.default_rng(12).permutation(count)[: count // 2]


def forecasts(matrix: ScoreMatrix, known: About) -> LeftOut:
    """Every known score, forecast without its dataset; variances fitted on the half that the dataset is not of."""
    first = np.isin(np.arange(len(matrix.datasets)), first_half(matrix))
    halves = []
    for half in (first, ~first):
        others = np.where(half, np.nan, matrix.shares)
        fitted_on = others if np.isfinite(others).any() else matrix.shares
        halves.append(leave_datasets_out(matrix.shares, known, likely_variances(fitted_on, known)))
    one, other = halves
    of_first = first[one.cells.columns]
    odds = [np.where(of_first, *pair) for pair in zip(one.odds, other.odds, strict=True)]
    return LeftOut(one.cells, Normal(*odds))


def _target(matrix: ScoreMatrix, known: About, found: LeftOut, dataset: int) -> Target:
    at = found.cells.columns == dataset
    subjects = found.cells.rows[at]
    errors = found.cells.values - found.odds.mean
    width = half_width(errors[~at], found.odds.sigma[~at], found.cells.columns[~at])
    ours = expected(Normal(found.odds.mean[at], found.odds.sigma[at]), width, 1.0)
    truth = matrix.shares[subjects, dataset]
    without = matrix.shares.copy()
    without[:, dataset] = np.nan
    elsewhere = lead(without)[subjects, dataset]
    guesses = {
        PEER: elsewhere,
        "nearest dataset's order": _nearest(without, known, dataset)[subjects],
        OURS: ours.value,
    }
    reached = {"random": _chance(truth)} | {way: _reached(guess, truth) for way, guess in guesses.items()}
    return Target(int(dataset), reached, float(((ours.low <= truth) & (truth <= ours.high)).mean()))


def _nearest(without: Floats, known: About, dataset: int) -> Floats:
    """Scores on the dataset whose description is nearest; of subjects that have none there, by their mean lead."""
    like = np.where(np.isfinite(without).any(axis=0), known.datasets[0, dataset], -np.inf)
    like[dataset] = -np.inf
    nearest = int(like.argmax())
    return np.where(np.isfinite(without[:, nearest]), without[:, nearest], lead(without)[:, nearest])


def _reached(guess: Floats, truth: Floats) -> Reached:
    chosen = choice(guess, truth)
    return Reached(chosen.spearman, 100 * chosen.loss, 100 * float(np.abs(guess - truth).mean()))


def _chance(truth: Floats) -> Reached:
    tried = [choice(at_random(len(truth), seed=seed), truth) for seed in range(DRAWS)]
    return Reached(
        float(np.mean([each.spearman for each in tried])), 100 * float(np.mean([each.loss for each in tried]))
    )


def _section(title: str, targets: list[Target], first: set[int]) -> Section:
    halves = [[each for each in targets if (each.dataset in first) == kept] for kept in (True, False)]
    rows = []
    for way, knows in KNOWS.items():
        of_way = [target.reached[way] for target in targets]
        errors = [one.error for one in of_way if one.error is not None]
        values = shown([one.spearman for one in of_way]), shown([one.loss for one in of_way], digits=1)
        by_half = " / ".join(_mean([each.reached[way].spearman for each in half]) for half in halves)
        rows.append((way, knows, *values, shown(errors, digits=1) if errors else "–", by_half, str(len(of_way))))
    columns = ("way", "knows", "Spearman", "loss", "error", "Spearman, chosen / other half", "datasets")
    return Section(title, DEFINITION, columns, rows, _remarks(targets))


def _remarks(targets: list[Target]) -> list[str]:
    def gains(measure: Callable[[Reached], float]) -> list[float]:
        return [measure(each.reached[OURS]) - measure(each.reached[PEER]) for each in targets]

    spearman, loss = gains(lambda one: one.spearman), gains(lambda one: one.loss)
    return [
        f"{OURS} less {PEER}, paired by dataset: Spearman {shown(spearman)}, ahead on "
        f"{sum(g > 0 for g in spearman)} of {len(targets)} datasets; loss {shown(loss, digits=1)}.",
        f"90% intervals hold {shown([each.held for each in targets])} of the scores of a dataset, mean over datasets; "
        "their width is calibrated on the other datasets.",
    ]


def _mean(values: list[float]) -> str:
    return f"{np.mean(values):.2f}" if values else "–"
