"""`fisher` equals the double loop that its definition says: per text, plain autograd, no vmap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional

from taskatlas.embed.method import EntityOutputs
from taskatlas.embed.tuned import trainer
from taskatlas.embed.tuned.method import SharedTuned
from taskatlas.embed.tuned.schedule import Schedule
from taskatlas.predict.encode import Encoder
from tests.support.tuned import (
    DIM,
    KINDS,
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

FINE = Schedule(2e-3, epochs=1, batch=8)
Head = dict[str, torch.Tensor]


def trained(shared: SharedTuned, entity: EntityOutputs) -> tuple[np.ndarray, Head, Head]:
    """An entity's vector, and the point where it was taken; another entity is trained beside it."""
    job = training_job(shared, [entity, labels(classes=4, seed=9)], FINE)
    learnt = trainer.train(job)
    first = next(iter(shared.method.vectors(job, learnt)))
    tuned, head = ({name: value[0] for name, value in part.items()} for part in (learnt.tuned, learnt.head))
    return first, tuned, head


def pooled(encoder: Encoder, row: int) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    """One text by itself, without padding: its vector [1, d] and its layers."""
    batch = encoder.padded(encoder.tokenise([texts()[row]]))
    states = encoder.model(**batch, output_hidden_states=True).hidden_states
    return states[-1].mean(dim=1), states


def loss_of(entity: EntityOutputs, row: int, vectors: torch.Tensor, before: torch.Tensor, head: Head) -> torch.Tensor:
    """−log p(y | x), read as `readout` says, written out for one text."""
    weights = torch.from_numpy(entity.outputs.weights[row])
    if head:
        logits = vectors[0] @ head["head.weight"][:, : len(weights)] + head["head.bias"][: len(weights)]
        if entity.outputs.numeric:
            return 0.5 * (logits[1] - (weights[1] - 0.5) * 12**0.5) ** 2
    else:
        moved = functional.normalize(vectors[0], dim=0) - functional.normalize(before[0], dim=0)
        logits = 20.0 * torch.from_numpy(entity.vectors) @ moved
    return functional.cross_entropy(logits[None], weights[None])


def brute(
    load: Callable[[], Encoder], entity: EntityOutputs, tuned: Head, head: Head, *, of: str, squares: str
) -> np.ndarray:
    untuned, encoder = load(), load()
    named = dict(encoder.model.named_parameters())
    tuned_parameters = [named[name.removeprefix("module.")] for name in sorted(tuned)]
    for value, name in zip(tuned_parameters, sorted(tuned), strict=True):
        value.data = tuned[name].clone()
    gradients = []
    for row in range(len(texts())):
        with torch.no_grad():
            before, _ = pooled(untuned, row)
        vectors, states = pooled(encoder, row)
        loss = loss_of(entity, row, vectors, before, head)
        if of == "weights":
            gradients.append(torch.cat([g.ravel() for g in torch.autograd.grad(loss, tuned_parameters)]))
        else:
            gradients.append(torch.cat([g[0].sum(dim=0) for g in torch.autograd.grad(loss, states[1:])]))
    stacked = torch.stack(gradients).double()
    expected = (stacked**2).mean(dim=0) if squares == "per_text" else stacked.mean(dim=0) ** 2
    return expected.numpy()


@pytest.mark.parametrize("reading", ["label_text", "class_head"])
@pytest.mark.parametrize("squares", ["per_text", "of_mean"])
@pytest.mark.parametrize("of", ["weights", "outputs"])
@pytest.mark.parametrize("kind", ["bert", "t5"])
def test_fisher_equals_the_double_loop(surrogate: Surrogate, kind: str, of: str, squares: str, reading: str) -> None:
    method = brief("fisher", fisher_of=of, fisher_squares=squares, reading=reading)
    shared = method.share(inputs(lambda: surrogate(kind)), {})
    information, tuned, head = trained(shared, labels())
    expected = brute(lambda: surrogate(kind), labels(), tuned, head, of=of, squares=squares)
    assert np.linalg.norm(information - expected) < 1e-5 * np.linalg.norm(expected)
    assert (information >= 0).all()


@pytest.mark.parametrize("entity", [soft(), free(), numbers()], ids=["soft", "free", "numbers"])
@pytest.mark.parametrize("kind", ["roberta", "modernbert"])
def test_so_it_does_for_other_outputs_and_surrogates(surrogate: Surrogate, kind: str, entity: EntityOutputs) -> None:
    method = brief("fisher")
    information, tuned, head = trained(method.share(inputs(lambda: surrogate(kind)), {}), entity)
    expected = brute(lambda: surrogate(kind), entity, tuned, head, of="weights", squares="per_text")
    assert np.linalg.norm(information - expected) < 1e-5 * np.linalg.norm(expected)


def test_numbers_with_a_class_head(surrogate: Surrogate) -> None:
    """The gradient of a squared error."""
    method = brief("fisher", reading="class_head")
    shared = method.share(inputs(surrogate), {})
    job = training_job(shared, [numbers(seed=1), numbers()], FINE)
    learnt = trainer.train(job)
    ours = list(method.vectors(job, learnt))[1]
    tuned, head = ({name: value[1] for name, value in part.items()} for part in (learnt.tuned, learnt.head))
    expected = brute(surrogate, numbers(), tuned, head, of="weights", squares="per_text")
    assert np.linalg.norm(ours - expected) < 1e-5 * np.linalg.norm(expected)


def test_the_four_kinds_of_fisher_differ(surrogate: Surrogate) -> None:
    """What texts disagree about is in the mean of squares, and not in the square of the mean."""
    whole, cancelled = (
        vector(embed(brief("fisher", FINE, fisher_squares=squares), surrogate, [labels()])[0])
        for squares in ("per_text", "of_mean")
    )
    assert (cancelled <= whole * (1 + 1e-4) + 1e-12).all()  # Jensen's inequality
    assert cosine(whole, cancelled) < 0.999
    outputs = vector(embed(brief("fisher", FINE, fisher_of="outputs"), surrogate, [labels()])[0])
    assert outputs.shape == (2 * DIM,)
    assert whole.size > outputs.size


@pytest.mark.parametrize("kind", KINDS)
def test_packs_without_padding_hold_every_text_once(surrogate: Surrogate, kind: str) -> None:
    held = brief("fisher").share(inputs(lambda: surrogate(kind)), {}).texts
    rows = np.arange(3, 24)
    packs = list(held.even_packs(rows, 2))
    assert sorted(row for pack in packs for row in pack.rows) == rows.tolist()
    for pack in packs:
        assert 1 <= len(pack.rows) <= 2
        assert {held.lengths[row] for row in pack.rows} == {pack.inputs["input_ids"].shape[1]}
        assert "attention_mask" not in pack.inputs


@pytest.mark.parametrize("kind", KINDS)
def test_word_vectors_are_not_part_of_it(surrogate: Surrogate, kind: str) -> None:
    """They would be most of it, and say which words the texts have."""
    shared = brief("fisher").share(inputs(lambda: surrogate(kind)), {})
    words = shared.tunable.word_vectors().data_ptr()
    tuned = dict(shared.tunable.named_parameters())
    assert all(tuned[name].data_ptr() != words for name in shared.start)
