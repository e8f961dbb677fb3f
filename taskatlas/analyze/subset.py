"""Choose few datasets that rank subjects as all datasets do, and say how well they do.

A dataset stands for another where subjects that lead on the one lead on the other. So the choice sees the scores as
correlations between datasets, and takes the datasets whose mean goes best together with the mean of all: greedily, then
exchanging one for another while that helps. MMTEB (Enevoldsen et al. 2025, arXiv 2502.13595, section 2) goes the other
way, and drops the dataset that the others predict best.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taskatlas.analyze.completion.scale import PRIOR_SCORES, SMALLEST
from taskatlas.embed.measure import spearman
from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FEWEST_DATASETS = 3
"""Of two datasets, either stands for the other."""
FEWEST_SUBJECTS = 8
"""Half of the subjects are ranked while the other half chooses: of fewer than four a ranking says nothing."""
PRIOR_SUBJECTS = 30.0
"""A correlation counts as much as what is expected of it after so many subjects."""
SPLITS, DRAWS = 10, 50
"""How often the subjects are cut in halves, and random subsets that are drawn for each half."""
_PERCENTILES = (5.0, 95.0)
_TINY = 1e-9


@dataclass(frozen=True)
class OverHalves:
    """Rank correlations of several halves: their mean, and between which values 90% of them lie."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Agreement:
    """How datasets that half of the subjects chose rank the other half: Spearman with the ranking by all datasets.

    Attributes:
        chosen: of the datasets that were chosen.
        random: of as many random ones.
        count: how many were chosen of `datasets`.
        datasets: that every ranked subject has a score on.
    """

    chosen: OverHalves
    random: OverHalves
    count: int
    datasets: int


@dataclass(frozen=True)
class Subset:
    """Datasets that stand for others, as columns of the matrix of scores.

    Attributes:
        chosen: k columns; each adds most to those before it.
        stands_for: chosen column → the other columns that go together with it most.
        datasets: all columns that were compared.
        subjects: rows whose scores were used.
        agreement: what the choice is worth; None where too few subjects have all scores to tell.
    """

    chosen: tuple[int, ...]
    stands_for: dict[int, tuple[int, ...]]
    datasets: tuple[int, ...]
    subjects: tuple[int, ...]
    agreement: Agreement | None


def subset(scores: npt.ArrayLike, k: int, similarity: npt.ArrayLike | None = None) -> Subset:
    """Choose k datasets that stand for the others.

    Without similarities, the subjects and datasets count that have all scores of each other; with them, so do datasets
    with holes.

    Args:
        scores: of S subjects on D datasets in one metric, float [S, D]; NaN where none is known.
        k: datasets to choose, fewer than are compared.
        similarity: of all pairs of datasets by their vectors, float [D, D]; NaN where one has no vector.

    Raises:
        InputError: no matrix, or too few datasets, too many to choose, or too few subjects that have all scores.
    """
    values = np.asarray(scores, np.float64)
    if values.ndim != 2 or np.isinf(values).any():
        raise InputError(f"scores of shape {list(values.shape)} are not finite [subjects, datasets]")
    rows, columns = complete(np.isfinite(values))
    has_vector = np.zeros(values.shape[1], np.bool_)
    if similarity is not None:
        has_vector = np.isfinite(np.diag(np.asarray(similarity, np.float64)))
    enough = len(rows) >= FEWEST_SUBJECTS and len(columns) >= FEWEST_DATASETS
    if enough:
        datasets = np.union1d(columns, np.flatnonzero(has_vector))
    else:
        datasets = np.flatnonzero(has_vector)
        _require_vectors(values, rows, columns, datasets)
        rows = np.flatnonzero(np.isfinite(values[:, datasets]).any(axis=1))
    _require_choice(k, len(datasets))
    alike = None if similarity is None else np.asarray(similarity, np.float64)[np.ix_(datasets, datasets)]
    correlation, spread = correlations(values[np.ix_(rows, datasets)], alike)
    places = choose(correlation, spread, k)
    told = _agreement(values[np.ix_(rows, columns)], k, len(datasets)) if enough else None
    chosen = [int(datasets[place]) for place in places]
    return Subset(
        tuple(chosen),
        {
            int(datasets[place]): tuple(datasets[list(others)].tolist())
            for place, others in _stand_for(correlation, places).items()
        },
        tuple(datasets.tolist()),
        tuple(rows.tolist()),
        told,
    )


