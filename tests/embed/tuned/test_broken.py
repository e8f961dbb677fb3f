"""Entities that cannot be learnt, or hardly: each is told by itself, and others do not notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from taskatlas.embed.method import EntityOutputs
from taskatlas.embed.outputs import Outputs, from_labels
from taskatlas.embed.tuned.batches import Pack
from taskatlas.embed.tuned.trainer import TrainingJob
from taskatlas.errors import ModelError
from taskatlas.stages.embed import SHORTEST
from tests.support import random_data
from tests.support.tuned import (
    BRIEF,
    DIM,
    KINDS,
    NAMES,
    Surrogate,
    brief,
    cosine,
    embed,
    free,
    inputs,
    labels,
    soft,
    texts,
    vector,
    watched,
)

Values = Mapping[str, torch.Tensor]


def spoilt(monkeypatch: pytest.MonkeyPatch, below: float) -> list[TrainingJob]:
    """The entity that answers 'spoil' has no number for a loss, nor for a gradient, at rates above `below`; what is
    trained."""
    loss_of = TrainingJob.loss_of

    def broken(job: TrainingJob, pack: Pack, before: torch.Tensor) -> Callable[[Values, Values], torch.Tensor]:
        # its output texts are the only ones that are one number everywhere
        bad = (job.outputs.vectors[:, 0] == job.outputs.vectors[:, 0, :1]).all(dim=1)
        times = torch.where(bad & (job.schedule.rate > below), torch.nan, 1.0)
        results = loss_of(job, pack, before)
        return lambda tuned, head: results(dict(tuned), dict(head)) * times

    monkeypatch.setattr(TrainingJob, "loss_of", broken)
    return watched(monkeypatch)


def spoil() -> EntityOutputs:
    psi = np.stack([np.full(DIM, DIM**-0.5, np.float32), *random_data.vectors(2, DIM)])
    return replace(labels(seed=4), vectors=psi)


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_that_is_no_number_is_tried_at_a_tenth_of_the_rate(
    surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    entities = [labels(), spoil(), soft()]
    expected = [vector(one) for one in embed(brief(name), surrogate, entities)]
    slower = vector(embed(brief(name, replace(BRIEF, rate=0.1 * BRIEF.rate)), surrogate, [spoil()])[0])
    tried = spoilt(monkeypatch, below=0.5 * BRIEF.rate)
    results = embed(brief(name), surrogate, entities)
    assert [one.schedule.rate for one in tried] == pytest.approx([BRIEF.rate, 0.1 * BRIEF.rate])
    for index in (0, 2):
        np.testing.assert_allclose(vector(results[index]), expected[index], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(vector(results[1]), slower, rtol=1e-3, atol=1e-4 * np.abs(slower).max())
    assert [one.reason for one in results] == ["", "", ""]


@pytest.mark.parametrize("name", ["prefix", "fisher"])
def test_one_that_stays_broken_has_no_vector_but_a_reason(
    surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    tried = spoilt(monkeypatch, below=0.0)
    results = embed(brief(name), surrogate, [labels(), spoil(), soft(), spoil()])
    assert len(tried) == 2
    assert [one.vector is None for one in results] == [False, True, False, True]
    assert results[1].reason == f"{name} finds no finite loss, at a tenth of the learning rate neither"
    assert results[1].seconds > 0


@pytest.mark.parametrize("name", NAMES)
def test_answers_that_are_no_numbers_do_not_spoil_others(surrogate: Surrogate, name: str) -> None:
    """ψ with a NaN, as of a broken encoder: without a patch."""
    nan = replace(labels(seed=4), vectors=np.full((3, DIM), np.nan, np.float32))
    expected = [vector(one) for one in embed(brief(name), surrogate, [labels(), soft()])]
    results = embed(brief(name), surrogate, [labels(), nan, soft()])
    assert results[1].vector is None
    for one, other in zip((results[0], results[2]), expected, strict=True):
        np.testing.assert_allclose(vector(one), other, rtol=1e-3, atol=1e-4 * np.abs(other).max())


def test_a_rate_that_is_far_too_high_is_told(surrogate: Surrogate) -> None:
    results = embed(brief("fisher", replace(BRIEF, rate=1e30)), surrogate, [labels(), soft()])
    assert all(one.vector is None and "no finite loss" in one.reason for one in results)


@pytest.mark.parametrize("name", NAMES)
def test_constant_outputs_are_refused_before_and_finite_here(surrogate: Surrogate, name: str) -> None:
    with pytest.raises(ModelError, match="the same for every text"):
        from_labels(["c0"] * 24, ["c0", "c1"])
    weights = np.eye(2, dtype=np.float32)[np.zeros(24, np.int64)]
    constant = EntityOutputs(Outputs(("c0", "c1"), weights, soft=False), random_data.vectors(2, DIM))
    results = vector(embed(brief(name), surrogate, [constant])[0])
    assert np.isfinite(results).all()


def test_one_output_text_teaches_nothing(surrogate: Surrogate) -> None:
    """Its probability is one whatever is tuned, so no length says that there is no vector."""
    one = EntityOutputs(Outputs(("c0",), np.ones((24, 1), np.float32), soft=False), random_data.vectors(1, DIM))
    for name in NAMES:
        results = embed(brief(name), surrogate, [labels(), one])
        assert np.linalg.norm(vector(results[1])) < SHORTEST < np.linalg.norm(vector(results[0]))


@pytest.mark.parametrize("name", NAMES)
def test_outputs_that_the_surrogate_reads_alike_have_no_length(surrogate: Surrogate, name: str) -> None:
    """The stage `embed` flags vectors shorter than SHORTEST."""
    alike = replace(labels(), vectors=np.repeat(labels().vectors[:1], 3, axis=0))
    results = embed(brief(name), surrogate, [labels(), alike])
    assert results[1].vector is None or np.linalg.norm(results[1].vector) < SHORTEST


@pytest.mark.parametrize("reading", ["label_text", "class_head"])
@pytest.mark.parametrize("name", NAMES)
def test_more_classes_than_texts(surrogate: Surrogate, name: str, reading: str) -> None:
    entities = [labels(6, classes=40), free(6), soft(6, classes=2)]
    results = [vector(one) for one in embed(brief(name, reading=reading), surrogate, entities, texts(6))]
    assert all(np.isfinite(one).all() and np.linalg.norm(one) > 1e-6 for one in results)
    alone = vector(embed(brief(name, reading=reading), surrogate, entities[2:], texts(6))[0])
    assert cosine(results[2], alone) > 1 - 1e-6


@pytest.mark.parametrize("name", ["prefix", "prompt", "lora", "fisher"])
@pytest.mark.parametrize("kind", KINDS)
def test_empty_texts(surrogate: Surrogate, kind: str, name: str) -> None:
    """They still have their special tokens, and a second text may be empty, too."""
    own_texts = [("", None), ("", ""), ("a dog", ""), (" ", None), *texts(12)]
    results = vector(embed(brief(name), partial(surrogate, kind), [labels(16)], own_texts)[0])
    assert np.isfinite(results).all()
    assert np.linalg.norm(results) > 1e-3


def test_texts_that_are_cut(surrogate: Surrogate) -> None:
    """What is behind `max_length` tokens does not count."""
    long = [(f"{first} {'dog ' * 30}", None) for first, _ in texts()]
    longer = [(f"{first} {'cat ' * 9}", None) for first, _ in long]
    one, other = (vector(embed(brief("prefix"), surrogate, [labels()], own_inputs)[0]) for own_inputs in (long, longer))
    np.testing.assert_array_equal(one, other)


def test_one_text_is_enough(surrogate: Surrogate) -> None:
    entities = EntityOutputs(
        Outputs(("c0", "c1"), np.eye(2, dtype=np.float32)[1:], soft=False), random_data.vectors(2, DIM)
    )
    own_inputs = inputs(surrogate, texts(1))
    for name in NAMES:
        method = brief(name, replace(BRIEF, rate=1e-4, patience=2))
        assert (
            np.linalg.norm(vector(next(method.share(own_inputs, method.pin(own_inputs)).embed_many([entities])))) > 1e-6
        )
