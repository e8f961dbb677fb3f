"""Packs of texts of like length, and what happens where memory does not hold one."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.predict import packs


def near(lengths: list[int], budget: int, slack: int) -> list[list[int]]:
    return [[lengths[row] for row in rows] for rows in packs.pack_near_length(lengths, lengths, budget, slack)]


def test_lengths_in_a_pack_differ_by_little() -> None:
    assert near([3, 9, 4, 9, 8, 20], 100, 0) == [[20], [9, 9], [8], [4], [3]]
    assert near([3, 9, 4, 9, 8, 20], 100, 1) == [[20], [9, 9, 8], [4, 3]]
    assert near([3, 9, 4, 9, 8, 20], 18, 1) == [[20], [9, 9], [8], [4, 3]], "no more tokens than the budget"
    assert near([], 18, 1) == []


def test_every_row_is_in_one_pack() -> None:
    lengths = np.random.default_rng(0).integers(1, 90, 200).tolist()
    actual = list(packs.pack_near_length(lengths, lengths, 256, 4))
    assert sorted(int(row) for rows in actual for row in rows) == list(range(200))
    for rows in actual:
        pack_lengths = [lengths[row] for row in rows]
        assert max(pack_lengths) - min(pack_lengths) <= 4
        assert len(rows) == 1 or max(pack_lengths) * len(rows) <= 256
    assert len(actual) < len(list(packs.pack_near_length(lengths, lengths, 256, 0)))


def test_a_pack_that_memory_does_not_hold_is_halved_and_so_are_those_after_it() -> None:
    done: list[int] = []

    def work(rows: packs.Rows) -> None:
        if len(rows) > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        done.extend(int(row) for row in rows)

    packs.run([np.arange(8), np.arange(8, 13)], work, "model lm")
    assert done == list(range(13))
    with pytest.raises(ModelError, match="model lm: memory does not hold a single text"):
        packs.run([np.arange(3)], lambda rows: work(np.arange(9)), "model lm")
    with pytest.raises(RuntimeError, match="another fault"):
        packs.run([np.arange(3)], lambda rows: (_ for _ in ()).throw(RuntimeError("another fault")), "model lm")


def test_a_pack_that_failed_is_gone_before_memory_is_tidied(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[weakref.ref[np.ndarray]] = []
    actual: list[bool] = []

    def work(rows: packs.Rows) -> None:
        large = np.zeros(len(rows))
        held.append(weakref.ref(large))
        if len(rows) > 1:
            raise RuntimeError("can't allocate memory")

    monkeypatch.setattr(packs, "_tidy", lambda: actual.append(any(ref() is not None for ref in held)))
    packs.run([np.arange(4)], work, "model lm")
    assert actual == [False, False]
