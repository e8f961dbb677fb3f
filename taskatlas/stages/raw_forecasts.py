"""Raw forecasts: what each subject's student scores on each dataset, before the intervals are calibrated.

Part raw_forecasts/`key` holds one subject's rows: dataset, metric, value, sigma, n, fidelity, beyond_chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from taskatlas.embed.basis import Array
from taskatlas.embed.forecast import forecast, forecast_numbers
from taskatlas.embed.interval import ForecastResult
from taskatlas.embed.student import Student
from taskatlas.plan.answers import can_score, label_indices
from taskatlas.plan.items import TextSet
from taskatlas.plan.project import Project
from taskatlas.predict.holdout import fitted_on
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.schemas.parts import RAW_FORECASTS
from taskatlas.stages import bases
from taskatlas.stages.predict import split_of


def write_raw_forecasts(
    project: Project,
    students: Sequence[tuple[Subject, str, Student]],
    datasets: Sequence[TextSet],
    ids: Sequence[str],
    device: str,
) -> None:
    """Forecast the scores of subjects on every dataset that their outputs can be mapped to.

    Args:
        project: the project.
        students: subjects, the keys of their parts, and their students.
        datasets: the ingested datasets.
        ids: text_ids of the corpus.
        device: as in `predict.device.choose_device`.
    """
    rows: dict[str, list[dict[str, Any]]] = {key: [] for _, key, _ in students}
    for text_set in datasets:
        card = project.registry.datasets[text_set.name]
        mapped = [(subject, key, student) for subject, key, student in students if _maps(subject, student, card)]
        if mapped:
            train, features = labelled(project, text_set, ids, device)
            for subject, key, student in mapped:
                mask = unseen(subject, card, train)
                for expected in _forecasts(subject, student, card, train.filter(pa.array(mask)), features[mask]):
                    of_student = {"subject": subject.name, "beyond_chance": student.beyond_chance}
                    rows[key].append({"dataset": card.name, **of_student, **asdict(expected)})
    for key, of_subject in rows.items():
        project.parts.write("raw_forecasts", key, pa.Table.from_pylist(of_subject, schema=RAW_FORECASTS))


def _maps(subject: Subject, student: Student, card: DatasetCard) -> bool:
    """Whether a subject's outputs can be mapped to a dataset's labels."""
    return can_score(card, subject, student.outputs.texts, "number" if student.outputs.numeric else "classes")


def unseen(subject: Subject, card: DatasetCard, train: pa.Table) -> npt.NDArray[np.bool_]:
    """Return which labelled texts a subject was not fitted on itself: bool [n]."""
    fit = subject.model.fit
    if fit is None or fit.dataset != card.name:
        return np.ones(train.num_rows, dtype=bool)
    return ~fitted_on(fit, train)


def _forecasts(
    subject: Subject, student: Student, card: DatasetCard, train: pa.Table, features: Array
) -> tuple[ForecastResult, ...]:
    if not train.num_rows:
        return ()  # the subject was fitted on all of them
    if card.labels == "number":
        return (forecast_numbers(student, features, train["value"].to_numpy()),)
    indices = label_indices(card, subject, student.outputs.texts)
    index = {label: at for at, label in enumerate(card.class_labels)}
    assert indices is not None, "only mapped subjects come here"
    labels = np.asarray([index[label] for label in train["label"].to_pylist()], np.int64)
    return forecast(student, features, labels, indices)


def labelled(project: Project, dataset: TextSet, ids: Sequence[str], device: str) -> tuple[pa.Table, Array]:
    """Return the dataset's labelled train texts that the corpus does not hold, and their features, float32 [n, L, d]:
    on those of the corpus a student has seen its subject's answers, so they would not show how it does without."""
    train = split_of(project, dataset.examples, "train")
    unseen = train.filter(pc.invert(pc.is_in(train["text_id"], pa.array(ids, pa.string()))))
    kept = unseen if unseen.num_rows else train
    return kept, bases.features(project, kept, device)
