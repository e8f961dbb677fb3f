"""Names of cards, made from what files and folders are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from taskatlas.hashing import digest

LONGEST = 60
_HASH = 8


def letters(text: str) -> str:
    """Return `text` in a-z, 0-9, _ and -; '' where it has none of these letters.

    >>> letters("Café reviews (2024)")
    'cafe-reviews-2024'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")


def slug(text: str) -> str:
    """Return `text` in its letters; name one that has none of them by its hash.

    >>> slug("Sentiment, 3 classes")
    'sentiment-3-classes'
    """
    return letters(text) or digest("name", text)[:_HASH]


def card_name(*names: str) -> str:
    """Return a card's name, made of the names of what it is about, the most general first.

    The same names give the same result everywhere. A name that repeats the one before it is left out. What
    is over 60 characters is cut and ends with a hash of the whole.

    >>> card_name("GLUE", "sst2", "sst2", "happy or sad?")
    'glue-sst2-happy-or-sad'
    """
    slugs = [slug(name) for name in names if name.strip()]
    whole = "-".join(each for at, each in enumerate(slugs) if at == 0 or each != slugs[at - 1])
    if len(whole) <= LONGEST:
        return whole
    return f"{whole[: LONGEST - _HASH - 1].rstrip('-_')}-{digest('name', whole)[:_HASH]}"


def distinct(names: Iterable[str]) -> list[str]:
    """Return the names in their order; the second of the same ends with -2, and so on.

    >>> distinct(["plain", "plain", "short"])
    ['plain', 'plain-2', 'short']
    """
    taken: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 2
        while candidate in taken:
            ending = f"-{number}"
            candidate, number = name[: LONGEST - len(ending)] + ending, number + 1
        taken.add(candidate)
        unique.append(candidate)
    return unique
