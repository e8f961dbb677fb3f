"""Names of cards, made from what a file calls things."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from taskatlas.hashing import digest

_MOST = 60
_HASH = 8


def slug(text: str) -> str:
    """`text` in a-z, 0-9, _ and -; a text that has none of these letters is named by its hash."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_") or digest("name", text)[:_HASH]


def card_name(*parts: str) -> str:
    """A card's name from what it is about, the largest thing first; the same parts give the same name everywhere.

    A part that repeats the one before it is left out. A name that would be too long is cut and ends with a hash of
    what was cut.
    """
    slugs = [slug(part) for part in parts if part.strip()]
    whole = "-".join(each for at, each in enumerate(slugs) if at == 0 or each != slugs[at - 1])
    if len(whole) <= _MOST:
        return whole
    return f"{whole[: _MOST - _HASH - 1].rstrip('-_')}-{digest('name', whole)[:_HASH]}"


def distinct(names: Iterable[str]) -> list[str]:
    """The names in their order; the second of the same ends with -2, and so on."""
    taken: set[str] = set()
    found = []
    for name in names:
        chosen, number = name, 2
        while chosen in taken:
            ending = f"-{number}"
            chosen, number = name[: _MOST - len(ending)] + ending, number + 1
        taken.add(chosen)
        found.append(chosen)
    return found
