"""Forecasts for texts of one's own, from the students of a release's subjects: values as published ones are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.advice.advice import ANSWERS, SUBJECTS
from taskatlas.advice.released import Released
from taskatlas.advice.stand_ins import StandIn, batches
from taskatlas.advice.texts import OwnTexts
from taskatlas.embed.basis import Array
from taskatlas.embed.forecast import drawn_answers
from taskatlas.embed.interval import NORMAL_90, ForecastResult, calibrate, result, widened
from taskatlas.embed.measure import Ints

Bools = npt.NDArray[np.bool_]

_PAIRS = """
SELECT f.value, f.n, f.fidelity, s.value AS measured
FROM "forecasts@" AS f JOIN "scores@" AS s
ON s.subject = f.subject AND s.dataset = f.dataset AND s.metric = f.metric
WHERE f.metric = 'accuracy' AND f.n > 0 AND isfinite(f.value) AND isfinite(s.value)
"""


def factor(released: Released) -> float:
    """How much wider intervals must be to have held the measured accuracies of the release; own texts are of none of
    its datasets, so all of them have a say."""
    pairs = [
        (_expected(row["value"], row["value"], row["n"], row["fidelity"]), row["measured"])
        for row in released.sql(_PAIRS).to_pylist()
    ]
    return calibrate(pairs)


def subjects(
    own: OwnTexts, inputs: Array, kept: Callable[[str], Bools], found: Iterable[StandIn], width: float
) -> pa.Table:
    """The forecast accuracy of every subject whose output texts stand for all labels, and whose model was not fitted on
    all of the texts; rows as SUBJECTS says.

    Args:
        own: n labelled texts.
        inputs: theirs, `student.scaled`, float32 [n, p].
        kept: model's name → the texts that its forecasts may use, bool [n].
        found: stand-ins of subjects.
        width: from `factor`.
    """
    index = {label: place for place, label in enumerate(own.classes)}
    labels = np.asarray([index[label] for label in own.labels or ()], np.int64)
    rows: list[dict[str, Any]] = []
    for each, mapping, scores in _read(own, inputs, found):
        use, student = kept(each.model), each.student
        n = int(use.sum())
        if not n:
            continue
        drawn = drawn_answers(student, scores[use], labels[use], mapping)
        value = float(np.mean(drawn == labels[use]))
        wide = widened(_expected(value, _shrunk(value, n), n, student.fidelity), width)
        about = {"subject": each.subject, "model": each.model, "prompt": each.prompt, "basis": "own labels"}
        told = {"metric": "accuracy", "forecast": value, "low": wide.low, "high": wide.high}
        rows.append(about | told | {"n": n, "fidelity": student.fidelity})
    rows.sort(key=lambda row: (-row["forecast"], row["subject"]))
    return pa.Table.from_pylist(rows, schema=SUBJECTS.schema)


def _read(own: OwnTexts, inputs: Array, found: Iterable[StandIn]) -> Iterator[tuple[StandIn, Ints, Array]]:
    """Stand-ins that answer with the labels, the class that each output text stands for, and the scores [n, C]; some
    are read at once, as a product with the weights of one alone is too small to be fast."""
    answering = [(each, mapping) for each in found if (mapping := each.mapped(own.classes)) is not None]
    for batch in batches(answering, lambda pair: len(pair[1])):
        ends = np.cumsum([len(mapping) for _, mapping in batch])
        scores = np.split(inputs @ np.hstack([each.student.weights for each, _ in batch]), ends[:-1], axis=1)
        for (each, mapping), product in zip(batch, scores, strict=True):
            yield each, mapping, product + each.student.constant


def answers(own: OwnTexts, inputs: Array, found: Sequence[StandIn]) -> pa.Table:
    """What stand-ins answer to every text; rows as ANSWERS says."""
    rows = []
    for each in found:
        outputs = each.student.outputs
        shares = _shares(each.student.read(inputs), soft=outputs.soft)
        for place, share in enumerate(shares):
            best = int(share.argmax())
            rows.append(
                {
                    "place": place + 1,
                    "text": own.texts[place],
                    "label": own.labels[place] if own.labels else None,
                    "subject": each.subject,
                    "answer": outputs.texts[best],
                    "share": float(share[best]),
                }
            )
    return pa.Table.from_pylist(rows, schema=ANSWERS.schema)


def _expected(value: float, chance: float, n: int, fidelity: float) -> ForecastResult:
    """A forecast accuracy with the interval that it has before calibration, from the chance of a hit on a text."""
    return result("accuracy", value, float(np.sqrt(chance * (1.0 - chance) / n)), n, fidelity)


def _shrunk(value: float, n: int) -> float:
    """The share of hits as if there were z²/2 more hits and as many misses (Agresti and Coull 1998, The American
    Statistician 52(2)): ten hits of ten leave doubt, of which a share of 1 knows nothing. On 100 texts it changes an
    interval by a hundredth of its width."""
    more = NORMAL_90**2
    return (value * n + more / 2) / (n + more)


def _shares(scores: Array, *, soft: bool) -> npt.NDArray[np.float64]:
    """Scores [n, C] as shares [n, C] of 1: of the odds that log-odds stand for, or of what lies above zero."""
    values = np.asarray(scores, np.float64)
    kept = 1.0 / (1.0 + np.exp(-np.clip(values, -50.0, 50.0))) if soft else np.maximum(values, 1e-6)
    shares: npt.NDArray[np.float64] = kept / kept.sum(axis=1, keepdims=True)
    return shares
