"""Work in packs of texts of like length, as large as memory holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from taskatlas.errors import ModelError
from taskatlas.predict import stopwatch

Rows = npt.NDArray[np.int64]


def pack_by_length(lengths: Sequence[int], budget: int) -> Iterator[Rows]:
    """Yield rows in packs of about equal length, the longest first so that a lack of memory shows at once.

    Args:
        lengths: tokens per row.
        budget: tokens per pack, padding included; a longer row is a pack of its own.

    >>> [rows.tolist() for rows in pack_by_length([3, 9, 4, 2], budget=8)]
    [[1], [2, 0], [3]]

    """
    order = np.argsort(-np.asarray(lengths, np.int64), kind="stable")
    start = 0
    while start < len(order):
        size = max(1, budget // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def pack_near_length(lengths: Sequence[int], sizes: Sequence[int], budget: int, slack: int) -> Iterator[Rows]:
    """Yield rows in packs of nearly one length, the longest first.

    Args:
        lengths: tokens per row that have to be nearly alike.
        sizes: tokens per row that count.
        budget: of these per pack; a larger row is a pack of its own.
        slack: by how much lengths in a pack may differ.

    """
    order = np.argsort(-np.asarray(lengths, np.int64), kind="stable")
    falling = np.asarray(lengths, np.int64)[order]
    first = 0
    while first < len(order):
        end = int(np.searchsorted(-falling, slack - falling[first], side="right"))
        alike = order[first:end]
        size = max(1, budget // max(1, *(sizes[row] for row in alike)))
        yield from (alike[start : start + size] for start in range(0, len(alike), size))
        first = end


def run(packs: Iterable[Rows], work: Callable[[Rows], None], where: str) -> dict[int, float]:
    """Do the work of each pack; one that does not fit into memory is halved, and so are those after it. What is
    finished stays finished.

    Returns:
        For each row the seconds of its pack, shared out equally.

    Raises:
        ModelError: memory does not hold a single row.
    """
    waiting, limit = deque(packs), 0
    seconds: dict[int, float] = {}
    while waiting:
        rows = waiting.popleft()
        if limit and len(rows) > limit:
            waiting.extendleft([rows[limit:], rows[:limit]])
            continue
        try:
            with stopwatch.batch(len(rows)) as each:
                work(rows)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            if len(rows) == 1:
                todo = "lower max_length on its card, choose a smaller model, or another device"
                raise ModelError("memory does not hold a single text", where=where, todo=todo) from error
        else:
            seconds |= dict.fromkeys(rows.tolist(), each.seconds)
            continue
        # not before the error is gone, as its traceback holds what the pack had in memory
        limit = len(rows) // 2
        waiting.appendleft(rows)
        _tidy()
    return seconds


def out_of_memory(error: BaseException) -> bool:
    """Return whether torch ran out of memory. A processor's error has no type of its own; its text is the first one on
    Windows, the second one elsewhere."""
    import torch

    messages = ("not enough memory", "can't allocate memory")
    return isinstance(error, torch.OutOfMemoryError) or any(text in str(error) for text in messages)


def _tidy() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
