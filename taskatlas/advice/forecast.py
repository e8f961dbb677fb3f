"""Forecast scores on texts of one's own, from the students of a release's subjects, as published forecasts are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.advice.advice import ANSWERS, SUBJECTS
from taskatlas.advice.released import Released
from taskatlas.advice.students import SubjectStudent, batches
from taskatlas.advice.texts import OwnTexts
from taskatlas.embed.basis import Array
from taskatlas.embed.forecast import drawn_answers
from taskatlas.embed.interval import NORMAL_90, ForecastResult, calibrate, result, widened
from taskatlas.embed.measure import Ints
from taskatlas.forecast.gold import gold_student

Mask = npt.NDArray[np.bool_]

_PAIRS = """
SELECT coalesce(f.student, f.value) AS value, f.n, f.fidelity, s.value AS measured
FROM "forecasts@" AS f JOIN "scores@" AS s
ON s.subject = f.subject AND s.dataset = f.dataset AND s.metric = f.metric
WHERE f.metric = 'accuracy' AND f.n > 0 AND isfinite(coalesce(f.student, f.value)) AND isfinite(s.value)
"""


def interval_factor(released: Released) -> float:
    """Return how much wider intervals must be to have held the measured accuracies of the release.

    Own texts are of none of its datasets, so the errors on all of them count. They are the students' own: nothing
    corrects forecasts on texts that nobody was measured on; and older releases have no others.
    """
    pairs = [
        (_uncalibrated(row["value"], row["value"], row["n"], row["fidelity"]), row["measured"])
        for row in released.sql(_PAIRS).to_pylist()
    ]
    return calibrate(pairs)


def forecast_subjects(
    own: OwnTexts,
    inputs: Array,
    usable: Callable[[str], Mask],
    students: Iterable[SubjectStudent],
    factor: float,
) -> pa.Table:
    """Forecast the accuracy of every subject whose output texts stand for all labels.

    A subject whose model was fitted on all of the texts has no forecast.

    Args:
        own: n labelled texts.
        inputs: their features, `student.scaled`, float32 [n, p].
        usable: model's name → the texts that its forecasts may use, bool [n].
        students: of subjects.
        factor: from `interval_factor`.

    Returns:
        Rows as SUBJECTS says, the best forecast first.
    """
    labels = _labels(own)
    rows: list[dict[str, Any]] = []
    for subject, classes, scores in _scores(own, inputs, students):
        use, student = usable(subject.model), subject.student
        n = int(use.sum())
        if not n:
            continue
        drawn = drawn_answers(student, scores[use], labels[use], classes)
        value = float(np.mean(drawn == labels[use]))
        interval = widened(_uncalibrated(value, _adjusted(value, n), n, student.fidelity), factor)
        names = {"subject": subject.subject, "model": subject.model, "prompt": subject.prompt, "basis": "own labels"}
        score = {"metric": "accuracy", "forecast": value, "low": interval.low, "high": interval.high}
        rows.append(names | score | {"n": n, "fidelity": student.fidelity})
    rows.sort(key=lambda row: (-row["forecast"], row["subject"]))
    return pa.Table.from_pylist(rows, schema=SUBJECTS.schema)


def labels_are_seen(own: OwnTexts, inputs: Array, use: Mask) -> bool:
    """Return whether the surrogate sees anything of the labels, or they are too few to tell: what it does not see no
    student can forecast, as `forecast.gate` says of datasets.

    Args:
        own: n labelled texts.
        inputs: their features, `student.scaled`, float32 [n, p].
        use: the texts to go by, bool [n].
    """
    if len(own.classes) < 2 or use.sum() < 2:
        return True
    return gold_student(inputs[use], _labels(own)[use], len(own.classes)).sees


def _labels(own: OwnTexts) -> Ints:
    """The class of each text, int64 [n]."""
    index_of = {label: index for index, label in enumerate(own.classes)}
    return np.asarray([index_of[label] for label in own.labels or ()], np.int64)


def _scores(
    own: OwnTexts, inputs: Array, students: Iterable[SubjectStudent]
) -> Iterator[tuple[SubjectStudent, Ints, Array]]:
    """Yield each student that answers with the labels, the class of each of its C output texts, int64 [C], and its
    scores, float32 [n, C]. They are computed in batches, as a product with the weights of one alone is too small to be
    fast."""
    answering = [(each, classes) for each in students if (classes := each.classes_of_outputs(own.classes)) is not None]
    for batch in batches(answering, lambda pair: len(pair[1])):
        ends = np.cumsum([len(classes) for _, classes in batch])
        products = np.split(inputs @ np.hstack([each.student.weights for each, _ in batch]), ends[:-1], axis=1)
        for (each, classes), product in zip(batch, products, strict=True):
            yield each, classes, product + each.student.constant


def answer_texts(own: OwnTexts, inputs: Array, students: Sequence[SubjectStudent]) -> pa.Table:
    """Answer every text with every student; rows as ANSWERS says.

    Args:
        own: n texts.
        inputs: their features, `student.scaled`, float32 [n, p].
        students: of subjects.
    """
    rows = []
    for each in students:
        outputs = each.student.outputs
        shares = _shares(each.student.read(inputs), soft=outputs.soft)
        for index, share in enumerate(shares):
            best = int(share.argmax())
            rows.append(
                {
                    "position": index + 1,
                    "text": own.texts[index],
                    "label": own.labels[index] if own.labels else None,
                    "subject": each.subject,
                    "answer": outputs.texts[best],
                    "share": float(share[best]),
                }
            )
    return pa.Table.from_pylist(rows, schema=ANSWERS.schema)


def _uncalibrated(value: float, chance: float, n: int, fidelity: float) -> ForecastResult:
    """Return a forecast accuracy with its interval before calibration; chance is that of a hit on one text."""
    return result("accuracy", value, float(np.sqrt(chance * (1.0 - chance) / n)), n, fidelity)


def _adjusted(value: float, n: int) -> float:
    """Return the share of hits with z²/2 hits and as many misses added (Agresti and Coull 1998, The American
    Statistician 52(2)): ten hits of ten leave doubt, which a share of 1 does not show."""
    more = NORMAL_90**2
    return (value * n + more / 2) / (n + more)


def _shares(scores: Array, *, soft: bool) -> npt.NDArray[np.float64]:
    """Return scores [n, C] as shares [n, C] of 1: of the probabilities of log-odds, or of what exceeds zero."""
    values = np.asarray(scores, np.float64)
    positive = 1.0 / (1.0 + np.exp(-np.clip(values, -50.0, 50.0))) if soft else np.maximum(values, 1e-6)
    shares: npt.NDArray[np.float64] = positive / positive.sum(axis=1, keepdims=True)
    return shares
