"""Labels of datasets and answers of subjects, as the outputs that methods see."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from taskatlas.embed.outputs import Outputs, from_answers, from_labels, from_numbers
from taskatlas.errors import InputError
from taskatlas.registry.registry import Subject
from taskatlas.schemas.cards import DatasetCard
from taskatlas.stages.context import Context


def dataset_outputs(card: DatasetCard, examples: pa.Table) -> Outputs:
    """The labels of examples as outputs over the dataset's label texts, or over two poles for numbers.

    Raises:
        InputError: they say nothing, being the same everywhere.
    """
    where = f"dataset {card.name}"
    if card.labels == "number":
        return from_numbers(examples["value"].to_numpy(), where=where, error=InputError)
    return from_labels(examples["label"].to_pylist(), card.class_labels, where=where, error=InputError)


def subject_outputs(
    context: Context, subject: Subject, predictions: pa.Table, ids: Sequence[str]
) -> tuple[list[int], Outputs]:
    """A subject's answers to the corpus as outputs, in the order of the corpus.

    Args:
        context: the project.
        subject: who answered.
        predictions: its answers, in the schema of the table predictions.
        ids: text_ids of the corpus, in order.

    Returns:
        The places in `ids` of the texts that it answered, and its outputs on them.

    Raises:
        ModelError: the answers say nothing, being the same everywhere.
    """
    rows = {text_id: row for row, text_id in enumerate(predictions["text_id"].to_pylist())}
    answered = [place for place, text_id in enumerate(ids) if text_id in rows]
    found = predictions.take(pa.array([rows[ids[place]] for place in answered], pa.int64()))
    where, kind = f"subject {subject.name}", context.registry.output_kind(subject)
    return answered, from_answers(found, kind, context.registry.labels(subject), where=where)
