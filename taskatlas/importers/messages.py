"""The messages of a chat, as many formats write them → one template, with the system message beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from taskatlas.errors import InputError
from taskatlas.importers.draft import Draft, Shot
from taskatlas.importers.syntax import names_in, tree_of
from taskatlas.predict.sandbox import compile_template, render_template

SYSTEM_NOTE = "its system message is shown in chats"
_ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user",
    "assistant": "assistant", "ai": "assistant", "gpt": "assistant", "model": "assistant", "chatgpt": "assistant",
}  # fmt: skip
"""What somebody calls a speaker → what chats call it."""
_EXAMPLES = {"example_user": "user", "example_assistant": "assistant"}
"""Names of system messages that are turns of an example, as OpenAI evals have them → what these are."""
_BARE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Message:
    """One message of a chat.

    Attributes:
        role: system, user or assistant.
        content: its text.
    """

    role: str
    content: str


def messages_of(entries: object, role: str = "role", content: str = "content") -> list[Message]:
    """Return the messages of a list of objects.

    Args:
        entries: what a file says.
        role: the field that names the speaker.
        content: the field with the text.

    Raises:
        InputError: it is no such list.

    """
    if not isinstance(entries, list) or not entries:
        raise InputError("its messages are no list, or an empty one")
    return [_message(entry, role, content) for entry in entries]


def chat_draft(messages: Sequence[Message], note: str = "") -> Draft:
    """Return what messages in Jinja2 say: the last question is the template, what stands before it its surroundings.

    Raises:
        InputError: there is no question, or more than a prompt has a place for.

    """
    system = "\n\n".join(each.content for each in messages if each.role == "system").strip()
    others = [each for each in messages if each.role != "system"]
    if not others and names_in(tree_of(system)):
        return Draft(system, (), frozenset({"label"}), True, note, says_choices=False)  # a system message alone asks
    if not others or others[-1].role != "user":
        what = "its last message begins the answer" if others else "it has no message of a user"
        raise InputError(what)
    template = others[-1].content.strip()
    card: dict[str, Any] = {}
    notes = [note]
    if system and names_in(tree_of(system)):
        template = f"{system}\n\n{template}"
        notes.append("its system message shows a column, so it stands before the question")
    elif system:
        card["system"] = _rendered(system)
        notes.append(SYSTEM_NOTE)
    shots = _shots(others[:-1], template)
    told = "; ".join(filter(None, notes))
    return Draft(template, (), frozenset({"label"}), True, told, shots, says_choices=False, card=card)


def _message(entry: object, role: str, content: str) -> Message:
    fields: dict[str, Any] = entry if isinstance(entry, dict) else {}
    speaker, text = fields.get(role), fields.get(content)
    if isinstance(text, list):  # content in pieces, as of several kinds
        pieces = [each.get("text") for each in text if isinstance(each, dict)]
        text = "\n".join(each for each in pieces if isinstance(each, str)) if len(pieces) == len(text) else None
    if not isinstance(speaker, str) or not isinstance(text, str):
        raise InputError(f"a message has no {role} or no {content} that is text")
    if speaker.strip().lower() not in _ROLES:
        raise InputError(f"a message is of {speaker[:40]!r}, who is neither system, user nor assistant")
    named = fields.get("name")
    return Message(_EXAMPLES.get(named if isinstance(named, str) else "", _ROLES[speaker.strip().lower()]), text)


def _shots(earlier: Sequence[Message], template: str) -> tuple[Shot, ...]:
    """Return the answered questions before the last one, which are shown by the same template."""
    pairs = list(zip(earlier[::2], earlier[1::2], strict=False))
    alternate = len(earlier) % 2 == 0 and all((ask.role, say.role) == ("user", "assistant") for ask, say in pairs)
    written = all(not names_in(tree_of(each.content)) for each in earlier)
    bare = _BARE.fullmatch(template)
    if not earlier:
        return ()
    if not alternate or not written or not bare:
        raise InputError("it shows an earlier conversation, which a prompt has as demonstrations")
    return tuple(Shot({bare[1]: _rendered(ask.content)}, _rendered(say.content)) for ask, say in pairs)


def _rendered(source: str) -> str:
    """Return what a template without columns shows, which braces and constants may change."""
    return render_template(compile_template(source, (), "message"), {}, "message").strip()
