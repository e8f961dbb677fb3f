"""The ways of choosing that are held against each other, and what they reach on a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.case import Case, Floats
from benchmarks.report import Section, shown
from taskatlas.analyze import selection
from taskatlas.analyze.elsewhere import mean_elsewhere, nearest_elsewhere
from taskatlas.analyze.metrics import choice, sign_flip
from taskatlas.analyze.similarity import cosines
from taskatlas.embed.interval import ForecastResult, calibrate, widened

TRIES = (8, 16, 64, 128, 256)
FAIR = 64
"""Labels up to which trying is a baseline."""
DRAWS = 20
DEFINITION = (
    "Spearman: rank correlation of guessed and true accuracy over the subjects of a target. Loss: true accuracy of the "
    "best subject less that of the one with the highest guess, in points. Error: mean distance of guessed and true "
    "accuracy, in points. True: on the target's test texts. Means over targets with 90% bootstrap intervals over them. "
    "Lead: Spearman less that of the best baseline on the same targets, with the two-sided p-value of a sign-flip test."
    " Baselines are all ways but ours (student, cosine), oracle, and those that use more than 64 labels with calls."
)


@dataclass(frozen=True)
class Reached:
    """What one way reached on one target; error is None where it guesses no accuracy. Loss and error in points."""

    spearman: float
    loss: float
    error: float | None = None


def reach(case: Case, others: Sequence[Case] = ()) -> dict[str, Reached]:
    """What every way reaches on a case, by way; what was measured elsewhere was on the others."""
    p = case.answers
    reached = {"student forecast": _reached([f.value for f in case.forecasts], case.truth, accuracy=True)}
    reached |= {f"cosine, {name}": _reached(values, case.truth) for name, values in case.cosines.items()}
    reached |= {name: _reached(guess, case.truth) for name, guess in _elsewhere(case, others).items()}
    reached |= {name: _reached(way(p), case.truth) for name, way in selection.UNLABELLED.items()}
    for k in (k for k in TRIES if k < len(case.labels)):
        tried = [selection.trying(p, case.labels, k, seed=seed) for seed in range(DRAWS)]
        reached[f"trying on {k} labels"] = _mean([_reached(guess, case.truth, accuracy=True) for guess in tried])
    if len(case.labels) > FAIR:
        lengths = [selection.codelength(p, case.labels, FAIR, seed=seed) for seed in range(DRAWS)]
        reached[f"codelength of {FAIR} labels"] = _mean([_reached(guess, case.truth) for guess in lengths])
    guesses = [selection.at_random(len(case.truth), seed=seed) for seed in range(DRAWS * 10)]
    reached["random"] = _mean([_reached(guess, case.truth) for guess in guesses])
    reached["oracle"] = _reached(case.truth, case.truth, accuracy=True)
    return reached


def reach_all(cases: Sequence[Case]) -> list[dict[str, Reached]]:
    """What every way reaches on each of the cases, the others of which are elsewhere."""
    return [reach(case, [other for other in cases if other is not case]) for case in cases]


def _elsewhere(case: Case, others: Sequence[Case]) -> dict[str, Floats]:
    """What scores on the other cases guess of the subjects, where all of them were measured there."""
    known = [dict(zip(other.subjects, other.truth, strict=True)) for other in others]
    scores = np.array([[of.get(name, np.nan) for of in known] for name in case.subjects])
    guesses = {"mean elsewhere": mean_elsewhere(scores)}
    for space, vector in case.vectors.items() if others else ():
        near = cosines(vector[None], np.stack([other.vectors[space] for other in others]))[0]
        guesses[f"nearest target's best, {space}"] = nearest_elsewhere(scores, near)
    return {name: guess for name, guess in guesses.items() if np.isfinite(guess).all()}


def section(title: str, cases: Sequence[Case], about: str) -> Section:
    """The table of all ways over the cases."""
    reached = reach_all(cases)
    best = max(filter(_is_baseline, reached[0]), key=lambda way: np.mean([one[way].spearman for one in reached]))
    rows = []
    for way in reached[0]:
        of_way = [one[way] for one in reached if way in one]
        errors = [one.error for one in of_way if one.error is not None]
        error = shown(errors, digits=1) if errors else "–"
        labels, calls = _sees(way, cases)
        values = (shown([one.spearman for one in of_way]), shown([one.loss for one in of_way], digits=1), error)
        rows.append((way, labels, calls, *values, _lead(way, best, reached), str(len(of_way))))
    columns = ("way", "labels used", "calls used", "Spearman", "loss", "error", f"lead over {best}", "targets")
    return Section(title, f"{about} {DEFINITION}", columns, rows, _remarks(cases, reached))


def _is_baseline(way: str) -> bool:
    labels = int(way.split()[2]) if way.startswith(("trying", "codelength")) else 0
    return not way.startswith(("student", "cosine", "oracle")) and labels <= FAIR


def _lead(way: str, best: str, reached: Sequence[dict[str, Reached]]) -> str:
    leads = [one[way].spearman - one[best].spearman for one in reached if way in one and best in one]
    return "–" if way == best else f"{np.mean(leads):+.2f} (p {sign_flip(leads):.3f})"


def per_target(title: str, cases: Sequence[Case]) -> Section:
    """The student's forecasts target by target, beside trying on 64 labels."""
    rows = []
    for case in cases:
        reached, truth = reach(case), case.truth
        student, tried = reached["student forecast"], reached["trying on 64 labels"]
        fidelity = np.mean([f.fidelity for f in case.forecasts])
        span = f"{truth.min():.2f} – {truth.mean():.2f} – {truth.max():.2f}"
        ours = (f"{student.spearman:.2f}", f"{student.loss:.1f}", f"{student.error:.1f}")
        rows.append((case.target, str(len(truth)), span, f"{fidelity:.2f}", *ours, f"{tried.spearman:.2f}"))
    columns = ("target", "subjects", "accuracy: worst – mean – best", "fidelity")
    columns += ("Spearman", "loss", "error", "Spearman, trying 64")
    return Section(title, "Student forecast, target by target.", columns, rows)


