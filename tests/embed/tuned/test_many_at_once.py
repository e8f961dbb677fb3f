"""Entities are trained many at once, and each as if it were alone."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
import torch

from taskatlas.embed.method import VectorResult
from taskatlas.embed.tuned import batches, memory, trainer
from taskatlas.embed.tuned.schedule import Schedule
from taskatlas.embed.tuned.tunable import Tunable
from taskatlas.errors import ModelError
from tests.support.tuned import (
    BRIEF,
    NAMES,
    Surrogate,
    brief,
    cosine,
    embed,
    free,
    inputs,
    labels,
    numbers,
    soft,
    vector,
    watched,
)

EIGHT = [labels(classes=2), labels(classes=5, seed=1), soft(seed=2), labels(seed=3), soft(classes=7, seed=4),
         free(seed=5), labels(classes=9, seed=6), soft(classes=2, seed=7)]  # fmt: skip
GIB = 2**30


def same(actual: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> None:
    for one, other in zip(actual, expected, strict=True):
        assert cosine(one, other) > 1 - 1e-6
        # padding changes the order of sums, and training carries that on: on other processors to more than 1e-4
        np.testing.assert_allclose(one, other, atol=5e-4 * np.abs(other).max())


@pytest.mark.parametrize("reading", ["label_text", "class_head"])
@pytest.mark.parametrize(("kind", "name"), [*(("bert", name) for name in NAMES), ("t5", "prefix")])
def test_eight_at_once_equal_each_alone(surrogate: Surrogate, kind: str, name: str, reading: str) -> None:
    """The eight have 2 to 16 output texts, so all but one are padded."""
    method, load = brief(name, reading=reading), partial(surrogate, kind)
    shared_inputs = inputs(load)
    pinned = method.pin(shared_inputs)
    together = [vector(actual) for actual in method.share(shared_inputs, pinned).embed_many(EIGHT)]
    shared = method.share(shared_inputs, pinned)
    alone = [vector(next(shared.embed_many([entity]))) for entity in EIGHT]
    same(together, alone)
    # or the comparison would say nothing
    assert max(cosine(together[0], other) for other in together[1:]) < 0.99


def test_results_do_not_depend_on_groups(surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = watched(monkeypatch)
    actual = {}
    for size in (8, 3):
        monkeypatch.setattr(memory, "group_size", lambda *_, size=size: size)
        actual[size] = [vector(one) for one in embed(brief("lora"), surrogate, EIGHT)]
    assert [len(one.outputs) for one in trained] == [8, 3, 3, 2]
    same(actual[3], actual[8])


def test_a_group_that_failed_is_gone_before_memory_is_tidied(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[weakref.ref[np.ndarray]] = []
    actual: list[bool] = []

    def work(shared_inputs: Sequence[int]) -> list[int]:
        large = np.zeros(len(shared_inputs))
        held.append(weakref.ref(large))
        if len(shared_inputs) > 1:
            raise torch.OutOfMemoryError
        return list(shared_inputs)

    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: actual.append(any(ref() is not None for ref in held)))
    tunable: Any = SimpleNamespace(device=torch.device("cuda"), surrogate="tiny")
    assert list(memory.run_in_groups(work, range(4), tunable, 4)) == [0, 1, 2, 3]
    assert actual == [False, False]


@pytest.mark.parametrize("name", ["prefix", "fisher"])
def test_results_do_not_depend_on_packs(surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A step's texts are summed over packs, of which there are one per step here at first."""
    whole = [vector(one) for one in embed(brief(name), surrogate, EIGHT[:3])]
    monkeypatch.setattr(batches, "CPU_TOKENS", 20)
    held = brief(name).share(inputs(surrogate), brief(name).pin(inputs(surrogate))).texts
    packs = [len(step) for step in held.steps(np.arange(24), BRIEF.batch, [0, 0])]
    assert min(packs) > 2
    same([vector(one) for one in embed(brief(name), surrogate, EIGHT[:3])], whole)


