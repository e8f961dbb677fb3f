"""An encoder-decoder that writes outputs: what it learns is what transformers' own loss teaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from taskatlas.embed.method import EntityOutputs
from taskatlas.embed.tuned import trainer
from taskatlas.embed.tuned.lora import ALPHA, RANK
from taskatlas.embed.tuned.readout import stack_outputs
from taskatlas.embed.tuned.tunable import Tunable
from taskatlas.errors import InputError
from taskatlas.predict.encode import Encoder
from tests.support.checkpoints import BERT_WORDS
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
    soft,
    texts,
    training_job,
    vector,
)

WRITERS = [name for name in NAMES if name != "bitfit"]
"""T5 has no biases."""


def named(entity: EntityOutputs, seed: int = 0) -> EntityOutputs:
    """The same outputs in words that the surrogate knows, one or two of them."""
    words = BERT_WORDS[5:]
    drawn = np.random.default_rng(seed).permutation([*words, *(f"{a} {b}" for a in words for b in words)])
    return replace(entity, outputs=replace(entity.outputs, texts=tuple(map(str, drawn[: len(entity.outputs.texts)]))))


@pytest.fixture
def t5(surrogate: Surrogate) -> partial[Encoder]:
    return partial(surrogate, "t5")


def losses(
    encoder: Encoder, entity: EntityOutputs, model: torch.nn.Module, rows: Sequence[int]
) -> Iterator[torch.Tensor]:
    """−log p of each text's outputs by transformers' own loss, a text and an output at a time."""
    for row in rows:
        batch = encoder.padded(encoder.tokenise([texts()[row]]))
        for weight, text in zip(entity.outputs.weights[row], entity.outputs.texts, strict=True):
            if weight > 0:
                target_tokens = torch.tensor([encoder.tokenise([(text, None)])[0]["input_ids"]])
                yield weight * model(**batch, labels=target_tokens).loss * target_tokens.shape[1]


@pytest.mark.parametrize("entity", [named(labels()), named(soft())], ids=["hard", "soft"])
def test_losses_are_transformers_own(t5: partial[Encoder], entity: EntityOutputs) -> None:
    method, own_inputs = brief("prompt", reading="text_to_text"), inputs(t5)
    held = training_job(method.share(own_inputs, method.pin(own_inputs)), [entity, named(free(), 3)])
    held.tunable.soft_prompt = None
    actual = np.zeros(24)
    with torch.no_grad():
        for pack in held.texts.packs(np.arange(24)):
            one = {name: value[0] for name, value in held.outputs.on(torch.from_numpy(pack.rows)).items()}
            tokens = one["tokens"][one["picked"]]
            written = held.tunable(pack.inputs, write=tokens)
            actual[pack.rows] = -(one["weights"].gather(1, one["picked"]) * written).sum(dim=1).numpy()
        encoder = t5()
        model = encoder.load_writer()
        expected = [float(sum(losses(encoder, entity, model, [row]))) for row in range(24)]
    np.testing.assert_allclose(actual, expected, rtol=1e-4)


@pytest.mark.parametrize("entity", [named(labels()), named(soft())], ids=["hard", "soft"])
def test_training_among_others_equals_a_plain_loop(t5: partial[Encoder], entity: EntityOutputs) -> None:
    from peft import LoraConfig, inject_adapter_in_model

    method, own_inputs = brief("lora", reading="text_to_text"), inputs(t5)
    shared = method.share(own_inputs, method.pin(own_inputs))
    learnt = trainer.train(training_job(shared, [named(free(), 3), entity]))
    encoder = t5()
    model = encoder.load_writer()
    model.requires_grad_(requires_grad=False)
    inject_adapter_in_model(LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=["q", "v"]), model.encoder)
    tuned = {name: model.encoder.get_parameter(name.removeprefix("module.encoder.")) for name in shared.start}
    for name, value in tuned.items():
        value.data = shared.start[name].clone()
    optimizer = torch.optim.AdamW(list(tuned.values()), lr=BRIEF.rate, weight_decay=0.0)
    for epoch in range(BRIEF.epochs):
        order = np.random.default_rng([0, epoch]).permutation(24)
        for rows in np.split(order, range(BRIEF.batch, 24, BRIEF.batch)):
            optimizer.zero_grad()
            torch.autograd.backward(torch.stack(list(losses(encoder, entity, model, rows))).sum() / len(rows))
            optimizer.step()
    for name, value in tuned.items():
        ours, theirs = (
            actual.detach().numpy() - shared.start[name].numpy() for actual in (learnt.tuned[name][1], value)
        )
        assert np.abs(theirs).max() > 0.02
        assert cosine(ours.ravel(), theirs.ravel()) > 0.999


@pytest.mark.parametrize("of", ["weights", "outputs"])
def test_fisher_equals_the_double_loop(t5: partial[Encoder], of: str) -> None:
    entity = named(soft())
    method = brief("fisher", replace(BRIEF, rate=2e-3), reading="text_to_text", fisher_of=of)
    shared = method.share(inputs(t5), {})
    held = training_job(shared, [entity, named(labels(classes=4), 9)], replace(BRIEF, rate=2e-3))
    learnt = trainer.train(held)
    actual = next(iter(method.vectors(held, learnt)))
    encoder = t5()
    model = encoder.load_writer()
    # the decoder reads its words from the same table, which is not tuned
    weights = {name: model.encoder.get_parameter(name.removeprefix("module.encoder.")) for name in sorted(learnt.tuned)}
    for name, value in weights.items():
        value.data = learnt.tuned[name][0].clone()
    squares = []
    for row in range(24):
        if of == "weights":
            loss = torch.stack(list(losses(encoder, entity, model, [row]))).sum()
            gradients = [g.ravel() for g in torch.autograd.grad(loss, list(weights.values()))]
        else:
            gradients = by_layer(encoder, entity, model, row)
        squares.append(torch.cat(gradients).double() ** 2)
    expected = torch.stack(squares).mean(dim=0).numpy()
    assert np.linalg.norm(actual - expected) < 1e-5 * np.linalg.norm(expected)


def by_layer(encoder: Encoder, entity: EntityOutputs, model: torch.nn.Module, row: int) -> list[torch.Tensor]:
    """The gradient of one text's loss by each layer's output, summed over tokens."""
    batch = encoder.padded(encoder.tokenise([texts()[row]]))
    read = model.get_encoder()(**batch, output_hidden_states=True)  # type: ignore[operator]
    total = torch.zeros(())
    for weight, text in zip(entity.outputs.weights[row], entity.outputs.texts, strict=True):
        target_tokens = torch.tensor([encoder.tokenise([(text, None)])[0]["input_ids"]])
        actual = model(
            encoder_outputs=(read.last_hidden_state,), attention_mask=batch["attention_mask"], labels=target_tokens
        )
        total = total + weight * actual.loss * target_tokens.shape[1]
    return [g[0].sum(dim=0) for g in torch.autograd.grad(total, read.hidden_states[1:])]


@pytest.mark.parametrize("name", WRITERS)
def test_a_vector_for_every_entity_whoever_is_trained_beside(t5: partial[Encoder], name: str) -> None:
    entity = [named(labels()), named(labels(seed=1), 1), named(soft(), 2), named(free(), 3)]
    method = brief(name, reading="text_to_text")
    actual = [vector(one) for one in embed(method, t5, entity)]
    for index, one in enumerate(entity):
        alone = vector(embed(method, t5, [one])[0])
        assert np.linalg.norm(alone) > 1e-4
        assert cosine(alone, actual[index]) > 1 - 1e-4
    for index, one in enumerate(actual):
        assert all(cosine(one, other) < 0.9999 for other in actual[:index])


def test_order_of_classes_cannot_matter_and_their_texts_do(t5: partial[Encoder]) -> None:
    method, one = brief("prefix", reading="text_to_text"), named(soft())
    turned = replace(one.outputs, texts=one.outputs.texts[::-1], weights=one.outputs.weights[:, ::-1])
    first, other, renamed = (
        vector(result) for result in embed(method, t5, [one, replace(one, outputs=turned), named(soft(), 5)])
    )
    assert cosine(first, other) > 1 - 1e-6
    assert cosine(first, renamed) < 0.99


def test_texts_that_are_read_alike_give_no_vector(t5: partial[Encoder]) -> None:
    """Both are unknown words."""
    assert not vector(embed(brief("prefix", reading="text_to_text"), t5, [labels(), named(labels())])[0]).any()


@pytest.mark.parametrize("name", NAMES)
def test_an_encoder_alone_cannot_write(surrogate: Surrogate, name: str) -> None:
    with pytest.raises(InputError, match=f"surrogate tiny: {name} cannot tune it: reading text_to_text needs an enc"):
        brief(name, reading="text_to_text").pin(inputs(surrogate))


def test_a_text_learns_only_what_has_a_weight(t5: partial[Encoder]) -> None:
    """Free text has as many classes as texts, nearly, and each text writes one of them."""
    tunable = Tunable(t5(), "tiny")
    tunable.add_writer("prefix")
    entity = named(free())
    actual = stack_outputs([(entity.outputs, entity.vectors)], tunable.device, tunable.tokenise)
    assert actual.written is not None
    assert actual.written.picked.shape == (1, 24, 1)
    assert actual.weights.shape[2] > 10
