"""The ways of choosing that are held against each other, and what they reach on a target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.case import Case, Floats
from benchmarks.report import Section, shown
from taskatlas.analyze import selection
from taskatlas.analyze.elsewhere import mean_elsewhere, nearest_elsewhere
from taskatlas.analyze.metrics import choice, sign_flip
from taskatlas.analyze.similarity import cosines
from taskatlas.forecast.left_out import Forecasts, forecast_left_out

TRIES = (8, 16, 64, 128, 256)
OURS, STUDENT = "forecast", "student forecast"
FAIR = 64
"""Labels up to which trying is a baseline."""
DRAWS = 20
DEFINITION = (
    "Spearman: rank correlation of guessed and true accuracy over the subjects of a target. Loss: true accuracy of the "
    "best subject less that of the one with the highest guess, in points. Error: mean distance of guessed and true "
    "accuracy, in points. True: on the target's test texts. Means over targets with 90% bootstrap intervals over them. "
    "Lead: Spearman less that of the best baseline on the same targets, with the two-sided p-value of a sign-flip test."
    " Baselines are all ways but ours (forecast, student, cosine), oracle, and those that use more than 64 labels with "
    "calls. Forecast: as a run publishes it, the student's corrected by what the scores on the other targets teach."
)


@dataclass(frozen=True)
class Reached:
    """What one way reached on one target; error is None where it guesses no accuracy. Loss and error in points."""

    spearman: float
    loss: float
    error: float | None = None


def forecasts(cases: Sequence[Case]) -> dict[str, Forecasts]:
    """The corrected forecasts of each case's subjects, by target; fitted on the other cases."""
    scores = {case.target: dict(zip(case.subjects, case.truth.tolist(), strict=True)) for case in cases}
    return forecast_left_out([case.indications for case in cases], scores)


def reach(case: Case, others: Sequence[Case], forecast: Forecasts) -> dict[str, Reached]:
    """What every way reaches on a case, by way; what was measured elsewhere was on the others."""
    p = case.answers
    reached = {OURS: _reached(forecast.values, case.truth, accuracy=True)}
    reached[STUDENT] = _reached([f.value for f in case.forecasts], case.truth, accuracy=True)
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
    found = forecasts(cases)
    return [reach(case, [other for other in cases if other is not case], found[case.target]) for case in cases]


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
    everywhere = [way for way in reached[0] if _is_baseline(way) and all(way in one for one in reached)]
    best = max(everywhere, key=lambda way: np.mean([one[way].spearman for one in reached]))
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
    return not way.startswith((OURS, "student", "cosine", "oracle")) and labels <= FAIR


def _lead(way: str, best: str, reached: Sequence[dict[str, Reached]]) -> str:
    leads = [one[way].spearman - one[best].spearman for one in reached if way in one and best in one]
    return "–" if way == best else f"{np.mean(leads):+.2f} (p {sign_flip(leads):.3f})"


def per_target(title: str, cases: Sequence[Case]) -> Section:
    """The forecasts target by target, beside the student's and trying on 64 labels."""
    rows, found = [], forecasts(cases)
    for case, reached in zip(cases, reach_all(cases), strict=True):
        ours, student, tried = (reached[way] for way in (OURS, STUDENT, f"trying on {FAIR} labels"))
        span = f"{case.truth.min():.2f} – {case.truth.mean():.2f} – {case.truth.max():.2f}"
        fidelity = f"{np.mean([f.fidelity for f in case.forecasts]):.2f}"
        seen = "yes" if case.seen else "no"
        held = f"{_held(found[case.target], case.truth):.2f}"
        rows.append(
            (case.target, str(len(case.truth)), span, fidelity, seen, *map(_three, (ours, student, tried)), held)
        )
    columns = ("target", "subjects", "accuracy: worst – mean – best", "fidelity", "labels seen")
    columns += (OURS, STUDENT, "trying on 64", "coverage")
    about = (
        "Spearman / loss / error by target, and the share of true accuracies within the forecasts' 90% intervals. "
        "Labels seen: whether a student of them tells them better than chance; else a run publishes no forecast."
    )
    return Section(title, about, columns, rows)


def _three(reached: Reached) -> str:
    return f"{reached.spearman:.2f} / {reached.loss:.1f} / {reached.error:.1f}"


def _remarks(cases: Sequence[Case], reached: list[dict[str, Reached]]) -> list[str]:
    found = forecasts(cases)
    held = [_held(found[case.target], case.truth) for case in cases]
    width = float(np.mean([np.mean(each.high - each.low) for each in found.values()]))
    remarks = [
        f"{way.capitalize()} less trying on 64 labels, {what}, paired by target: {shown(gains, digits=digits)}; ahead "
        f"on {ahead} of {len(gains)} targets."
        for way in (OURS, STUDENT)
        for what, gains, ahead, digits in _gains(way, reached)
    ]
    remarks.append(
        f"90% intervals of the forecasts hold the true accuracy in {shown(held)} of cases, of each target in "
        f"{min(held):.2f} or more. Mean width {100 * width:.0f} points."
    )
    return [*remarks, *_unseen(cases, reached)]


def _gains(way: str, reached: Sequence[dict[str, Reached]]) -> Iterator[tuple[str, list[float], int, int]]:
    """What is compared, how much more it is by target, on how many the way is ahead, and digits."""
    pairs = [(one[way], one[f"trying on {FAIR} labels"]) for one in reached]
    more = [ours.spearman - theirs.spearman for ours, theirs in pairs]
    yield "Spearman", more, sum(gain > 0 for gain in more), 2
    more = [ours.loss - theirs.loss for ours, theirs in pairs]
    yield "loss", more, sum(gain < 0 for gain in more), 1


def _unseen(cases: Sequence[Case], reached: Sequence[dict[str, Reached]]) -> list[str]:
    """What a run says nothing of, as the surrogate sees nothing of the target's labels."""
    errors: dict[bool, list[float]] = {False: [], True: []}
    for case, one in zip(cases, reached, strict=True):
        errors[case.seen].append(one[OURS].error or 0.0)
    if not errors[False]:
        return []
    names = ", ".join(case.target for case in cases if not case.seen)
    count = sum(len(case.subjects) for case in cases if not case.seen)
    return [
        f"The surrogate sees nothing of the labels of {names}: a run publishes none of these {count} forecasts, off by "
        f"{np.mean(errors[False]):.1f} points where the others are off by {np.mean(errors[True]):.1f}."
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
    return (many, "0") if way.startswith((OURS, "student", "cosine", "nearest")) else ("0", many)


def _held(of: Forecasts, truth: Floats) -> float:
    return float(np.mean((of.low <= truth) & (truth <= of.high)))


def _reached(guess: npt.ArrayLike, truth: Floats, *, accuracy: bool = False) -> Reached:
    chosen = choice(guess, truth)
    error = 100 * float(np.abs(np.asarray(guess) - truth).mean()) if accuracy else None
    return Reached(chosen.spearman, 100 * chosen.loss, error)


def _mean(tries: list[Reached]) -> Reached:
    errors = [one.error for one in tries if one.error is not None]
    spearman, loss = np.mean([one.spearman for one in tries]), np.mean([one.loss for one in tries])
    return Reached(float(spearman), float(loss), float(np.mean(errors)) if errors else None)
