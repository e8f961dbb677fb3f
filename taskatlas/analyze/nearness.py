"""Nearness of free answers: how near an answer lies to what is right, where an encoder reads both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from taskatlas.errors import InputError

Floats = npt.NDArray[np.float64]


def similar_texts(
    answers: Sequence[str], right: Sequence[Sequence[str]], vectors: Mapping[str, npt.NDArray[np.floating]]
) -> Floats:
    """Return what each of n answers is worth: the cosine of its vector and that of the nearest right answer, cut at 0,
    float64 [n]. To say nothing is right where that is right, and else worth nothing, whatever an encoder makes of it.

    >>> of = {"Rome": np.array([1.0, 0.0]), "in Rome": np.array([0.8, 0.6])}
    >>> similar_texts(["in Rome", "Rome", ""], [["Rome"], ["in Rome", "Rome"], ["Rome"]], of).tolist()
    [0.8, 1.0, 0.0]

    Args:
        answers: n texts.
        right: n times one right answer or more.
        vectors: of all these texts but the empty one, by text: float [d], of unit length.

    Raises:
        InputError: another number of answers, or a text that has no right answer.
    """
    if len(answers) != len(right) or not all(right):
        raise InputError(f"{len(answers)} answers cannot be held against {sum(map(bool, right))} texts with right ones")
    best = [max(_cosine(answer, each, vectors) for each in of) for answer, of in zip(answers, right, strict=True)]
    return np.asarray(best, np.float64)


def _cosine(answer: str, right: str, vectors: Mapping[str, npt.NDArray[np.floating]]) -> float:
    if answer == right or not answer or not right:
        return float(answer == right)
    return min(max(float(vectors[answer] @ vectors[right]), 0.0), 1.0)
