"""`linearised` against brute force: gradients one text at a time, gradient flow in small steps."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from taskatlas.embed.basis import Basis
from taskatlas.embed.linearised import TIME, Linearised, flow
from taskatlas.embed.method import Axes, Inputs
from taskatlas.embed.outputs import from_labels
from taskatlas.embed.student import targets
from taskatlas.embed.tuned.schedule import Tuning
from taskatlas.embed.tuned.tangent import tangents
from taskatlas.errors import InputError
from tests.support import random_data
from tests.support.tuned import DIM, KINDS, Surrogate, cosine, labels, texts


def inputs_of(surrogate: Surrogate, kind: str = "bert", n: int = 24) -> Inputs:
    features = random_data.features(n, dim=DIM)
    return Inputs(texts(n), lambda: features, partial(surrogate, kind), "tiny")


@pytest.mark.parametrize("kind", KINDS)
def test_tangents_are_autograds_gradients_of_one_text_after_another(surrogate: Surrogate, kind: str) -> None:
    actual = tangents(inputs_of(surrogate, kind), Tuning())
    encoder = surrogate(kind)
    actual_inputs = {
        name: value
        for name, value in encoder.model.named_parameters()
        if value.ndim == 1 and "embed" not in name and "pooler" not in name
    }
    drawn = np.random.default_rng(0).normal(size=DIM)
    along = torch.from_numpy((drawn / np.linalg.norm(drawn)).astype(np.float32))
    for row, text in enumerate(texts()):
        pooled = encoder.model(**encoder.padded(encoder.tokenise([text]))).last_hidden_state.mean(dim=1)[0]
        gradients = torch.autograd.grad(pooled @ along, [actual_inputs[name] for name in sorted(actual_inputs)])
        expected = torch.cat([gradient.flatten() for gradient in gradients]).numpy()
        assert np.linalg.norm(actual[row]) == pytest.approx(1.0, abs=1e-5)
        assert cosine(actual[row], expected) > 1 - 1e-6


@pytest.mark.parametrize("time", [0.5, TIME, 100.0])
def test_the_flow_is_that_of_small_steps_downhill(time: float) -> None:
    """On half the summed squared error of a linear model whose constant is fitted along."""
    rng = np.random.default_rng(0)
    features, target = rng.normal(size=(20, 6)).astype(np.float32), rng.normal(size=(20, 2))
    centred = features - features.mean(axis=0)
    target -= target.mean(axis=0)
    steps, change = 20_000, np.zeros((6, 2))
    step = time / float((centred**2).sum() / 20) / steps
    for _ in range(steps):
        change -= step * centred.T @ (centred @ change - target)
    np.testing.assert_allclose(flow(features, time) @ target, change, rtol=0, atol=2e-3 * np.abs(change).max())


def test_short_flows_are_a_step_and_endless_ones_least_squares() -> None:
    rng = np.random.default_rng(1)
    features, target = rng.normal(size=(30, 5)), rng.normal(size=30)
    centred, target = features - features.mean(axis=0), target - target.mean()
    scale = float((centred**2).sum()) / 30
    np.testing.assert_allclose(flow(features, 1e-6) @ target, 1e-6 / scale * centred.T @ target, rtol=1e-4)
    fitted, *_ = np.linalg.lstsq(centred, target, rcond=None)
    np.testing.assert_allclose(flow(features, 1e6) @ target, fitted, rtol=1e-6)


def test_the_vector_is_the_change_by_output_text(surrogate: Surrogate) -> None:
    method, actual_inputs, entity = Linearised(Axes(7, 5)), inputs_of(surrogate), labels()
    pinned = method.pin(actual_inputs)
    actual = next(method.share(actual_inputs, pinned).embed_many([entity])).vector
    basis, target = Basis.from_arrays(pinned), targets(entity.outputs)
    change = flow(tangents(actual_inputs, Tuning())) @ (target - target.mean(axis=0))
    assert actual is not None
    assert actual.shape == (7 * 5,)
    expected = basis.input_axes @ change @ basis.output_coordinates(entity.vectors)
    np.testing.assert_allclose(actual.reshape(7, 5), expected, atol=1e-5 * np.abs(expected).max())


def test_class_order_does_not_matter_and_seeds_do(surrogate: Surrogate) -> None:
    method, actual_inputs, entity = Linearised(Axes(7, 5)), inputs_of(surrogate), labels()
    shared = method.share(actual_inputs, method.pin(actual_inputs))
    names = entity.outputs.texts
    turned = from_labels([names[index] for index in entity.outputs.top], names[::-1])
    np.testing.assert_allclose(
        shared.embed(entity.outputs, entity.vectors), shared.embed(turned, entity.vectors[::-1]), atol=1e-6
    )
    other = Linearised(Axes(7, 5), Tuning(seed=1))
    assert other.settings != method.settings
    assert np.abs(other.pin(actual_inputs)["input_axes"] - method.pin(actual_inputs)["input_axes"]).max() > 0.01


def test_a_surrogate_without_biases_and_gains_is_refused(surrogate: Surrogate) -> None:
    def load() -> object:
        encoder = surrogate("t5")
        for module in encoder.model.modules():
            if type(module).__name__ == "T5LayerNorm":
                module.weight = torch.nn.Parameter(module.weight[None])  # no vector any more
        return encoder

    features = random_data.features(dim=DIM)
    with pytest.raises(InputError, match="linearised cannot tune it: it has neither biases nor gains"):
        tangents(Inputs(texts(), lambda: features, load, "tiny"), Tuning())  # type: ignore[arg-type]
