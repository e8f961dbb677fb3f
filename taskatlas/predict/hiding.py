"""Hiding a key in what a server says: whole or in part, as it is or in another writing."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Iterator

PART = 8
"""Characters of a key that are hidden; of fewer, nobody guesses the rest."""
_PLACEHOLDER = 6
"""Shorter keys, as EMPTY or none, are for servers that look at none, and may well be words of an answer."""
_SHOWN = "***"
_ESCAPES: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (re.compile(r"%[0-9A-Fa-f]{2}"), lambda text: chr(int(text[1:], 16))),
    (re.compile(r"\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}"), lambda text: chr(int(text[2:], 16))),
    (re.compile(r"\\[^ux]"), lambda text: text[1:]),
    (re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"), html.unescape),
)
"""How a character is written otherwise: in addresses, in JSON and other strings, in web pages."""
_DEPTH = 4
"""Writings within writings, such as JSON that a JSON text quotes."""


class Hider:
    """Hides one key in texts.

    Args:
        key: the key, of printable ASCII letters; None or a placeholder hides nothing.
    """

    def __init__(self, key: str | None) -> None:
        self._grams: dict[int, set[str]] = {}
        for form in _forms(key) if key and len(key) >= _PLACEHOLDER else ():
            size = min(len(form), PART)
            self._grams.setdefault(size, set()).update(_pieces(form.lower(), size))
        self._words = {word.lower() for word in re.findall(r"\b[A-Za-z]{8,}\b", key or "")}

    def hidden(self, text: str, *, but_words: bool = False) -> str:
        """Return a text with `***` for each part of the key that it holds, in whatever writing and case.

        Args:
            text: the text, whole: of one that was cut, the part at its end may be too short to be known.
            but_words: leave a word of letters alone that stands by itself in the key and in the text, as a key like
                no-key-required holds one and an answer may need it.
        """
        if not self._grams:
            return text
        marked = bytearray(len(text))
        for written, starts in _writings(text):
            self._mark(written.translate(_LOWER), starts, marked)
        if but_words and self._words:
            self._unmark_words(text, marked)
        return _without(text, marked)

    def _mark(self, written: str, starts: list[int], marked: bytearray) -> None:
        for size, grams in self._grams.items():
            for at in range(len(written) - size + 1):
                if written[at : at + size] in grams:
                    begin, end = starts[at], starts[at + size]
                    marked[begin:end] = b"\1" * (end - begin)

    def _unmark_words(self, text: str, marked: bytearray) -> None:
        for word in re.finditer(r"\b[A-Za-z]{8,}\b", text):
            begin, end = word.span()
            alone = not marked[max(0, begin - 1) : begin].count(1) and not marked[end : end + 1].count(1)
            if alone and word.group().lower() in self._words:
                marked[begin:end] = bytes(end - begin)


_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
"""Of ASCII alone: other letters may become two, and the positions would no longer fit."""


def _forms(key: str) -> Iterator[str]:
    """Yield the key as it is, and in writings of all its bytes at once."""
    raw = key.encode("utf-8", "replace")
    yield key
    yield raw.hex()
    for before in range(3):  # the bytes before it, such as a user's name, shift its letters
        encoded = base64.b64encode(bytes(before) + raw).decode()
        # the first letters and the last are made of other bytes, too
        inner = encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        yield inner
        yield inner.translate(str.maketrans("+/", "-_"))


def _pieces(text: str, size: int) -> Iterator[str]:
    return (text[at : at + size] for at in range(len(text) - size + 1))


def _writings(text: str) -> Iterator[tuple[str, list[int]]]:
    """Yield a text as it is, and with its escapes resolved again and again; and where each character of it begins in
    the text, with the text's end as the last."""
    written, starts = text, list(range(len(text) + 1))
    yield written, starts
    for _ in range(_DEPTH):
        before = written
        for pattern, resolved in _ESCAPES:
            written, starts = _resolve(written, starts, pattern, resolved)
        if written == before:
            return
        yield written, starts


def _resolve(
    text: str, starts: list[int], pattern: re.Pattern[str], resolved: Callable[[str], str]
) -> tuple[str, list[int]]:
    if not pattern.search(text):
        return text, starts
    letters: list[str] = []
    begins: list[int] = []
    done = 0
    for match in pattern.finditer(text):
        letters.append(text[done : match.start()])
        begins += starts[done : match.start()]
        done = match.end()
        letter = resolved(match.group())
        letters.append(letter)
        begins += [starts[match.start()]] * len(letter)
    return "".join([*letters, text[done:]]), begins + starts[done:]


def _without(text: str, marked: bytearray) -> str:
    shown: list[str] = []
    done = 0
    for run in re.finditer(rb"\x01+", marked):
        shown += [text[done : run.start()], _SHOWN]
        done = run.end()
    return "".join([*shown, text[done:]])
