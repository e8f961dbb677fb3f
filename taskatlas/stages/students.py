"""Students: what each subject's stand-in scores on each dataset, before the intervals are calibrated.

Part students/`key` holds one subject's rows: dataset, metric, value, sigma, n, fidelity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.cards.labels import map_labels
from taskatlas.embed.basis import Array
from taskatlas.embed.forecast import forecast, forecast_numbers
from taskatlas.embed.interval import ForecastResult
from taskatlas.embed.measure import Ints
from taskatlas.embed.student import Student
from taskatlas.hashing import digest
from taskatlas.predict.holdout import fitted_on
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.models import ProbeModel
from taskatlas.stages import spaces
from taskatlas.stages.context import Context
from taskatlas.stages.predict import split_of

STUDENTS = "students"
FORECAST_VERSION = 1
SCHEMA = pa.schema(
    [
        ("subject", pa.string()),
        ("dataset", pa.string()),
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("n", pa.int64()),
        ("fidelity", pa.float64()),
        ("sigma", pa.float64()),
    ]
)


def students_key(context: Context, subject: Subject, vector: str) -> str:
    """Key of a subject's forecasts: its student, the datasets, and how labels are mapped."""
    datasets = {name: origin.origin_id for name, origin in context.datasets().items()}
    mapping = {name: dict(labels) for name, labels in subject.mapping.items()}
    return digest("students", FORECAST_VERSION, vector, datasets, mapping)


def write_students(
    context: Context, students: Sequence[tuple[Subject, str, Student]], ids: Sequence[str], device: str
) -> None:
    """Forecast the scores of subjects on every dataset that their outputs can be mapped to.

    Args:
        context: the project.
        students: subjects, the keys of their parts, and their students.
        ids: text_ids of the corpus.
        device: as in `predict.device.choose_device`.
    """
    rows: dict[str, list[dict[str, Any]]] = {key: [] for _, key, _ in students}
    for card in context.registry.datasets.values():
        mapped = [(subject, key, student) for subject, key, student in students if _maps(subject, student, card)]
        if mapped:
            train, features = _labelled(context, card, ids, device)
            for subject, key, student in mapped:
                unseen = _unseen(subject, card, train)
                for found in _forecasts(subject, student, card, train.filter(pa.array(unseen)), features[unseen]):
                    rows[key].append({"subject": subject.name, "dataset": card.name, **asdict(found)})
    for key, of_subject in rows.items():
        context.parts.write(STUDENTS, key, pa.Table.from_pylist(of_subject, schema=SCHEMA))


def _maps(subject: Subject, student: Student, card: DatasetCard) -> bool:
    """Whether a subject's outputs can be mapped to a dataset's labels."""
    if card.labels == "number" or student.outputs.numeric:
        return card.labels == "number" and student.outputs.numeric
    return _places(subject, student, card) is not None


def _places(subject: Subject, student: Student, card: DatasetCard) -> Ints | None:
    return map_labels(student.outputs.texts, card.class_labels, subject.mapping.get(card.name))


def _unseen(subject: Subject, card: DatasetCard, train: pa.Table) -> npt.NDArray[np.bool_]:
    """The labelled texts that a subject was not fitted on itself: bool [n]."""
    model = subject.model
    if not isinstance(model, ProbeModel) or model.dataset != card.name:
        return np.ones(train.num_rows, dtype=bool)
    return ~fitted_on(model, train)


def _forecasts(
    subject: Subject, student: Student, card: DatasetCard, train: pa.Table, features: Array
) -> tuple[ForecastResult, ...]:
    if not train.num_rows:
        return ()  # the subject was fitted on all of them
    if card.labels == "number":
        return (forecast_numbers(student, features, train["value"].to_numpy()),)
    places, index = _places(subject, student, card), {label: place for place, label in enumerate(card.class_labels)}
    assert places is not None, "only mapped subjects come here"
    labels = np.asarray([index[label] for label in train["label"].to_pylist()], np.int64)
    return forecast(student, features, labels, places)


def _labelled(context: Context, card: DatasetCard, ids: Sequence[str], device: str) -> tuple[pa.Table, Array]:
    """The dataset's labelled train texts that the corpus does not hold: on those of the corpus the student has seen
    its subject's answers, so they would not show how it does without."""
    train = split_of(context, context.datasets()[card.name], "train")
    unseen = train.filter(pc.invert(pc.is_in(train["text_id"], pa.array(ids, pa.string()))))
    kept = unseen if unseen.num_rows else train
    return kept, spaces.features(context, kept, device)
