"""The types of mteb's tasks: which are datasets of texts with labels, by which columns, and why others are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskatlas.errors import InputError
from taskatlas.schemas.cards import Columns

SCORED = ("STS", "Regression")
"""The types whose labels are numbers."""
_RANKS = "it ranks documents by queries, and a dataset has texts with labels"
_REFUSED: Mapping[str, str] = {
    "Retrieval": _RANKS,
    "InstructionRetrieval": _RANKS,
    "Reranking": _RANKS,
    "InstructionReranking": _RANKS,
    "Clustering": "it groups texts, and a dataset has texts with labels to be chosen",
    "BitextMining": "it looks for translations among texts, and a dataset has texts with labels",
    "Summarization": "it rates many summaries of a text at once, and a row of a dataset has one label",
    "MultilabelClassification": "a text of it has several labels, and a row of a dataset has one",
}


def columns_of(task: Any) -> Columns:
    """Return the columns of a task, as mteb calls them.

    Raises:
        InputError: it is of a type that is no dataset of texts with labels, or reads more columns than a card has.
    """
    kind, others = task.metadata.type, sorted(set(task.metadata.modalities) - {"text"})
    if others:
        raise InputError(f"it is made of more than text ({', '.join(others)})")
    if kind in _REFUSED:
        raise InputError(_REFUSED[kind])
    names = _names(task)
    if not names:
        raise InputError(f"tasks of the type {kind} are not known here")
    if not all(isinstance(name, str) for name in names):
        raise InputError("its texts or labels are made of other tasks or of several columns")
    *texts, label = names
    return Columns(text=texts[0], text_pair=texts[1] if len(texts) > 1 else None, label=label)


def _names(task: Any) -> tuple[Any, ...]:
    """The columns of the text, of the second text and of the label; what is no text is no column's name."""
    given = [getattr(task, f"{name}_column_name", None) for name in ("input", "input1", "input2", "label")]
    match task.metadata.type:
        case "Classification" | "Regression":
            return given[0], given[3]
        case "PairClassification":
            return given[1], given[2], given[3]
        case "STS":
            return *getattr(task, "column_names", (None, None)), "score"
    return ()