def coverage(cases: Sequence[Case]) -> tuple[list[float], list[float]]:
    """Per case, the share of true accuracies within forecast intervals: as given, and calibrated on all other cases."""
    plain, calibrated = [], []
    for case in cases:
        others = [
            pair for other in cases if other is not case for pair in zip(other.forecasts, other.truth, strict=True)
        ]
        factor = calibrate(others)
        plain.append(_held(case.forecasts, case.truth))
        calibrated.append(_held([widened(each, factor) for each in case.forecasts], case.truth))
    return plain, calibrated


def _remarks(cases: Sequence[Case], reached: list[dict[str, Reached]]) -> list[str]:
    gains = [one["student forecast"].spearman - one["trying on 64 labels"].spearman for one in reached]
    plain, calibrated = coverage(cases)
    widths = [f.high - f.low for case in cases for f in case.forecasts]
    return [
        f"Student forecast less trying on 64 labels, Spearman, paired by target: {shown(gains)}; ahead on "
        f"{sum(gain > 0 for gain in gains)} of {len(gains)} targets.",
        f"90% intervals of the forecasts hold the true accuracy in {shown(plain)} of cases; calibrated on the other "
        f"targets (split conformal), in {shown(calibrated)}. Mean width {100 * float(np.mean(widths)):.0f} points.",
    ]


def _sees(way: str, cases: Sequence[Case]) -> tuple[str, str]:
    n = [len(case.labels) for case in cases]
    many = str(max(n)) if min(n) == max(n) else f"{min(n)}–{max(n)}"
    if way.startswith(("trying", "codelength")):
        return way.split()[2], way.split()[2]
    if way in ("random", "mean elsewhere"):
        return "0", "0"
    if way == "oracle":
        return "of the test", "of the test"
    return (many, "0") if way.startswith(("student", "cosine", "nearest")) else ("0", many)


def _held(forecasts: Sequence[ForecastResult], truth: Floats) -> float:
    return float(np.mean([f.low <= true <= f.high for f, true in zip(forecasts, truth, strict=True)]))


def _reached(guess: npt.ArrayLike, truth: Floats, *, accuracy: bool = False) -> Reached:
    chosen = choice(guess, truth)
    error = 100 * float(np.abs(np.asarray(guess) - truth).mean()) if accuracy else None
    return Reached(chosen.spearman, 100 * chosen.loss, error)


def _mean(tries: list[Reached]) -> Reached:
    errors = [one.error for one in tries if one.error is not None]
    spearman, loss = np.mean([one.spearman for one in tries]), np.mean([one.loss for one in tries])
    return Reached(float(spearman), float(loss), float(np.mean(errors)) if errors else None)
