"""Scores that are hidden one by one: what was measured there, from the scores that are left?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.described import Described
from benchmarks.report import Section, shown
from benchmarks.score_matrix import ScoreMatrix, dense, lead, low_rank, means
from benchmarks.unseen_scores import first_half, what_is_known
from taskatlas.analyze.completion.about import About
from taskatlas.analyze.completion.holes import fill
from taskatlas.embed.measure import resampled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SHARE = 0.1
OURS, PEER = "completion", "rank-8 completion"
DEFINITION = (
    "A tenth of the known scores is hidden at random. Error: mean distance of guessed and true scores over the hidden "
    "ones, in points; mean over {seeds} draws. The interval is over datasets, all hidden scores of a dataset together. "
    "Inside and outside: hidden scores inside the dense part, and the others. Half: hidden scores of the datasets on "
    "which settings were chosen, and of the others."
)


@dataclass(frozen=True)
class Hidden:
    """Hidden scores of one draw, n of them: their places, each way's distances in points, whether intervals hold."""

    subjects: Ints
    datasets: Ints
    errors: dict[str, Floats]
    held: npt.NDArray[np.bool_]


def measure(matrix: ScoreMatrix, described: Sequence[Described], *, seeds: int) -> tuple[list[Section], dict[str, Any]]:
    """The section, and the figures of every draw."""
    known = what_is_known(matrix, described)
    draws = [_draw(matrix, known, seed) for seed in range(seeds)]
    every = _joined(draws)
    part = dense(matrix)
    inside = np.isin(every.subjects, [matrix.subjects.index(name) for name in part.subjects])
    inside &= np.isin(every.datasets, [matrix.datasets.index(name) for name in part.datasets])
    chosen = np.isin(every.datasets, first_half(matrix))
    rows = [
        (way, *(_error(each, every.datasets, mask) for mask in (inside | ~inside, inside, ~inside, chosen, ~chosen)))
        for way, each in every.errors.items()
    ]
    columns = ("way", "error", "inside", "outside", "half of the settings", "other half")
    section = Section("Hidden scores", DEFINITION.format(seeds=seeds), columns, rows, _remarks(draws, every, inside))
    return [section], {
        f"draw {seed}": {way: float(errors.mean()) for way, errors in each.errors.items()}
        | {"held": float(each.held.mean())}
        for seed, each in enumerate(draws)
    }


def _draw(matrix: ScoreMatrix, known: About, seed: int) -> Hidden:
    subjects, datasets = np.nonzero(np.isfinite(matrix.shares))
    order = np.random.default_rng(seed).permutation(len(subjects))[: max(1, round(SHARE * len(subjects)))]
    places = subjects[order], datasets[order]
    left, truth = matrix.shares.copy(), matrix.shares[places]
    left[places] = np.nan
    ours = fill(left, known, seed=seed)
    guesses = {
        "dataset's mean": np.tile(means(left), (len(left), 1)),
        "lead": lead(left),
        PEER: low_rank(left),
        OURS: ours.value,
    }
    errors = {way: 100 * np.abs(guess[places] - truth) for way, guess in guesses.items()}
    return Hidden(*places, errors, (ours.low[places] <= truth) & (truth <= ours.high[places]))


def _joined(draws: Sequence[Hidden]) -> Hidden:
    errors = {way: np.concatenate([each.errors[way] for each in draws]) for way in draws[0].errors}
    places = (np.concatenate([getattr(each, name) for each in draws]) for name in ("subjects", "datasets"))
    return Hidden(*places, errors, np.concatenate([each.held for each in draws]))


def _error(errors: Floats, datasets: Ints, mask: npt.NDArray[np.bool_]) -> str:
    """The mean of the errors in a mask, with its bootstrap interval over datasets."""
    if not mask.any():
        return "–"
    _, of = np.unique(datasets[mask], return_inverse=True)
    total, count = np.bincount(of, errors[mask]), np.bincount(of)
    drawn = resampled(lambda rows: float(total[rows].sum() / count[rows].sum()), len(total), resamples=2_000)
    low, high = np.percentile(drawn, (5.0, 95.0))
    return f"{errors[mask].mean():.1f} [{low:.1f}, {high:.1f}]"


def _remarks(draws: Sequence[Hidden], every: Hidden, inside: npt.NDArray[np.bool_]) -> list[str]:
    by_draw = ", ".join(f"{each.errors[OURS].mean():.2f}" for each in draws)
    held = [float(each.held.mean()) for each in draws]
    _, of = np.unique(every.datasets, return_inverse=True)
    gains = (np.bincount(of, every.errors[OURS]) - np.bincount(of, every.errors[PEER])) / np.bincount(of)
    within = f", {every.held[inside].mean():.2f} inside" if inside.any() else ""
    return [
        f"Error of {OURS} by draw: {by_draw}.",
        f"{OURS} less {PEER}, paired by dataset: {shown(gains.tolist(), digits=1)} points; ahead on "
        f"{(gains < 0).sum()} of {len(gains)} datasets.",
        f"90% intervals hold {np.mean(held):.2f} of the hidden scores{within}; by draw "
        f"{', '.join(f'{each:.2f}' for each in held)}. Their width is calibrated on known scores that are hidden in "
        "turn.",
    ]
