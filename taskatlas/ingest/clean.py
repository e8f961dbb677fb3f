"""One form for every text: what looks the same becomes the same string, and so the same id.

A cleaned text is in Unicode NFC and keeps its lines, their indentation and the spaces within them: code, poems, mails
and tables are what they were. Lines end with LF; white space at their ends, empty lines before the first and after the
last one, and the indentation of a text of one line are taken out. So are characters that nobody sees and that carry no
meaning: control characters, lone surrogates, zero-width spaces and byte order marks, soft hyphens, and the marks that
switch the direction of writing (they can make a text show other words than a model reads). The zero-width joiner and
non-joiner stay within a text, as emoji, Persian and the scripts of India are spelt with them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_JOINERS = "\u200c\u200d"
_LEADING = re.compile(rf"[\s{_JOINERS}]*")
_SPACES = {code: " " for code in range(0x3001) if chr(code).isspace() and chr(code) not in "\n\t"}
"""White space within lines; there is none beyond the ideographic space."""


def _code_points() -> Iterable[int]:
    """Yield the characters that are taken out. White space is not among them: it becomes a space or ends a line."""
    yield from (code for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace())
    yield from range(0xD800, 0xE000)  # lone surrogates: JSON can hold them, UTF-8 cannot
    yield from (0x00AD, 0x200B, 0x2060, 0xFEFF)  # soft hyphen, zero-width space, word joiner, byte order mark
    yield from (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))  # direction of writing
    yield from (0xFFF9, 0xFFFA, 0xFFFB)  # interlinear annotation


_REMOVED = dict.fromkeys(_code_points())


def clean_text(text: str) -> str:
    r"""Return `text` in its one form; '' where nothing visible is left. Cleaning twice changes nothing.

    >>> clean_text(" Good\u200b coffee \r\n")
    'Good coffee'
    >>> clean_text("def f(y):\r\n    return y\r\n")
    'def f(y):\n    return y'
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    lines = "\n".join(text.splitlines())
    whole = unicodedata.normalize("NFC", lines.translate(_REMOVED)).translate(_SPACES)
    return "\n".join(line.rstrip(" \t") for line in _without_blank_ends(whole).split("\n"))


def clean_line(text: str) -> str:
    r"""Return `text` in its one form on one line, with single spaces: a label, a name, an answer.

    >>> clean_line(" very\n  good ")
    'very good'
    """
    return " ".join(clean_text(text).split()).strip(" " + _JOINERS)


def _without_blank_ends(text: str) -> str:
    """Return the text from its first line that shows something to its last; of several lines, the first keeps its
    indentation."""
    body_start = _LEADING.match(text).end()  # type: ignore[union-attr]
    body = text[body_start:].rstrip("\n\t " + _JOINERS)
    if "\n" not in body:
        return body
    indentation = text[:body_start].rpartition("\n")[2]
    return "".join(letter for letter in indentation if letter not in _JOINERS) + body
