"""Labels of datasets and answers of subjects, as the outputs that methods see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from schemas.cards import DatasetCard
from taskatlas.embed.outputs import Outputs, from_labels, from_numbers, from_probabilities, from_texts
from taskatlas.errors import InputError
from taskatlas.registry import Subject
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
    where, labels = f"subject {subject.name}", context.registry.labels(subject)
    kind = context.registry.output_kind(subject)
    if kind == "number":
        return answered, from_numbers(found["value"].to_numpy(), where=where)
    if kind == "text":
        # what was read as a label counts as the label, however it was put
        said = zip(found["label"].to_pylist(), found["output"].to_pylist(), strict=True)
        return answered, from_texts([label or output for label, output in said], where=where)
    if found["probabilities"].null_count:
        return answered, from_labels(found["label"].to_pylist(), labels, where=where)
    flat = found["probabilities"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return answered, from_probabilities(np.asarray(flat).reshape(len(answered), -1), labels, where=where)
