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
from tests.embed import made
from tests.embed.tuned.conftest import DIM, KINDS, Surrogate, cosine, labels, texts


def given(surrogate: Surrogate, kind: str = "bert", n: int = 24) -> Inputs:
    features = made.features(n, dim=DIM)
    return Inputs(texts(n), lambda: features, partial(surrogate, kind), "tiny")


@pytest.mark.parametrize("kind", KINDS)
def test_tangents_are_autograds_gradients_of_one_text_after_another(surrogate: Surrogate, kind: str) -> None:
    found = tangents(given(surrogate, kind), Tuning())
    encoder = surrogate(kind)
    some = {
        name: value
        for name, value in encoder.model.named_parameters()
        if value.ndim == 1 and "embed" not in name and "pooler" not in name
    }
    drawn = np.random.default_rng(0).normal(size=DIM)
    along = torch.from_numpy((drawn / np.linalg.norm(drawn)).astype(np.float32))
    for row, text in enumerate(texts()):
        pooled = encoder.model(**encoder.padded(encoder.tokenise([text]))).last_hidden_state.mean(dim=1)[0]
        gradients = torch.autograd.grad(pooled @ along, [some[name] for name in sorted(some)])
        expected = torch.cat([gradient.flatten() for gradient in gradients]).numpy()
        assert np.linalg.norm(found[row]) == pytest.approx(1.0, abs=1e-5)
        assert cosine(found[row], expected) > 1 - 1e-6


@pytest.mark.parametrize("time", [0.5, TIME, 100.0])
def test_the_flow_is_that_of_small_steps_downhill(time: float) -> None:
    """On half the summed squared error of a linear model whose constant is fitted along."""
    rng = np.random.default_rng(0)
    features, wanted = rng.normal(size=(20, 6)).astype(np.float32), rng.normal(size=(20, 2))
    centred = features - features.mean(axis=0)
    wanted -= wanted.mean(axis=0)
    steps, change = 20_000, np.zeros((6, 2))
    step = time / float((centred**2).sum() / 20) / steps
    for _ in range(steps):
        change -= step * centred.T @ (centred @ change - wanted)
    np.testing.assert_allclose(flow(features, time) @ wanted, change, rtol=0, atol=2e-3 * np.abs(change).max())


def test_short_flows_are_a_step_and_endless_ones_least_squares() -> None:
    rng = np.random.default_rng(1)
    features, wanted = rng.normal(size=(30, 5)), rng.normal(size=30)
    centred, wanted = features - features.mean(axis=0), wanted - wanted.mean()
    scale = float((centred**2).sum()) / 30
    np.testing.assert_allclose(flow(features, 1e-6) @ wanted, 1e-6 / scale * centred.T @ wanted, rtol=1e-4)
    fitted, *_ = np.linalg.lstsq(centred, wanted, rcond=None)
    np.testing.assert_allclose(flow(features, 1e6) @ wanted, fitted, rtol=1e-6)


def test_the_vector_is_the_change_by_output_text(surrogate: Surrogate) -> None:
    method, some, asked = Linearised(Axes(7, 5)), given(surrogate), labels()
    pinned = method.pin(some)
    found = next(method.share(some, pinned).embed_many([asked])).vector
    basis, wanted = Basis.from_arrays(pinned), targets(asked.outputs)
    change = flow(tangents(some, Tuning())) @ (wanted - wanted.mean(axis=0))
    assert found is not None
    assert found.shape == (7 * 5,)
    expected = basis.input_axes @ change @ basis.output_coordinates(asked.vectors)
    np.testing.assert_allclose(found.reshape(7, 5), expected, atol=1e-5 * np.abs(expected).max())


def test_class_order_does_not_matter_and_seeds_do(surrogate: Surrogate) -> None:
    method, some, asked = Linearised(Axes(7, 5)), given(surrogate), labels()
    shared = method.share(some, method.pin(some))
    names = asked.outputs.texts
    turned = from_labels([names[place] for place in asked.outputs.top], names[::-1])
    np.testing.assert_allclose(
        shared.embed(asked.outputs, asked.vectors), shared.embed(turned, asked.vectors[::-1]), atol=1e-6
    )
    other = Linearised(Axes(7, 5), Tuning(seed=1))
    assert other.settings != method.settings
    assert np.abs(other.pin(some)["input_axes"] - method.pin(some)["input_axes"]).max() > 0.01


def test_a_surrogate_without_biases_and_gains_is_refused(surrogate: Surrogate) -> None:
    def load() -> object:
        encoder = surrogate("t5")
        for module in encoder.model.modules():
            if type(module).__name__ == "T5LayerNorm":
                module.weight = torch.nn.Parameter(module.weight[None])  # no vector any more
        return encoder

    features = made.features(dim=DIM)
    with pytest.raises(InputError, match="linearised cannot tune it: it has neither biases nor gains"):
        tangents(Inputs(texts(), lambda: features, load, "tiny"), Tuning())  # type: ignore[arg-type]
