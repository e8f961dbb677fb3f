"""Seconds per answer, taken batch by batch where batches are read, and told to whoever answers with them.

A batch's seconds are shared out equally among its texts, so they say what a text takes among others, as thousands are
answered: loading weights and splitting texts into tokens are not in them. They are counted by their value, rounded to
three digits, so that those of several text sets add up and keep their median.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np

Seconds = Counter[float]
"""Seconds per answer → how many answers took them."""
_running: ContextVar[tuple[Seconds, ...]] = ContextVar("running", default=())


@contextmanager
def running() -> Iterator[Seconds]:
    """Yield what the batches within the block take; a block within another counts for both.

    >>> with running() as seconds:
    ...     took(0.25, texts=2)
    >>> seconds
    Counter({0.25: 2})
    """
    seconds: Seconds = Counter()
    token = _running.set((*_running.get(), seconds))
    try:
        yield seconds
    finally:
        _running.reset(token)


@dataclass
class Batch:
    """A batch under way.

    Attributes:
        seconds: per text, once it is done.
    """

    seconds: float = 0.0


@contextmanager
def batch(texts: int) -> Iterator[Batch]:
    """Take the time of a batch; one that fails is not counted."""
    started, found = time.perf_counter(), Batch()
    yield found
    found.seconds = rounded((time.perf_counter() - started) / texts)
    took(found.seconds, texts)


def took(seconds: float, texts: int = 1) -> None:
    """Count texts that took so many seconds each."""
    for counted in _running.get():
        counted[seconds] += texts


def rounded(seconds: float) -> float:
    """Return seconds with three digits that count."""
    return float(f"{seconds:.3g}")


def quantile(seconds: Mapping[float, int], share: float) -> float | None:
    """Return the least seconds within which at least a share of the answers came; None where there are none.

    >>> quantile({0.1: 94, 2.0: 6}, 0.5), quantile({0.1: 94, 2.0: 6}, 0.95)
    (0.1, 2.0)
    """
    if not seconds:
        return None
    values = sorted(seconds)
    reached = np.cumsum([seconds[value] for value in values])
    return values[int(np.searchsorted(reached, share * reached[-1]))]
