"""The preset `fute` of prefix and fisher: as FUTE's released code; benchmarks/fute holds both beside each other."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from taskatlas.embed import METHODS, Options
from taskatlas.embed.method import EntityOutputs
from taskatlas.embed.tuned import readout
from taskatlas.embed.tuned.descent import Descent
from taskatlas.embed.tuned.method import TunedMethod
from taskatlas.embed.tuned.schedule import Presets, ReleasedTraining, Schedule, Tuning
from taskatlas.embed.tuned.tunable import Tunable
from taskatlas.errors import InputError
from tests.support.tuned import DIM, KINDS, Surrogate, cosine, embed, inputs, labels, numbers, soft, texts, vector

SHORT = Schedule(1e-3, epochs=2, batch=8, released=ReleasedTraining())


def released(name: str, schedule: Schedule = SHORT, **tuning: Any) -> TunedMethod:
    """A method in the preset `fute` that trains as briefly as this."""
    full = METHODS[name](Options(tuning=Tuning(preset="fute", **tuning)))
    assert isinstance(full, TunedMethod)
    presets = Presets({"fute": schedule}, {"fute": schedule})
    kind: type[TunedMethod] = type(f"Released{name}", (type(full),), {"presets": presets})
    return kind(full.tuning)


def start_of(method: TunedMethod, surrogate: Surrogate, kind: str) -> np.ndarray:
    return method.flatten(method.pin(inputs(lambda: surrogate(kind))))


@pytest.mark.parametrize(("kind", "size"), [("bert", 2 * 2 * 16 * 8), ("t5", 4 * 2 * 16 * 6)])
def test_a_prefix_holds_what_is_tuned_itself_and_can_hold_the_change(surrogate: Surrogate, kind: str, size: int):
    method = released("prefix")
    values = vector(embed(method, lambda: surrogate(kind), [labels()])[0])
    start = start_of(method, surrogate, kind)
    assert len(values) == len(start) == size
    assert 0 < np.abs(values - start).max() < 0.1 * np.abs(start).max()
    change = vector(embed(released("prefix", vector_of="change"), lambda: surrogate(kind), [labels()])[0])
    np.testing.assert_allclose(change, values - start, atol=1e-7)


def test_first_values_are_small_and_even(surrogate: Surrogate):
    """Xavier's bound over all numbers of a layer."""
    pinned = released("prefix").pin(inputs(lambda: surrogate("bert")))
    bound = (6 / ((2 + 2) * 16 * 8)) ** 0.5
    for values in pinned.values():
        assert 0.95 * bound < np.abs(values).max() <= bound


def test_of_t5_only_the_decoder_sees_the_prefix_and_half_of_it_nothing(surrogate: Surrogate):
    """What nothing reads moves by weight decay alone."""
    method = released("prefix", replace(SHORT, released=ReleasedTraining(decay=0.0)))
    own_inputs = inputs(lambda: surrogate("t5"))
    assert all(".decoder." in name and ".SelfAttention." in name for name in method.pin(own_inputs))
    values = vector(embed(method, lambda: surrogate("t5"), [labels()])[0])
    moved = np.abs(values - start_of(method, surrogate, "t5")).reshape(4, -1).max(axis=1)
    assert moved[:2].min() > 1e-4
    assert moved[2:].max() == 0.0


def test_t5_reads_a_prefix_as_tokens_that_stand_before(surrogate: Surrogate):
    """Relative positions reach it: it is what transformers makes of keys and values that are past."""
    from transformers import DynamicCache, EncoderDecoderCache

    method = released("prefix")
    own = method.share(inputs(lambda: surrogate("t5")), method.pin(inputs(lambda: surrogate("t5"))))
    batch = own.tunable.encoder.padded(own.tunable.encoder.tokenise([(text, None) for text, _ in texts(8)]))
    head = own.tunable.head_start(3, 0)
    with torch.no_grad():
        actual = torch.func.functional_call(own.tunable, own.start | head, (batch,))
        plain = surrogate("t5").load_classifier()
        plain.classification_head.out_proj = torch.nn.Linear(DIM, 3)
        own_head = {name.removeprefix("module.classification_head."): value for name, value in head.items()}
        plain.classification_head.load_state_dict(own_head)
        past = DynamicCache()
        for layer, values in enumerate(own.start.values()):
            past.update(*(part.expand(8, -1, -1, -1) for part in values[:2]), layer)
        mask = torch.cat([torch.ones(8, 16, dtype=torch.long), batch["attention_mask"]], dim=1)
        expected = plain(
            **batch, decoder_attention_mask=mask, past_key_values=EncoderDecoderCache(past, DynamicCache())
        ).logits
    torch.testing.assert_close(actual, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["prefix", "fisher"])
def test_every_kind_of_surrogate_and_of_output(surrogate: Surrogate, name: str, kind: str):
    entities = [labels(), soft(), numbers(), replace(labels(seed=1), is_dataset=True)]
    vectors = [vector(each) for each in embed(released(name), lambda: surrogate(kind), entities)]
    assert np.isfinite(vectors).all()
    assert all(cosine(vectors[0], other) < 1 - 1e-9 for other in vectors[1:])


