"""Siblings: is a dataset's nearest dataset of its own family? Asked with the names of labels, and with them hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from taskatlas.analyze.metrics import sibling_shares, siblings
from taskatlas.analyze.similarity import Floats, cosines
from taskatlas.embed.basis import Array
from taskatlas.stages.questions.row import RANDOM, Measure, Row, Values, Way, rows_of
from taskatlas.stages.questions.vectors import Vectors, labels_seen
from taskatlas.transfer.classes import LabelForm, form_closeness, scatter_cosines
from taskatlas.transfer.likeness import centred_cosines

_HIT = "Share of datasets with a sibling whose nearest dataset is of their family"
_NAMED = Measure("siblings", "hit_rate", f"{_HIT}.")
_HIDDEN = Measure(
    "siblings_hidden",
    "hit_rate",
    f"{_HIT}, names of labels and their order not looked at; of several that are equally near, the share that is. "
    "Form: how many classes there are, and whether texts are pairs.",
)


class Nameless(NamedTuple):
    """What is seen of a dataset without the names of its labels.

    Attributes:
        name: of the dataset.
        about: the mean of its texts in the surrogate, float32 [d].
        scatter: as `taskatlas.transfer.classes.class_scatter` gives it, float32 [L, d, C].
        form: of its labels.
    """

    name: str
    about: Array
    scatter: Array
    form: LabelForm


def sibling_rows(spaces: Sequence[Vectors], families: dict[str, str]) -> Iterator[Row]:
    """Yield the rows of the question siblings.

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
        chances |= _chances(space.names, of)
    yield from rows_of(_NAMED, {**reached, RANDOM: chances})


def hidden_rows(datasets: Sequence[Nameless], families: dict[str, str]) -> Iterator[Row]:
    """Yield the rows of the question siblings_hidden.

    Args:
        datasets: what is seen of each without the names of its labels.
        families: dataset → its family.
    """
    if len(datasets) < 2:
        return
    names = [dataset.name for dataset in datasets]
    of = [families[name] for name in names]
    reached: dict[Way, Values] = {
        way: {names[place]: share for place, share in sibling_shares(similarity, of).items()}
        for way, similarity in _similarities(datasets).items()
    }
    yield from rows_of(_HIDDEN, {**reached, RANDOM: _chances(names, of)})


def _similarities(datasets: Sequence[Nameless]) -> dict[Way, Floats]:
    """How alike all pairs of N datasets are, float64 [N, N] by way."""
    form = form_closeness([dataset.form for dataset in datasets])
    scatter = scatter_cosines([dataset.scatter for dataset in datasets])
    about = centred_cosines(np.stack([dataset.about for dataset in datasets]))
    return {
        Way("class scatter + form", "train split, names hidden", "none"): np.asarray(scatter + form),
        Way("class scatter", "train split, names hidden", "none"): np.asarray(scatter),
        Way("text + form", "how many classes", "none", is_baseline=True): np.asarray(about + form),
        Way("form", "how many classes", "none", is_baseline=True): np.asarray(form),
    }


def _chances(names: Sequence[str], families: Sequence[str]) -> dict[str, float]:
    """Dataset that has a sibling → the share of the others that are one."""
    counted = {family: families.count(family) for family in families}
    return {
        name: (counted[family] - 1) / (len(families) - 1)
        for name, family in zip(names, families, strict=True)
        if counted[family] > 1
    }
