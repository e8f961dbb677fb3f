"""Asking a model of any kind, by its card; prompts and texts to ask it with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from taskatlas.hashing import text_id
from taskatlas.predict.kinds import load_model
from taskatlas.predict.model import ModelContext
from taskatlas.predict.predict import answer_subjects
from taskatlas.schemas.modelcard import ModelCard
from taskatlas.schemas.prompts import PromptCard
from taskatlas.schemas.tables import TABLES
from taskatlas.store.parts import Parts

MIXED_TEXTS = [
    ("the dog sat on the mat.", None),
    ("it was a very good film, " * 9, None),
    ("bad", None),
    ("the cat", "sat on it"),
    ("the cat sat on it", None),
    ("", None),
]
"""Texts alone and in pairs; short, long and empty."""


def predict(
    model: ModelCard,
    prompts: Sequence[PromptCard | None],
    examples: pa.Table,
    project: Path,
    parts: Parts,
    device: str = "auto",
    **context: Any,
) -> dict[str, pa.Table]:
    """What the subjects of a model answer, by subject; `context` is what it needs besides its card."""
    loaded = load_model(model, ModelContext(project, parts, device, **context))
    return {name: answers.rows for name, answers in answer_subjects(loaded, model, prompts, examples).items()}


def prompt(name: str = "plain", **fields: Any) -> PromptCard:
    text_or_pair: dict[str, Any] = {"choices": {"negative": "bad", "positive": "good"}, **fields}
    return PromptCard(name=name, description="d", **text_or_pair)


def examples(
    texts: Sequence[str | tuple[str, str | None]],
    labels: Sequence[str | float | None] | None = None,
    origin_kind: str = "corpus",
) -> pa.Table:
    """Texts in the schema of the table examples."""
    rows = []
    for index, text_or_pair in enumerate(texts):
        text, pair = (text_or_pair, None) if isinstance(text_or_pair, str) else text_or_pair
        label = labels[index] if labels else None
        rows.append(
            {
                "origin_kind": origin_kind,
                "origin": "here",
                "split": "corpus" if origin_kind == "corpus" else "train",
                "text_id": text_id(text, pair),
                "text": text,
                "text_pair": pair,
                "label": label if isinstance(label, str) else None,
                "value": label if isinstance(label, float) else None,
            }
        )
    return pa.Table.from_pylist(rows, schema=TABLES["examples"].schema)
