"""One form for every text: what looks the same becomes the same string, and so the same id.

Cleaned text is in Unicode NFC, on one line, with single spaces and none at its ends. Taken out are characters that
nobody sees and that carry no meaning: control characters, lone surrogates, zero-width spaces and byte order marks, soft
hyphens, and the marks that switch the direction of writing (they can make a text show other words than a model reads).
The zero-width joiner and non-joiner stay within a text, as emoji, Persian and the scripts of India are spelt with them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_JOINERS = "\u200c\u200d"


def _code_points() -> Iterable[int]:
    """Yield the characters that are taken out. White space is not among them: it becomes a space."""
    yield from (code for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace())
    yield from range(0xD800, 0xE000)  # lone surrogates: JSON can hold them, UTF-8 cannot
    yield from (0x00AD, 0x200B, 0x2060, 0xFEFF)  # soft hyphen, zero-width space, word joiner, byte order mark
    yield from (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))  # direction of writing
    yield from (0xFFF9, 0xFFFA, 0xFFFB)  # interlinear annotation


_REMOVED = dict.fromkeys(_code_points())


def clean_text(text: str) -> str:
    r"""Return `text` in its one form; '' where nothing visible is left. Cleaning twice changes nothing.

    >>> clean_text(" Good\u200b\n coffee ")
    'Good coffee'
    """
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", text.translate(_REMOVED))
    return " ".join(text.split()).strip(" " + _JOINERS)
