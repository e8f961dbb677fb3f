"""Which datasets of a release texts of one's own are near to, embedded as a dataset is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from taskatlas.advice.advice import NEAREST
from taskatlas.advice.released import OwnSpace
from taskatlas.advice.texts import OwnTexts
from taskatlas.analyze.similarity import cosines
from taskatlas.embed.basis import Array
from taskatlas.embed.method import last_layer
from taskatlas.embed.outputs import Outputs, from_labels
from taskatlas.errors import InputError

NEIGHBORS = 5
USUAL = 5.0
"""Percentile of the project's own nearest similarities below which a similarity is called low."""
FEWEST_USUAL = 4
BLIND = "text"
"""The method that needs no labels."""


def similarities(
    own: OwnTexts, spaces: Mapping[str, OwnSpace], texts: Array, classes: Array
) -> dict[str, dict[str, float]]:
    """Cosine of the texts and every dataset, by method and dataset; by text alone without labels.

    Args:
        own: n texts.
        spaces: of the release, by method.
        texts: features of the texts, float32 [n, L, d].
        classes: features of `own.classes`, [C, L, d].
    """
    found = {}
    for method, space in spaces.items():
        if own.labels is not None or method == BLIND:
            similar = cosines(_vector(own, space, texts, classes)[None], space.vectors)[0]
            found[method] = dict(zip(space.datasets, similar.tolist(), strict=True))
    return found


def nearest(similar: Mapping[str, Mapping[str, float]]) -> pa.Table:
    """The nearest few datasets of `similarities`; rows as NEAREST says."""
    rows = [
        {"method": method, "neighbor_kind": "dataset", "neighbor": name, "similarity": found[name], "rank": rank}
        for method, found in sorted(similar.items())
        for rank, name in enumerate(ordered(found)[:NEIGHBORS], start=1)
    ]
    return pa.Table.from_pylist(rows, schema=NEAREST.schema)


def ordered(similar: Mapping[str, float]) -> list[str]:
    """Datasets, the most similar first."""
    return sorted(similar, key=lambda name: (-similar[name], name))


def usual(spaces: Mapping[str, OwnSpace]) -> float | None:
    """The similarity by text that 19 of 20 datasets have to their nearest or exceed; None where they are too few."""
    if BLIND not in spaces or len(spaces[BLIND].vectors) < FEWEST_USUAL:
        return None
    similar = cosines(spaces[BLIND].vectors)
    np.fill_diagonal(similar, -1.0)
    return float(np.percentile(similar.max(axis=1), USUAL))


def _vector(own: OwnTexts, space: OwnSpace, texts: Array, classes: Array) -> Array:
    """The texts as a dataset of a space, float32 [dim]."""
    if own.labels is not None:
        outputs = from_labels(own.labels, own.classes, where="your texts", error=InputError)
        return space.method.fit(texts, space.basis).embed(outputs, last_layer(classes))
    several = np.repeat(texts, 2, axis=0) if len(texts) == 1 else texts  # a method wants two; the mean is the same
    blank = Outputs(("",), np.ones((len(several), 1), np.float32), soft=False)
    return space.method.fit(several, space.basis).embed(blank, last_layer(several[:1]))
