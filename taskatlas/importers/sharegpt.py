"""ShareGPT, and chats that servers tune with: rows of `conversations` (from, value) or `messages` (role, content)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.messages import messages_of
from taskatlas.importers.rows import AskedRow, outputs_of, text_of

FIELDS = (frozenset({"conversations"}), frozenset({"messages"}))


def sharegpt_row(fields: Mapping[str, Any]) -> AskedRow | None:
    """Return the system message, the first question and the first answer; None where one of the last two is missing."""
    try:
        if "conversations" in fields:
            messages = messages_of(fields["conversations"], "from", "value")
        else:
            messages = messages_of(fields.get("messages"))
    except InputError:
        return None
    first = [text_of(fields.get("system")), *(each.content for each in messages if each.role == "system")]
    asked = [each for each in messages if each.role != "system"][:2]
    if [each.role for each in asked] != ["user", "assistant"] or not all(each.content.strip() for each in asked):
        return None
    return AskedRow("\n\n".join(filter(None, first)), asked[0].content, outputs_of(asked[1].content))
