"""OpenAI evals: rows of `input`, a text or the messages of a chat, and of `ideal`, the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.messages import Message, messages_of
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
    *earlier, asked = [each for each in messages if each.role != "system"] or [Message("system", "")]
    pairs = list(zip(earlier[::2], earlier[1::2], strict=False))
    alternate = len(earlier) % 2 == 0 and all((ask.role, say.role) == ("user", "assistant") for ask, say in pairs)
    if not alternate or asked.role != "user" or not asked.content.strip() or not ideal:
        return None
    return AskedRow(system, asked.content, ideal, tuple((ask.content, say.content) for ask, say in pairs))
