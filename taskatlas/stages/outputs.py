"""Labels of datasets and answers of subjects, as the outputs that methods see."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from taskatlas.embed.outputs import Outputs, from_answers, from_labels, from_numbers, from_texts
from taskatlas.errors import InputError
from taskatlas.plan.project import Project
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard


def dataset_outputs(card: DatasetCard, examples: pa.Table) -> Outputs:
    """Return the labels of examples as outputs over the dataset's label texts, over two poles for numbers, or over the
    answers themselves where they are texts, the first of several.

    Raises:
        InputError: they say nothing, being the same everywhere.
    """
    where = f"dataset {card.name}"
    if card.labels == "number":
        return from_numbers(examples["value"].to_numpy(), where=where, error=InputError)
    if card.labels == "text":
        return from_texts([answers[0] for answers in examples["answers"].to_pylist()], where=where, error=InputError)
    return from_labels(examples["label"].to_pylist(), card.class_labels, where=where, error=InputError)


def subject_outputs(
    project: Project, subject: Subject, predictions: pa.Table, ids: Sequence[str]
) -> tuple[list[int], Outputs]:
    """Return a subject's answers to the corpus as outputs, in the order of the corpus.

    Args:
        project: the project.
        subject: who answered.
        predictions: its answers, in the schema of the table predictions.
        ids: text_ids of the corpus, in order.

    Returns:
        The indices in `ids` of the texts that it answered, and its outputs on them.

    Raises:
        ModelError: the answers say nothing, being the same everywhere.
    """
    rows = {text_id: row for row, text_id in enumerate(predictions["text_id"].to_pylist())}
    answered = [index for index, text_id in enumerate(ids) if text_id in rows]
    answers = predictions.take(pa.array([rows[ids[index]] for index in answered], pa.int64()))
    where, kind = f"subject {subject.name}", project.registry.output_kind(subject)
    return answered, from_answers(answers, kind, project.registry.labels(subject), where=where)