def complete(known: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return rows and columns between which everything is known: whichever has most holes, as a share, is left out
    first.

    >>> [found.tolist() for found in complete(np.array([[True, True], [True, True], [True, False]]))]
    [[0, 1], [0, 1]]

    Args:
        known: bool [S, D].
    """
    rows, columns = np.ones(known.shape[0], np.bool_), np.ones(known.shape[1], np.bool_)
    of_rows, of_columns = (~known).sum(axis=1), (~known).sum(axis=0)
    while rows.any() and columns.any():
        row, column = int(np.where(rows, of_rows, -1).argmax()), int(np.where(columns, of_columns, -1).argmax())
        if not of_rows[row]:
            break
        if of_rows[row] / columns.sum() >= of_columns[column] / rows.sum():
            rows[row] = False
            of_columns = of_columns - ~known[row]
            of_rows[row] = 0
        else:
            columns[column] = False
            of_rows = of_rows - ~known[:, column]
            of_columns[column] = 0
    return np.flatnonzero(rows), np.flatnonzero(columns)


def correlations(scores: Floats, similarity: Floats | None = None) -> tuple[Floats, Floats]:
    """Return how the scores on datasets go together, float64 [D, D], and how far subjects differ on each, float64 [D].

    A correlation is the mean of Pearson's, which a mean of scores follows, and Spearman's, which one broken subject
    does not decide. It is drawn to what is expected of it: what the similarity of two datasets says in this matrix, or
    the mean of all correlations.

    Args:
        scores: float64 [S, D]; NaN where none is known.
        similarity: of all pairs of datasets, float64 [D, D]; NaN where nothing is known.
    """
    from scipy.stats import rankdata

    ranks = rankdata(scores, axis=0, nan_policy="omit")
    found, both = _pairwise(scores)
    found = (found + _pairwise(ranks)[0]) / 2
    weight = both / (both + PRIOR_SUBJECTS)
    drawn = weight * found + (1 - weight) * _expected(found, both, similarity)
    np.fill_diagonal(drawn, 1.0)
    return _without_negative(drawn), _spread(scores)


def choose(correlation: Floats, spread: Floats, k: int) -> list[int]:
    """Return the k datasets whose mean score goes best together with the mean of all, each adding most to those before.

    Args:
        correlation: between datasets, float64 [D, D].
        spread: standard deviation of the scores on each, float64 [D].
        k: how many.
    """
    covariance = correlation * np.outer(spread, spread)
    chosen: list[int] = []
    for _ in range(k):
        chosen.append(_best_beside(covariance, chosen)[0])
    reached = _with_all(covariance, chosen)
    while True:
        rests = [chosen[:at] + chosen[at + 1 :] for at in range(k)]
        (other, value), rest = max(
            ((_best_beside(covariance, rest), rest) for rest in rests), key=lambda found: found[0][1]
        )
        if value <= reached * (1 + _TINY):
            return _in_order(covariance, chosen)
        chosen, reached = [*rest, other], value


def _in_order(covariance: Floats, chosen: list[int]) -> list[int]:
    ordered: list[int] = []
    while len(ordered) < len(chosen):
        left = [each for each in chosen if each not in ordered]
        ordered.append(max(left, key=lambda each: _with_all(covariance, [*ordered, each])))
    return ordered


def _with_all(covariance: Floats, chosen: list[int]) -> float:
    """Return how the mean of the chosen goes together with that of all: their correlation, but for a constant."""
    own = covariance[np.ix_(chosen, chosen)].sum()
    return float(covariance[chosen].sum() / np.sqrt(max(own, _TINY)))


def _best_beside(covariance: Floats, chosen: list[int]) -> tuple[int, float]:
    """Return which dataset adds most to the chosen, and what `_with_all` is then."""
    shared = covariance[chosen].sum() + covariance.sum(axis=1)
    own = covariance[np.ix_(chosen, chosen)].sum() + 2 * covariance[chosen].sum(axis=0) + np.diag(covariance)
    values = shared / np.sqrt(np.maximum(own, _TINY))
    values[chosen] = -np.inf
    best = int(values.argmax())
    return best, float(values[best])


def _pairwise(values: Floats) -> tuple[Floats, Floats]:
    """Return Pearson's correlation of all columns over the rows that both know, 0 where one is constant there, and how
    many rows those are; float64 [D, D] each."""
    known = np.isfinite(values).astype(np.float64)
    with_any = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known > 0, values - np.where(known > 0, values, 0.0).sum(axis=0) / with_any, 0.0)
    both = known.T @ known
    n = np.maximum(both, 1)
    sums, squares = centred.T @ known, (centred**2).T @ known
    variance = np.maximum(squares / n - (sums / n) ** 2, 0.0)
    shared = centred.T @ centred / n - sums / n * (sums / n).T
    scale = np.sqrt(variance * variance.T)
    return np.clip(np.where(scale > _TINY**2, shared / np.maximum(scale, _TINY**2), 0.0), -1.0, 1.0), both


def _expected(found: Floats, both: Floats, similarity: Floats | None) -> Floats:
    """Return what is expected of correlations float64 [D, D] before a score is known."""
    pairs = ~np.eye(len(found), dtype=np.bool_) & (both >= FEWEST_DATASETS)
    weight = np.where(pairs, both, 0.0)
    mean = float((weight * found).sum() / max(weight.sum(), 1.0))
    usual = np.full_like(found, mean)
    if similarity is None:
        return usual
    alike = np.isfinite(similarity)
    cosine = np.where(alike, similarity, 0.0)
    if not (weight * alike).any():
        return np.where(alike, cosine, usual)
    inside = weight * alike / (weight * alike).sum()
    centre, level = (inside * cosine).sum(), (inside * found).sum()
    varies = (inside * (cosine - centre) ** 2).sum()
    slope = max((inside * (cosine - centre) * (found - level)).sum() / max(varies, _TINY), 0.0)
    expected: Floats = np.where(alike, np.clip(level + slope * (cosine - centre), -1.0, 1.0), usual)
    return expected


def _spread(scores: Floats) -> Floats:
    """Return the standard deviations of scores, drawn to the median one where a dataset has few; float64 [D]."""
    known = np.isfinite(scores)
    n = known.sum(axis=0)
    filled = np.where(known, scores, 0.0)
    centre = filled.sum(axis=0) / np.maximum(n, 1)
    variance = (np.where(known, scores - centre, 0.0) ** 2).sum(axis=0) / np.maximum(n - 1, 1)
    usual = float(np.median(variance[n > 1])) if (n > 1).any() else 1.0
    drawn: Floats = np.sqrt((n * variance + PRIOR_SCORES * usual) / (n + PRIOR_SCORES))
    return np.maximum(drawn, SMALLEST)


def _without_negative(correlation: Floats) -> Floats:
    """Return the matrix without negative eigenvalues, which correlations of different rows may have, and 1 on its
    diagonal."""
    values, axes = np.linalg.eigh((correlation + correlation.T) / 2)
    mended = (axes * np.maximum(values, _TINY)) @ axes.T
    scale = np.sqrt(np.diag(mended))
    return np.asarray(mended / np.outer(scale, scale), np.float64)


def _stand_for(correlation: Floats, chosen: list[int]) -> dict[int, tuple[int, ...]]:
    """Return of each chosen dataset the others that go together with it most, the nearest first."""
    nearest = correlation[chosen].argmax(axis=0)
    found = {}
    for place, each in enumerate(chosen):
        others = [other for other in np.flatnonzero(nearest == place).tolist() if other not in chosen]
        found[each] = tuple(sorted(others, key=lambda other, of=each: -correlation[of, other]))  # type: ignore[misc]
    return found


def _agreement(scores: Floats, k: int, compared: int) -> Agreement:
    """Return what a choice of that share of datasets is worth, from scores float64 [S, D] without holes."""
    subjects, datasets = scores.shape
    count = min(max(round(k * datasets / compared), 1), datasets - 1)
    random, chosen, drawn = np.random.default_rng(0), [], []
    for half, other in _halves(random, subjects):
        correlation, spread = correlations(scores[half])
        truth = scores[other].mean(axis=1)

        def ranked(columns: list[int], other: Ints = other, truth: Floats = truth) -> float:
            return spearman(scores[other][:, columns].mean(axis=1), truth)

        chosen.append(ranked(choose(correlation, spread, count)))
        drawn += [ranked(random.choice(datasets, count, replace=False).tolist()) for _ in range(DRAWS)]
    return Agreement(_over_halves(chosen), _over_halves(drawn), count, datasets)


def _halves(random: np.random.Generator, subjects: int) -> Iterator[tuple[Ints, Ints]]:
    for _ in range(SPLITS):
        order = random.permutation(subjects)
        halves = order[: subjects // 2], order[subjects // 2 :]
        yield halves
        yield halves[::-1]


def _over_halves(values: list[float]) -> OverHalves:
    low, high = np.percentile(values, _PERCENTILES)
    return OverHalves(float(np.mean(values)), float(low), float(high))


def _require_vectors(values: Floats, rows: Ints, columns: Ints, datasets: Ints) -> None:
    """Hold datasets without enough common scores to have vectors by which they can be compared."""
    if values.shape[1] < FEWEST_DATASETS:
        what = f"scores on {values.shape[1]} datasets, of which none can stand for others"
        raise InputError(what, todo=f"give scores on {FEWEST_DATASETS} datasets or more")
    if len(datasets) < FEWEST_DATASETS:
        what = f"only {len(rows)} subjects have all scores of each other, on {len(columns)} datasets"
        todo = f"give scores of {FEWEST_SUBJECTS} subjects or more on the same {FEWEST_DATASETS} datasets or more"
        raise InputError(what, todo=todo)


def _require_choice(k: int, datasets: int) -> None:
    if not 0 < k < datasets:
        what = f"{k} of {datasets} datasets that can be compared is no choice"
        raise InputError(what, where="-k", todo=f"give a number from 1 to {datasets - 1}")
