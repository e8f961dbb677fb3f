"""What the two readings see of an entity's outputs, and what they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from taskatlas.embed.method import EntityOutputs
from taskatlas.embed.outputs import from_numbers
from taskatlas.embed.tuned import readout, trainer
from taskatlas.embed.tuned.tunable import Tunable
from tests.support import random_data
from tests.support.tuned import (
    BRIEF,
    DIM,
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
    texts,
    training_job,
    vector,
)


def permuted(entity: EntityOutputs, order: list[int]) -> EntityOutputs:
    """The same answers, with the classes in another order."""
    outputs = entity.outputs
    changed = replace(outputs, texts=tuple(outputs.texts[c] for c in order), weights=outputs.weights[:, order])
    return replace(entity, outputs=changed, vectors=entity.vectors[order])


def hardened(entity: EntityOutputs) -> EntityOutputs:
    """The heaviest class of each text and nothing else."""
    one_hot = np.eye(len(entity.outputs.texts), dtype=np.float32)[entity.outputs.top]
    return replace(entity, outputs=replace(entity.outputs, weights=one_hot))


def both(
    surrogate: Surrogate, name: str, reading: str, one: EntityOutputs, other: EntityOutputs
) -> tuple[np.ndarray, np.ndarray]:
    first, second = embed(brief(name, reading=reading), surrogate, [one, other])
    return vector(first), vector(second)


@pytest.mark.parametrize("name", NAMES)
def test_class_order_cannot_matter_to_label_text(surrogate: Surrogate, name: str) -> None:
    for entity, order in ((labels(), [2, 0, 1]), (soft(classes=20), list(range(20))[::-1]), (numbers(), [1, 0])):
        # an order of poles is not `numeric`, and needs no other loss than classes do
        first, other = both(surrogate, name, "label_text", entity, permuted(entity, order))
        assert cosine(first, other) > 1 - 1e-6
        np.testing.assert_allclose(first, other, atol=1e-4 * np.abs(first).max())


def test_class_order_matters_to_a_class_head(surrogate: Surrogate) -> None:
    first, other = both(surrogate, "prefix", "class_head", labels(), permuted(labels(), [2, 0, 1]))
    assert cosine(first, other) < 0.99


@pytest.mark.parametrize("reading", ["label_text", "class_head"])
def test_soft_targets_are_used(surrogate: Surrogate, reading: str) -> None:
    first, other = both(surrogate, "prefix", reading, soft(), hardened(soft()))
    assert cosine(first, other) < 0.99


def test_texts_of_labels_count_in_label_text_alone(surrogate: Surrogate) -> None:
    renamed = replace(labels(), vectors=random_data.vectors(3, DIM, seed=55))
    assert cosine(*both(surrogate, "prefix", "label_text", labels(), renamed)) < 0.9
    np.testing.assert_array_equal(*both(surrogate, "prefix", "class_head", labels(), renamed))


@pytest.mark.parametrize("entity", [labels(classes=20), free(), numbers()], ids=["twenty", "free", "numbers"])
@pytest.mark.parametrize("reading", ["label_text", "class_head"])
def test_many_classes_free_texts_and_numbers(surrogate: Surrogate, reading: str, entity: EntityOutputs) -> None:
    """Training lowers the loss, though these answers are random."""
    method = brief("prefix", reading=reading)
    own_inputs = inputs(surrogate)
    held = training_job(method.share(own_inputs, method.pin(own_inputs)), [entity], replace(BRIEF, epochs=8))
    learnt = trainer.train(held)
    before = trainer.pooled_before(held)
    start = {name: value[None] for name, value in held.start.items()}
    head = readout.READOUTS[method.reading].start(held.tunable, held.outputs, held.seed)
    with torch.no_grad():
        first, last = (
            sum(held.loss_of(pack, before)(*point) for pack in held.texts.packs(np.arange(24)))
            for point in ((start, head), (learnt.tuned, learnt.head))
        )
    assert float(last) < 0.98 * float(first)
    assert bool(learnt.finite.all())


def test_label_text_starts_without_an_opinion(surrogate: Surrogate) -> None:
    """Log-odds are zero, so the loss is log C for C classes, whatever others learn beside."""
    method = brief("prefix")
    own_inputs = inputs(surrogate)
    held = training_job(
        method.share(own_inputs, method.pin(own_inputs)), [labels(classes=2), labels(classes=7), soft(classes=4)]
    )
    before = trainer.pooled_before(held)
    start = {name: value.expand(3, *value.shape) for name, value in held.start.items()}
    with torch.no_grad():
        losses = sum(held.loss_of(pack, before)(start, {}) for pack in held.texts.packs(np.arange(24)))
    np.testing.assert_allclose(losses / len(texts()), np.log([2, 7, 4]), rtol=1e-5)


def test_losses_of_classes_are_torchs_cross_entropy() -> None:
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    weights = torch.from_numpy(soft(6, 4).outputs.weights)
    expected = functional.cross_entropy(logits, weights, reduction="none")
    torch.testing.assert_close(readout.soft_cross_entropy(logits, weights), expected)


def test_a_class_head_learns_numbers_by_squared_error() -> None:
    """Of the second pole's logit, and of ranks with mean 0 and standard deviation 1."""
    ranks = np.random.default_rng(0).permutation(1000).astype(np.float64)
    answers = {"weights": torch.from_numpy(from_numbers(ranks).weights), "known": torch.ones(2, dtype=torch.bool)}
    head = {"head.weight": torch.eye(2), "head.bias": torch.zeros(2)}

    def losses(logits: torch.Tensor) -> torch.Tensor:
        return readout.ClassHead().losses(lambda _: logits, head, {}, logits, answers, numeric=True)

    assert float(losses(torch.zeros(1000, 2)).mean()) == pytest.approx(0.5, rel=0.01)
    standardised = torch.from_numpy((ranks - ranks.mean()) / ranks.std()).float()
    exact = torch.stack([torch.full((1000,), 99.0), standardised], dim=1)
    assert float(losses(exact).max()) < 1e-5
    torch.testing.assert_close(losses(exact + 2.0), torch.full((1000,), 2.0), atol=0.02, rtol=0)


