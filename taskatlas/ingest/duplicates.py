"""Near duplicates: texts that differ by little more than case, a typo or a comma.

Two texts are near duplicates if the Jaccard similarity of their character 5-grams is 0.9 or more; rows of several texts
(pairs, fields, choices) are if each of them is. MinHash LSH (datasketch) finds candidates and the sets themselves
decide, so that what is removed is exact and only a near duplicate that the index misses depends on hashing:
(1 - 0.9**8)**16, 1 in 8,000, at 0.9, and far fewer above. 5-grams see the order of words and short insertions; in a
text of 20 words a replaced word is enough to make another text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from datasketch import MinHash

NEAR = 0.9
"""Jaccard similarity of 5-grams from which on texts are near duplicates."""

_GRAM = 5
_PERMUTATIONS = 128
_BANDS, _ROWS = 16, 8
_MARGIN = 0.1
"""A candidate whose estimated similarity is so far below NEAR (4 standard errors) is not looked at closely."""
_CHUNK = 1 << 16
_MIX = np.uint64(0x9E3779B97F4A7C15)
_POWERS = np.array([pow(0x100000001B3, power, 1 << 64) for power in range(_GRAM)], dtype=np.uint64)


@dataclass(frozen=True)
class Sketch:
    """What similarity needs to know of a row: its MinHash, and the sorted 5-gram hashes of each of its texts."""

    minhash: MinHash
    grams: tuple[NDArray[np.uint32], ...]


def sketch(text: str, *beside: str | None) -> Sketch:
    """Return the sketch of a cleaned text and those that are beside it; upper and lower case are the same."""
    texts = (text, *(each for each in beside if each is not None))
    grams = tuple(_grams(each, position) for position, each in enumerate(texts))
    minhash = _blank().copy()
    hashes = np.concatenate(grams)
    for start in range(0, len(hashes), _CHUNK):  # bounds the memory that a very long text takes
        minhash.update_batch(hashes[start : start + _CHUNK].tolist())
    return Sketch(minhash, grams)


class NearIndex:
    """A growing set of texts that knows whether it holds a near duplicate of another.

    >>> index = NearIndex.of(["The staff were friendly and the rooms were clean and quiet."])
    >>> index.has_near(sketch("The staff were FRIENDLY and the rooms were clean and quiet."))
    True
    >>> index.has_near(sketch("The food was cold."))
    False
    """

    def __init__(self) -> None:
        from datasketch import MinHashLSH

        self._lsh = MinHashLSH(num_perm=_PERMUTATIONS, params=(_BANDS, _ROWS))
        self._grams: list[tuple[NDArray[np.uint32], ...]] = []
        self._marks: list[object] = []
        self._minima = np.empty((1024, _PERMUTATIONS), dtype=np.uint32)

    @classmethod
    def of(cls, texts: Iterable[str]) -> NearIndex:
        """Return an index of texts."""
        index = cls()
        for text in texts:
            index.add(sketch(text))
        return index

    def add(self, new: Sketch, mark: object = None) -> None:
        """Add a text, with a mark by which it can be chosen."""
        key = len(self._grams)
        if key == len(self._minima):
            self._minima = np.concatenate([self._minima, np.empty_like(self._minima)])
        self._lsh.insert(key, new.minhash, check_duplication=False)
        self._minima[key] = new.minhash.hashvalues
        self._grams.append(new.grams)
        self._marks.append(mark)

    def has_near(self, other: Sketch, chosen: Callable[[Any], bool] = lambda _: True) -> bool:
        """Return whether a text that nearly equals `other` was added, with a mark that is chosen. A text is never near
        to a pair, nor a row to one that has more texts."""
        found = [key for key in self._lsh.query(other.minhash) if chosen(self._marks[key])]
        keys = np.array(found, dtype=np.int64)
        # All candidates at once: texts from one template are thousands of candidates to each other.
        estimates = (self._minima[keys] == other.minhash.hashvalues).mean(axis=1)
        return any(_near(self._grams[key], other.grams) for key in keys[estimates >= NEAR - _MARGIN])

    def has_part_near(self, text: str, *beside: str | None) -> bool:
        """Return whether a text that nearly equals this one, or one of those beside it, was added."""
        return any(self.has_near(sketch(each)) for each in (text, *beside) if each is not None)


@cache
def _blank() -> MinHash:
    from datasketch import MinHash

    return MinHash(num_perm=_PERMUTATIONS, seed=1, hashfunc=int)


def _grams(text: str, position: int) -> NDArray[np.uint32]:
    """Return the sorted 32-bit hashes of the 5-grams of a text; those at other places of a row hash differently."""
    padded = text.casefold().ljust(_GRAM)
    codes = np.frombuffer(padded.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    mixed = np.lib.stride_tricks.sliding_window_view(codes, _GRAM) @ _POWERS + np.uint64(position)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


def _near(one: tuple[NDArray[np.uint32], ...], other: tuple[NDArray[np.uint32], ...]) -> bool:
    return len(one) == len(other) and all(_jaccard(a, b) >= NEAR for a, b in zip(one, other, strict=True))


def _jaccard(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> float:
    shared = np.intersect1d(one, other, assume_unique=True).size
    return float(shared / (one.size + other.size - shared))
