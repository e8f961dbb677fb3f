"""Bonito: rows of `input`, `output` and `task_type`, whose rows of one type are one dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskatlas.importers.rows import AskedRow, outputs_of, text_of

FIELDS = frozenset({"input", "output", "task_type"})


def bonito_row(fields: Mapping[str, Any]) -> AskedRow | None:
    """Return what a row says, with its type as what is asked; None where it has no text, or no output."""
    kind, text = (text_of(fields.get(name)) for name in ("task_type", "input"))
    outputs = outputs_of(fields.get("output"))
    return AskedRow(kind or "unknown", text, outputs) if text and outputs else None
