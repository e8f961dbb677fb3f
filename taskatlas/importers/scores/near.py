"""Names that nearly are names of the registry: somebody may have meant those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from taskatlas.cards.labels import bare

_ENDS = 3
"""Letters at the beginning or the end that two names share before they are compared as a whole."""
_ALIKE = 0.85


def near_misses(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return, of names that are not known, the known one that each nearly is, where there is one.

    Case and what stands between words do not count; a slip of the pen is found where three letters at the beginning or
    at the end are right.

    >>> near_misses(["SST-2", "sst3", "cafe_reviws", "mteb"], ["sst2", "cafe_reviews"])
    {'SST-2': 'sst2', 'cafe_reviws': 'cafe_reviews'}
    """
    known_names = set(known)
    by_end: dict[str, set[str]] = defaultdict(set)
    for name in known_names:
        for end in _ends(bare(name)):
            by_end[end].add(name)
    found = {}
    for name in dict.fromkeys(names):
        if name not in known_names and (near := _nearest(name, by_end)):
            found[name] = near
    return found


def _nearest(name: str, by_end: dict[str, set[str]]) -> str:
    plain = bare(name)
    candidates = {bare(known): known for end in _ends(plain) for known in sorted(by_end.get(end, ()))}
    near = [plain] if plain in candidates else get_close_matches(plain, candidates, n=1, cutoff=_ALIKE)
    return candidates[near[0]] if near else ""


def _ends(plain: str) -> Iterator[str]:
    yield from (f"{plain[:_ENDS]}-", f"-{plain[-_ENDS:]}")
