"""Consensus: what answers are worth where no label is known, judged by the other subjects and by the gold student.

The model is that of Dawid and Skene (1979, Applied Statistics 28(1)): every text has a label that is not seen, and
each subject answers by its own confusion matrix. What a text's label may be comes from the gold student beforehand, so
labels of the dataset have a say although no labelled text was answered.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from taskatlas.embed.measure import Floats, Ints
from taskatlas.errors import InputError

VOTERS = 6.0
"""As how many independent subjects all of them together count at most, as their errors are alike. 4 to 9 were tried on
twelve language models: docs/decisions/0013-forecasts-learn.md."""
STRENGTH = 10.0
"""Texts of each label that the confusion matrix expected beforehand counts for."""
ROUNDS = 10
NOT_ASKED = -2
"""In place of a label: the subject was not asked about the text."""
_EDGE = 0.1


def consensus(likely: Floats, answers: Ints, expected: Floats) -> Floats:
    """Return the accuracy of each subject on texts without labels, float64 [P].

    A subject is judged by what the others and the gold student say, never by its own answers or those of a copy.

    Args:
        likely: probability of each label for each text beforehand, float64 [n, K].
        answers: indices of labels, int64 [P, n]; −1 stands for none of them, and is wrong; NOT_ASKED counts as nothing.
        expected: accuracy that is expected of each subject beforehand, float64 [P].

    Raises:
        InputError: no texts, no subjects, or shapes that do not fit.
    """
    subjects, n = answers.shape if answers.ndim == 2 else (0, 0)
    if not subjects or not n or len(likely) != n or len(expected) != subjects:
        raise InputError(f"answers {answers.shape}, labels {likely.shape} and {len(expected)} subjects do not fit")
    distinct, members = np.unique(answers, axis=0, return_inverse=True)
    members = members.ravel()
    sums = np.bincount(members, weights=expected, minlength=len(distinct))
    return _judged(likely, distinct, sums / np.bincount(members, minlength=len(distinct)))[members]


def _judged(likely: Floats, answers: Ints, expected: Floats) -> Floats:
    """The accuracy of subjects no two of which answer alike everywhere; a copy would be a witness for itself."""
    share = min(1.0, VOTERS / len(answers))
    before = [_confusion(row, accuracy, likely.shape[1]) for row, accuracy in zip(answers, expected, strict=True)]
    matrices, beforehand = before, np.log(np.maximum(likely, 1e-12))

    def by_others() -> Iterator[Floats]:
        """What the others say of the labels, subject by subject, as all of it at once would not fit."""
        votes = beforehand + share * sum(_votes(m, row) for m, row in zip(matrices, answers, strict=True))
        return (_others(votes, share, m, row) for m, row in zip(matrices, answers, strict=True))

    for _ in range(ROUNDS):
        matrices = [_learnt(*each) for each in zip(before, answers, by_others(), strict=True)]
    return np.asarray([_hits(*each) for each in zip(by_others(), answers, strict=True)], np.float64)


def _confusion(answers: Ints, accuracy: float, labels: int) -> Floats:
    """Row: the label; column: the answer. Wrong answers fall as the subject's answers do."""
    common = np.bincount(answers[answers >= 0], minlength=labels) + 1.0
    matrix = np.tile(common / common.sum(), (labels, 1))
    np.fill_diagonal(matrix, 0.0)
    right = float(np.clip(accuracy, _EDGE, 1.0 - _EDGE))
    matrix *= (1.0 - right) / matrix.sum(axis=1, keepdims=True)
    np.fill_diagonal(matrix, right)
    return matrix


def _votes(matrix: Floats, answers: Ints) -> Floats:
    """What a subject's answers say of the labels: log-likelihoods [n, K], 0 where it gave none."""
    said: Floats = np.log(matrix).T[np.maximum(answers, 0)]
    return np.where((answers >= 0)[:, None], said, 0.0)


def _others(votes: Floats, share: float, matrix: Floats, answers: Ints) -> Floats:
    """How probable labels are without a subject's own vote, [n, K]."""
    left = votes - share * _votes(matrix, answers)
    odds = np.exp(left - left.max(axis=1, keepdims=True))
    probable: Floats = odds / odds.sum(axis=1, keepdims=True)
    return probable


def _learnt(before: Floats, answers: Ints, probable: Floats) -> Floats:
    """A confusion matrix from probable labels, with what was expected beforehand as further texts."""
    counts = STRENGTH * before.T
    np.add.at(counts, answers[answers >= 0], probable[answers >= 0])
    matrix: Floats = (counts / counts.sum(axis=0)).T
    return matrix


def _hits(probable: Floats, answers: Ints) -> float:
    asked = answers != NOT_ASKED
    given = probable[np.arange(len(answers)), np.maximum(answers, 0)]
    return float(np.where(answers >= 0, given, 0.0)[asked].mean()) if asked.any() else 0.0
