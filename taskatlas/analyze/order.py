"""An order of rows in which like stands beside like, for pictures of matrices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_MOST_OPTIMAL = 300
"""Above this many rows the best order of leaves takes seconds; the tree's own order is nearly as good."""


def leaf_order(matrix: npt.ArrayLike) -> list[int]:
    """The rows in the order of the leaves of their tree: average linkage of Euclidean distances.

    Up to 300 rows, the tree is turned so that neighbours are as near as it allows (Bar-Joseph, Gifford & Jaakkola
    2001). What is not known counts as the mean of its column.

    Args:
        matrix: float [n, m]; NaN where a value is not known.

    Returns:
        The places of the n rows, each once. The same matrix gives the same order.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage

    values = np.array(matrix, np.float64)
    if len(values) < 3 or not values.size:
        return list(range(len(values)))
    known = np.isfinite(values)
    counts = known.sum(axis=0)
    means = np.where(known, values, 0.0).sum(axis=0) / np.maximum(counts, 1)
    filled = np.where(known, values, means)
    tree = linkage(filled, "average", optimal_ordering=len(filled) <= _MOST_OPTIMAL)
    return [int(place) for place in leaves_list(tree)]
