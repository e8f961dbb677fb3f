"""Find the datasets of a release that texts of one's own are near to; the texts are embedded as a dataset is."""

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
"""Of fewer datasets nothing can be called usual."""


def label_free(spaces: Mapping[str, OwnSpace]) -> str | None:
    """Return the first method of the spaces whose vectors need no labels; None where there is none."""
    return next((name for name, space in spaces.items() if not space.method.reads_outputs), None)


def similarities(
    own: OwnTexts, spaces: Mapping[str, OwnSpace], text_features: Array, class_features: Array
) -> dict[str, dict[str, float]]:
    """Return the cosine of the texts and every dataset, by method and dataset.

    Without labels there are only those of methods that need none.

    Args:
        own: n texts of C classes.
        spaces: of the release, by method.
        text_features: of the texts, float32 [n, L, d].
        class_features: of `own.classes`, float32 [C, L, d].
    """
    by_method = {}
    for method, space in spaces.items():
        if own.labels is not None or not space.method.reads_outputs:
            similar = cosines(_vector(own, space, text_features, class_features)[None], space.vectors)[0]
            by_method[method] = dict(zip(space.datasets, similar.tolist(), strict=True))
    return by_method


def nearest_datasets(by_method: Mapping[str, Mapping[str, float]]) -> pa.Table:
    """Return the NEIGHBORS nearest datasets by each method, from `similarities`; rows as NEAREST says."""
    rows = [
        {"method": method, "neighbor_kind": "dataset", "neighbor": name, "similarity": similar[name], "rank": rank}
        for method, similar in sorted(by_method.items())
        for rank, name in enumerate(by_similarity(similar)[:NEIGHBORS], start=1)
    ]
    return pa.Table.from_pylist(rows, schema=NEAREST.schema)


def by_similarity(similar: Mapping[str, float]) -> list[str]:
    """Return datasets, the most similar first; equally similar ones are in the order of their names."""
    return sorted(similar, key=lambda name: (-similar[name], name))


def usual_similarity(spaces: Mapping[str, OwnSpace]) -> float | None:
    """Return the similarity that 19 of 20 datasets have to their nearest or exceed, by the method that needs no labels.

    None where there is no such method, or fewer than FEWEST_USUAL datasets.
    """
    method = label_free(spaces)
    if method is None or len(spaces[method].vectors) < FEWEST_USUAL:
        return None
    similar = cosines(spaces[method].vectors)
    np.fill_diagonal(similar, -1.0)
    return float(np.percentile(similar.max(axis=1), USUAL))


def _vector(own: OwnTexts, space: OwnSpace, text_features: Array, class_features: Array) -> Array:
    """Embed the texts as a dataset of a space, float32 [dim]."""
    if own.labels is not None:
        outputs = from_labels(own.labels, own.classes, where="your texts", error=InputError)
        return space.method.fit(text_features, space.basis).embed(outputs, last_layer(class_features))
    # a method needs two texts; of one text twice the mean is the same
    repeated = np.repeat(text_features, 2, axis=0) if len(text_features) == 1 else text_features
    blank = Outputs(("",), np.ones((len(repeated), 1), np.float32), soft=False)
    return space.method.fit(repeated, space.basis).embed(blank, last_layer(repeated[:1]))
