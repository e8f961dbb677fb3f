"""Stability: what remains of forecasts, first choices and vectors where only a part of the corpus is answered?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np
import numpy.typing as npt

from taskatlas.analyze.metrics import choice
from taskatlas.stages.questions.row import RANDOM, Measure, Row, Values, Way, rows_of

Floats = npt.NDArray[np.float64]
PARTS: Mapping[str, int] = {"half of the corpus": 2, "a quarter of the corpus": 4}
"""Name of a part → the corpus holds so many times its texts."""
DRAWS = 3
"""Of the texts of a part: a result is the mean over them."""
FEWEST_SUBJECTS = 3
_PART = f"{DRAWS} random draws of a part of the corpus, against the whole of it."
_RANK = Measure(
    "stability",
    "spearman",
    f"Mean over datasets of Spearman's correlation of what students expect of subjects by {_PART}",
)
_FIRST = Measure(
    "stability", "hit_rate", f"Mean over datasets of how often the student's first choice stays the first, by {_PART}"
)
_ERROR = Measure(
    "stability", "error", f"Mean over datasets of the distance of accuracies that students expect by {_PART}", sign=0
)
_COSINE = Measure("stability", "cosine", f"Mean over subjects of the cosine of a subject's vectors by {_PART}")


@dataclass(frozen=True)
class Drawn:
    """What one draw of a part of the corpus says.

    Attributes:
        part: its name.
        expected: dataset → subject → the accuracy that a student of the part expects.
        cosines: method → subject → cosine of its vector by the part with its own, and with the mean other subject's.
    """

    part: str
    expected: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    cosines: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)


def stability_rows(draws: Sequence[Drawn], students: Mapping[tuple[str, str], float]) -> Iterator[Row]:
    """Yield the rows of the question.

    Args:
        draws: what each draw of each part says.
        students: (subject, dataset) → the accuracy that its student of the whole corpus expects.
    """
    ranks: dict[Way, dict[str, float]] = {way: {} for way in map(_way, PARTS)}
    firsts: dict[Way, dict[str, float]] = {way: {} for way in ranks}
    errors: dict[Way, dict[str, float]] = {way: {} for way in ranks}
    chances: dict[str, float] = {}
    for part in PARTS:
        for dataset, pairs in _paired(draws, part, students).items():
            chosen = [choice(by_part, _is_first(whole)) for by_part, whole in pairs]
            ranks[_way(part)][dataset] = fmean(choice(*pair).spearman for pair in pairs)
            firsts[_way(part)][dataset] = fmean(each.pick for each in chosen)
            errors[_way(part)][dataset] = fmean(float(np.abs(one - other).mean()) for one, other in pairs)
            chances[dataset] = chosen[0].mean
    yield from rows_of(_RANK, {**ranks, RANDOM: dict.fromkeys(chances, 0.0)})
    yield from rows_of(_FIRST, {**firsts, RANDOM: chances})
    yield from rows_of(_ERROR, errors)
    for of_method in _cosines(draws).values():
        yield from rows_of(_COSINE, of_method)


def _paired(
    draws: Sequence[Drawn], part: str, students: Mapping[tuple[str, str], float]
) -> dict[str, list[tuple[Floats, Floats]]]:
    """Dataset → per draw what is expected of its subjects by the part and by the whole, float64 [P] each."""
    paired: dict[str, list[tuple[Floats, Floats]]] = {}
    for each in draws:
        for dataset, expected in each.expected.items() if each.part == part else ():
            both = [(value, students[subject, dataset]) for subject, value in expected.items()]
            if len(both) >= FEWEST_SUBJECTS:
                by_part, whole = np.array(both, np.float64).T
                paired.setdefault(dataset, []).append((by_part, whole))
    return paired


def _is_first(values: Floats) -> Floats:
    """Return 1 for the highest of values, and for those equal to it; 0 for others."""
    return np.asarray(values >= values.max() - 1e-12, np.float64)


def _cosines(draws: Sequence[Drawn]) -> dict[str, dict[Way, Values]]:
    """Method → a way per part; and, for these to be held against, how alike another subject's vector is."""
    found: dict[str, dict[Way, dict[str, list[float]]]] = {}
    for each in draws:
        for method, of_method in each.cosines.items():
            by_way = found.setdefault(method, {})
            other = Way(f"{method}, another subject", "none", "none", is_baseline=True)
            for subject, (own, others) in of_method.items():
                by_way.setdefault(Way(f"{method}, {each.part}", "none", "none"), {}).setdefault(subject, []).append(own)
                by_way.setdefault(other, {}).setdefault(subject, []).append(others)
    return {
        method: {way: {subject: fmean(values) for subject, values in of.items()} for way, of in by_way.items()}
        for method, by_way in found.items()
    }


def _way(part: str) -> Way:
    return Way(f"student alone, {part}", "train split", "none")