@pytest.mark.parametrize("name", ["prefix", "fisher"])
def test_a_vector_does_not_depend_on_who_is_trained_beside_though_numbers_are_dropped(surrogate: Surrogate, name: str):
    entities = [labels(seed=seed) for seed in range(4)]
    together = embed(released(name), lambda: surrogate("bert"), entities)
    alone = [embed(released(name), lambda: surrogate("bert"), [each])[0] for each in entities]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose(vector(one), vector(other), rtol=2e-3, atol=1e-7)


def test_dropout_changes_vectors_and_follows_from_the_seed(surrogate: Surrogate):
    one, again = (vector(embed(released("prefix"), lambda: surrogate("bert"), [labels()])[0]) for _ in range(2))
    without = released("prefix", replace(SHORT, released=ReleasedTraining(dropout=0.0)))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - vector(embed(without, lambda: surrogate("bert"), [labels()])[0])).max() > 1e-6


def test_labels_lose_by_cross_entropy_and_probabilities_by_the_binary_one():
    logits = torch.randn(24, 3, generator=torch.Generator().manual_seed(0))
    for entity in (labels(), soft()):
        outputs = readout.stack_outputs([(entity.outputs, entity.vectors)], torch.device("cpu")).on(torch.arange(24))
        own = {name: value[0] for name, value in outputs.items()}
        losses = readout.SequenceClassifier().losses(
            lambda _, head: logits, {}, {}, logits, own, numeric=False
        )  # fmt: skip
        weights = torch.from_numpy(entity.outputs.weights)
        if entity.outputs.soft:
            expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, weights)
        else:
            expected = torch.nn.functional.cross_entropy(logits, weights.argmax(dim=1))
        torch.testing.assert_close(losses.mean(), expected)


def test_a_text_too_long_for_the_prefix_is_told_and_the_advice_works(surrogate: Surrogate):
    method = released("prefix")
    with pytest.raises(InputError, match="Lower max_length on its card to 48"):
        method.pin(inputs(lambda: surrogate("bert", max_length=64)))
    assert method.pin(inputs(lambda: surrogate("bert", max_length=48)))


def test_settings_that_are_given_hold_in_the_preset_too():
    given = released("fisher", reading="class_head", fisher_squares="per_text")
    assert (given.settings["reading"], given.settings["fisher_squares"]) == ("class_head", "per_text")
    follows = released("fisher")
    assert (follows.settings["reading"], follows.settings["fisher_squares"]) == ("sequence_classifier", "of_mean")
    assert released("prefix").settings["subjects.dropout"] == 0.15


def test_answers_of_language_models_are_learnt_three_times_and_probabilities_once(surrogate: Surrogate):
    method = METHODS["prefix"](Options(tuning=Tuning(preset="fute")))
    assert isinstance(method, TunedMethod)
    own = inputs(lambda: surrogate("bert"))
    shared = method.share(own, method.pin(own))
    entities: list[EntityOutputs] = [labels(), soft(), labels(is_dataset=True)]
    assert [shared._schedule(entity).epochs for entity in entities] == [3, 1, 120]


def test_gradients_are_bounded_for_each_entity_and_rates_rise_and_fall():
    leaves = {"w": torch.zeros(2, 3, requires_grad=True)}
    descent = Descent(leaves, replace(SHORT, rate=1.0), steps=39)
    rates = []
    for _ in range(39):
        leaves["w"].grad = torch.tensor([[3.0, 0.0, 4.0], [0.3, 0.0, 0.4]])
        rates.append(descent.optimizer.param_groups[0]["lr"])
        descent.step(torch.zeros(2, dtype=torch.bool))
    torch.testing.assert_close(leaves["w"].grad, torch.tensor([[0.6, 0.0, 0.8], [0.3, 0.0, 0.4]]))
    assert rates[:3] == [0.0, 0.5, 1.0]
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert 0 < rates[-1] < 0.06


def test_a_surrogate_whose_family_has_no_classifier_says_so(surrogate: Surrogate, monkeypatch: pytest.MonkeyPatch):
    encoder = surrogate("bert")
    monkeypatch.setattr(encoder, "load_classifier", lambda: None)
    with pytest.raises(InputError, match="needs a family that has a classifier"):
        Tunable(encoder, "tiny").add_classifier("prefix")


def test_a_head_that_is_missing_is_not_told(surrogate: Surrogate, caplog: pytest.LogCaptureFixture):
    """transformers would print a table of what it has drawn anew."""
    encoder, logger = surrogate("bert"), logging.getLogger("transformers")
    logger.addHandler(caplog.handler)
    try:
        assert encoder.load_classifier() is not None
    finally:
        logger.removeHandler(caplog.handler)
    assert caplog.messages == []
