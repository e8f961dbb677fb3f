"""Alpaca: rows of `instruction`, `input` and `output`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskatlas.importers.rows import AskedRow, outputs_of, text_of

FIELDS = frozenset({"instruction", "output"})


def alpaca_row(fields: Mapping[str, Any]) -> AskedRow | None:
    """Return what a row says; None where it has no text or no output. Without an input, the instruction is the text."""
    asked, text = (text_of(fields.get(name)) for name in ("instruction", "input"))
    outputs = outputs_of(fields.get("output"))
    if not text:
        asked, text = "", asked
    return AskedRow(asked, text, outputs) if text and outputs else None
