"""Prompty: front matter in YAML, then the messages of a chat, each after `system:`, `user:` or `assistant:`."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from taskatlas.cards.loader import Loader, parse_yaml
from taskatlas.errors import InputError, TaskatlasError
from taskatlas.importers.braces import from_mustache
from taskatlas.importers.draft import Template, names_of
from taskatlas.importers.messages import Message, chat_draft

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?\r?\n)---[ \t]*(?:\r?\n|\Z)(.*)\Z", re.DOTALL)
_ROLE = re.compile(r"^[ \t]*#?[ \t]*(system|user|assistant|developer)[ \t]*:[ \t]*$", re.MULTILINE | re.IGNORECASE)


def is_prompty(text: str) -> bool:
    """Return whether a text is front matter and then something."""
    match = _FRONT.match(text)
    return match is not None and bool(match[2].strip())


def prompty_template(text: str, file: Path) -> Template:
    """Return the one template of a file with what it says, or why it cannot be taken.

    Raises:
        CardError: its front matter is no YAML.
        InputError: it is no file of prompty.

    """
    match = _FRONT.match(text)
    fields = parse_yaml(match[1], Loader, str(file)) if match else None
    if match is None or not isinstance(fields, dict):
        raise InputError("has no front matter", where=str(file), todo="name a file of prompty")
    name, description = fields.get("name"), fields.get("description")
    title = name if isinstance(name, str) and name.strip() else file.stem
    about = (title,) if title == name else names_of(file)
    try:
        in_jinja = from_mustache if _parser(fields) == "mustache" else str
        draft = chat_draft([Message(each.role, in_jinja(each.content)) for each in _messages(match[2])])
    except TaskatlasError as error:
        return Template(title, about, InputError(error.what, where=error.where))
    if isinstance(description, str) and description.strip():
        draft = replace(draft, card={**draft.card, "description": " ".join(description.split())[:500]})
    return Template(title, about, draft)


def _parser(fields: dict[str, object]) -> str:
    template = fields.get("template")
    named = template.get("format", template.get("type")) if isinstance(template, dict) else template
    return named if isinstance(named, str) else "jinja2"


def _messages(body: str) -> list[Message]:
    """Return the sections of a body; a body without any is one question."""
    head, *sections = _ROLE.split(body)
    if not sections:
        return [Message("user", body)]
    if head.strip():
        raise InputError("text stands before its first system: or user:")
    roles = {"developer": "system"}
    return [
        Message(roles.get(role.lower(), role.lower()), content.strip())
        for role, content in zip(sections[::2], sections[1::2], strict=True)
    ]
