"""Templates of other syntaxes → Jinja2: `{column}` of f-strings and of spreadsheets, and `{{column}}` of Mustache."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from string import Formatter

from taskatlas.errors import InputError
from taskatlas.importers.syntax import MAX_CHARS, literal_template

_WORD = re.compile(r"\{\s*([^\W\d]\w*)\s*\}")
_MUSTACHE = re.compile(r"\{\{\{\s*([^{}]*?)\s*\}\}\}|\{\{\s*([^{}]*?)\s*\}\}")
_JINJA = re.compile(r"\{\{|\{%|\{#")

Part = tuple[str, str | None]
"""A text, and the column that is shown after it."""


def from_fstring(template: str, constants: Mapping[str, str] | None = None) -> str:
    """Return the Jinja2 of a template of Python's `str.format`, whose doubled braces are single ones.

    Args:
        template: the template.
        constants: column → the text that is always shown for it.

    >>> from_fstring("{note} {{a}}")
    '{{ note }} {a}'

    Raises:
        InputError: it is no such template, or makes something of a column that is more than showing it.

    """
    _require_short(template)
    try:
        pieces = list(Formatter().parse(template))
    except ValueError as error:
        raise InputError(f"it is no f-string template ({error})") from error
    for _, name, form, conversion in pieces:
        if name is not None and (form or conversion or not name.isidentifier()):
            raise InputError(f"it makes something of {name[:40]!r} that is more than showing it")
    return _joined(_constants_shown(((text, name) for text, name, _, _ in pieces), constants or {}))


def from_mustache(template: str) -> str:
    """Return the Jinja2 of a template of Mustache that shows columns and does nothing else.

    >>> from_mustache("A: {{ note }} {{{raw}}}")
    'A: {{ note }} {{ raw }}'

    Raises:
        InputError: it has sections or the like.

    """
    _require_short(template)
    parts: list[Part] = []
    end = 0
    for match in _MUSTACHE.finditer(template):
        name = (match[1] or match[2] or "").removeprefix("&").strip()
        shown = None if name.startswith("!") else name  # a comment shows nothing
        if shown is not None and not shown.isidentifier():
            raise InputError(f"it holds {match[0][:40]!r}, which is more than showing a column")
        parts.append((template[end : match.start()], shown))
        end = match.end()
    return _joined([*parts, (template[end:], None)])


def from_words(template: str) -> tuple[str, bool]:
    """Return the Jinja2 of what a person wrote in `{{column}}` or `{column}`, and whether it shows any.

    Braces around anything but a word, as in JSON, are shown as they are.

    >>> from_words('Say {"mood": ...} of {note}')
    ('Say {"mood": ...} of {{ note }}', True)
    >>> from_words("Is it glad?")
    ('Is it glad?', False)
    """
    if _JINJA.search(template):
        return template, True
    parts: list[Part] = []
    end = 0
    for match in _WORD.finditer(template):
        parts.append((template[end : match.start()], match[1]))
        end = match.end()
    return _joined([*parts, (template[end:], None)]), bool(parts)


def _constants_shown(parts: Iterable[Part], constants: Mapping[str, str]) -> list[Part]:
    shown: list[Part] = []
    for text, name in parts:
        shown += [(text + constants[name], None)] if name is not None and name in constants else [(text, name)]
    return shown


def _joined(parts: Iterable[Part]) -> str:
    """Put texts and columns together. A brace before a column is made a constant, as three in a row mean another."""
    text, pieces = "", []
    for before, name in parts:
        text += before
        if name is None:
            continue
        literal = literal_template(text)
        pieces.append(literal[:-1] + "{{ '{' }}" if literal.endswith("{") else literal)
        pieces.append("{{ " + name + " }}")
        text = ""
    return "".join([*pieces, literal_template(text)])


def _require_short(template: str) -> None:
    if len(template) > MAX_CHARS:
        raise InputError(f"it is over {MAX_CHARS:,} characters long")