def test_numbers_that_order_texts_alike_have_one_vector(surrogate: Surrogate) -> None:
    values = np.random.default_rng(0).normal(size=24)
    psi = random_data.vectors(2, DIM)
    one, other = (EntityOutputs(from_numbers(scores), psi) for scores in (values, 10 * np.exp(values)))
    np.testing.assert_array_equal(*both(surrogate, "prefix", "class_head", one, other))


def test_absent_classes_get_no_probability(surrogate: Surrogate) -> None:
    """Padding of classes: its logits, its weights and its gradient are nothing."""
    pairs = [(entity.outputs, entity.vectors) for entity in (labels(classes=2), labels(classes=5))]
    stacked = readout.stack_outputs(pairs, torch.device("cpu"))
    assert stacked.known.sum(dim=1).tolist() == [2, 5]
    tunable = Tunable(surrogate(), "tiny")
    head = readout.ClassHead().start(tunable, stacked, 0)
    # column c is the same for every entity, and does not depend on how many classes others have
    two = readout.stack_outputs([(labels(classes=2).outputs, labels(classes=2).vectors)], torch.device("cpu"))
    alone = readout.ClassHead().start(tunable, two, 0)
    torch.testing.assert_close(head["head.weight"][0, :, :2], alone["head.weight"][0])
    pooled = torch.randn(3, DIM, generator=torch.Generator().manual_seed(0))
    answers = {name: value[0] for name, value in stacked.on(torch.arange(3)).items()}
    for readings in (readout.LabelText(), readout.ClassHead()):
        first = {name: value[0] for name, value in head.items()}
        logits = readings.logits(first, pooled, pooled.flip(0), answers)
        assert logits.softmax(dim=1)[:, 2:].abs().max() == 0
        assert logits.softmax(dim=1)[:, :2].min() > 1e-9
