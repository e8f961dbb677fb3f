"""Siblings: is a dataset's nearest dataset of its own family?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from taskatlas.analyze.metrics import siblings
from taskatlas.analyze.similarity import cosines
from taskatlas.stages.questions.row import RANDOM, Measure, Row, Values, Way, rows_of
from taskatlas.stages.questions.vectors import Vectors, labels_seen

_HIT = Measure(
    "siblings", "hit_rate", "Share of datasets with a sibling whose nearest dataset is of their family."
)  # fmt: skip


def sibling_rows(spaces: Sequence[Vectors], families: dict[str, str]) -> Iterator[Row]:
    """Yield the rows of the question.

    Args:
        spaces: the datasets' vectors in each space.
        families: dataset → its family.
    """
    reached: dict[Way, Values] = {}
    chances: dict[str, float] = {}
    for space in spaces:
        of = [families[name] for name in space.names]
        nearest = siblings(cosines(space.vectors), of)
        hits = {space.names[place]: float(of[place] == of[other]) for place, other in nearest.items()}
        reached[Way(space.method, labels_seen(space.method), "none")] = hits
        chances |= {space.names[place]: (of.count(of[place]) - 1) / (len(of) - 1) for place in nearest}
    yield from rows_of(_HIT, {**reached, RANDOM: chances})
