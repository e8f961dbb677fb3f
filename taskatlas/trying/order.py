"""The order in which texts are tried: every beginning of it is a sample of the whole."""

from __future__ import annotations

import numpy as np

from taskatlas.embed.measure import Floats, Ints
from taskatlas.errors import InputError


def balanced_order(labels: Ints | Floats, expected: Floats, *, seed: int = 0) -> Ints:
    """Return an order of n texts, int64 [n], of which every beginning holds each label in its share, and of each label
    easy and hard texts alike.

    Texts are sorted by label, then by how likely subjects are to be right, and taken from all over that sequence in the
    order of van der Corput (1935): systematic sampling (Madow and Madow 1944) that can stop anywhere. Who is tried on
    the first k texts has answered a stratified sample, and everybody who is has answered the same.

    >>> balanced_order(np.array([0, 1, 0, 1]), np.array([0.2, 0.4, 0.9, 0.8]), seed=1).tolist()
    [2, 3, 1, 0]

    Args:
        labels: indices of classes, or values, [n].
        expected: how likely subjects are to be right, as students tell, mean over subjects, float64 [n].
        seed: of where the sequence begins.

    Raises:
        InputError: another number of labels.
    """
    if len(labels) != len(expected):
        raise InputError(f"{len(labels)} labels and {len(expected)} texts do not fit")
    n = len(labels)
    begin = int(np.random.default_rng(seed).integers(max(n, 1)))
    sequence = np.lexsort((expected, labels))
    return np.asarray(sequence[(_spread(n) + begin) % max(n, 1)], np.int64)


def _spread(n: int) -> Ints:
    """The numbers below n, first those that halve them, then those that quarter them, and so on."""
    bits = max(n - 1, 0).bit_length()
    numbers = np.arange(2**bits, dtype=np.int64)
    reverse = np.zeros_like(numbers)
    for _ in range(bits):
        reverse, numbers = (reverse << 1) | (numbers & 1), numbers >> 1
    return np.asarray(list(dict.fromkeys((reverse * n >> bits).tolist()))[:n], np.int64)
