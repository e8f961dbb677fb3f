"""Names of cards, made from what files and folders are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from taskatlas.hashing import digest

LONGEST = 60
_HASH = 8


def letters(text: str) -> str:
    """`text` in a-z, 0-9, _ and -; empty where it has none of these letters."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")


def slug(text: str) -> str:
    """`text` in its letters; one that has none of them is named by its hash."""
    return letters(text) or digest("name", text)[:_HASH]


def card_name(*parts: str) -> str:
    """A card's name from what it is about, the largest thing first; the same parts give the same name everywhere.

    A part that repeats the one before it is left out. A name that would be too long is cut and ends with a hash of
    what was cut.
    """
    slugs = [slug(part) for part in parts if part.strip()]
    whole = "-".join(each for at, each in enumerate(slugs) if at == 0 or each != slugs[at - 1])
    if len(whole) <= LONGEST:
        return whole
    return f"{whole[: LONGEST - _HASH - 1].rstrip('-_')}-{digest('name', whole)[:_HASH]}"


def distinct(names: Iterable[str]) -> list[str]:
    """The names in their order; the second of the same ends with -2, and so on."""
    taken: set[str] = set()
    found = []
    for name in names:
        chosen, number = name, 2
        while chosen in taken:
            ending = f"-{number}"
            chosen, number = name[: LONGEST - len(ending)] + ending, number + 1
        taken.add(chosen)
        found.append(chosen)
    return found
