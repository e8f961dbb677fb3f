"""OpenAI evals: rows of `input`, a text or the messages of a chat, and of `ideal`, the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.messages import messages_of
from taskatlas.importers.rows import AskedRow, outputs_of

FIELDS = frozenset({"input", "ideal"})


def evals_row(fields: Mapping[str, Any]) -> AskedRow | None:
    """Return what a row says; None where it has no question, several, or no answer."""
    question, ideal = fields.get("input"), outputs_of(fields.get("ideal"))
    if isinstance(question, str):
        return AskedRow("", question, ideal) if question.strip() and ideal else None
    try:
        messages = messages_of(question)
    except InputError:
        return None
    system = "\n\n".join(each.content for each in messages if each.role == "system")
    asked = [each for each in messages if each.role != "system"]
    if len(asked) != 1 or asked[0].role != "user" or not asked[0].content.strip() or not ideal:
        return None
    return AskedRow(system, asked[0].content, ideal)