def test_a_mix_comes_back_in_order(surrogate: Surrogate) -> None:
    """Datasets train otherwise than subjects here, free texts longer than classes, and numbers are a group of their
    own."""
    subjects, datasets = Schedule(1e-2, epochs=2, generated=3, batch=8), Schedule(5e-3, epochs=1, batch=8)
    mixed = [
        free(), labels(is_dataset=True), labels(seed=1), numbers(), replace(numbers(seed=1), is_dataset=True),
        free(seed=2), labels(seed=3), labels(seed=1, is_dataset=True),
    ]  # fmt: skip
    method = brief("prefix", subjects, datasets, reading="class_head")
    actual = [vector(one) for one in embed(method, surrogate, mixed)]
    same(actual, [vector(embed(method, surrogate, [entity])[0]) for entity in mixed])
    assert cosine(actual[2], actual[7]) < 0.999  # the same answers as a subject's and as a dataset's


def test_vectors_come_as_soon_as_they_are_made(surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "group_size", lambda *_: 2)
    trained = watched(monkeypatch)
    method = brief("prefix")
    shared_inputs = inputs(surrogate)
    came: Iterator[VectorResult] = method.share(shared_inputs, method.pin(shared_inputs)).embed_many(EIGHT[:5])
    seen = [sum(len(one.outputs) for one in trained) for _ in came]
    assert seen == [2, 2, 4, 4, 5]


def holds(monkeypatch: pytest.MonkeyPatch, most: int, error: Exception) -> list[int]:
    """Memory holds so many entities; the sizes that were tried."""
    tried: list[int] = []
    train = trainer.train

    def limited(job: trainer.TrainingJob) -> trainer.TrainingResult:
        tried.append(len(job.outputs))
        if len(job.outputs) > most:
            raise error
        return train(job)

    monkeypatch.setattr(trainer, "train", limited)
    return tried


def too_much() -> Exception:
    """What torch raises on this machine's processor."""
    try:
        torch.empty(2**60)
    except RuntimeError as error:
        return error
    raise AssertionError("this machine has an exabyte of memory")


def test_what_does_not_fit_is_tried_in_halves(surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [vector(one) for one in embed(brief("prefix"), surrogate, EIGHT)]
    tried = holds(monkeypatch, 2, torch.OutOfMemoryError("CUDA out of memory"))
    same([vector(one) for one in embed(brief("prefix"), surrogate, EIGHT)], expected)
    assert tried == [8, 4, 2, 2, 2, 2]


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory: you tried to allocate 4"),
        too_much(),
    ],
    ids=["cuda", "windows", "here"],
)
def test_one_that_does_not_fit_alone_is_told(
    surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    tried = holds(monkeypatch, 0, error)
    with pytest.raises(ModelError, match=r"surrogate tiny: memory does not hold .* Lower max_length"):
        embed(brief("prefix"), surrogate, EIGHT[:4])
    assert tried == [4, 2, 1]


def test_other_errors_are_not_taken_for_a_lack_of_memory(surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = holds(monkeypatch, 0, RuntimeError("the size of tensor a must match the size of tensor b"))
    with pytest.raises(RuntimeError, match="must match"):
        embed(brief("prefix"), surrogate, EIGHT[:4])
    assert tried == [4]


def test_fewer_at_once_where_there_is_less_memory(surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch) -> None:
    tunable = Tunable(surrogate(), "tiny")

    def fits(free_bytes: float, tuned: int = 1000) -> int:
        monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=int(free_bytes)))
        return memory.group_size(tunable, tuned)

    assert fits(1000 * GIB) == memory.MOST["cpu"]
    assert fits(0) == 1  # one is always tried
    actual = [fits(GIB * share / 32) for share in range(1, 9)]
    assert actual == sorted(actual)
    assert 1 <= actual[0] < memory.MOST["cpu"]
    # what is tuned counts, too
    assert fits(4 * GIB, 10**9) == 1 < fits(4 * GIB, 10**6)


def test_longer_trainings_differ(surrogate: Surrogate) -> None:
    """The vectors compared above are of what was learnt, and more steps change them."""
    one, more = (vector(embed(brief("prefix", replace(BRIEF, epochs=e)), surrogate, EIGHT[:1])[0]) for e in (1, 3))
    assert np.linalg.norm(more) > 1.5 * np.linalg.norm(one)
