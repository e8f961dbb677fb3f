from __future__ import annotations

import numpy as np
import pytest
import torch

from taskatlas.embed import CLOSED_FORMS, Axes
from taskatlas.embed.basis import Basis
from taskatlas.embed.method import last_layer
from taskatlas.embed.outputs import from_labels, from_numbers, from_probabilities
from taskatlas.errors import InputError
from tests.support import random_data
from tests.support.closed_forms import NAMES, embed


def test_names_and_settings():
    for name, make in CLOSED_FORMS.items():
        assert make(Axes(6, 5)).name == name
        assert make(Axes(6, 5)) == make(Axes(6, 5))
    assert CLOSED_FORMS["student"](Axes(6, 5)).settings["input_axes"] == 6
    assert not CLOSED_FORMS["text"](Axes()).reads_outputs


@pytest.mark.parametrize(("name", "dim"), [("text", 12), ("crosscov", 30), ("student", 35)])
def test_dimensions(name, dim):
    inputs = random_data.features()
    vector = embed(name, from_labels(random_data.classes(inputs), NAMES), random_data.vectors(3), inputs)
    assert vector.shape == (dim,)
    assert vector.dtype == np.float32


def test_text_is_the_mean_seen_from_the_corpus():
    corpus, inputs = random_data.features(200, seed=7), random_data.features()
    vector = embed("text", from_labels(random_data.classes(inputs), NAMES), random_data.vectors(3), inputs)
    expected = last_layer(inputs).mean(axis=0) - last_layer(corpus).mean(axis=0)
    np.testing.assert_allclose(vector, expected, atol=1e-6)


def test_crosscov_is_autograds_gradient_of_a_bilinear_head_at_identity():
    inputs, psi = random_data.features(), random_data.vectors(3)
    outputs = from_probabilities(np.random.default_rng(0).dirichlet(np.ones(3), size=len(inputs)), NAMES)
    phi = torch.tensor(last_layer(inputs), dtype=torch.float64)
    y = torch.tensor(outputs.weights, dtype=torch.float64) @ torch.tensor(psi, dtype=torch.float64)
    head = torch.eye(12, dtype=torch.float64, requires_grad=True)
    loss = -torch.einsum("ni,ij,nj->n", phi - phi.mean(0), head, y - y.mean(0)).mean()
    loss.backward()
    whole = Basis(np.zeros(12), np.eye(12), np.zeros(12), np.eye(12))
    embedded = CLOSED_FORMS["crosscov"](Axes()).fit(inputs, whole).embed(outputs, psi)
    np.testing.assert_allclose(embedded.reshape(12, 12), -head.grad.numpy(), atol=1e-6)


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_class_order_does_not_matter(name):
    inputs, psi = random_data.features(), random_data.vectors(3)
    labels, order = random_data.classes(inputs), [2, 0, 1]
    plain = embed(name, from_labels(labels, NAMES), psi, inputs)
    turned = embed(name, from_labels(labels, [NAMES[index] for index in order]), psi[order], inputs)
    np.testing.assert_allclose(plain, turned, atol=1e-5)


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_text_order_does_not_matter(name):
    inputs = random_data.features()
    outputs = from_labels(random_data.classes(inputs), NAMES)
    turned = outputs.subset(np.arange(len(inputs))[::-1])
    np.testing.assert_allclose(
        embed(name, outputs, random_data.vectors(3), inputs),
        embed(name, turned, random_data.vectors(3), inputs[::-1].copy()),
        atol=1e-4,
    )


@pytest.mark.parametrize("name", ["crosscov", "student"])
def test_like_outputs_give_like_vectors(name):
    inputs = random_data.features(300)
    labels = random_data.classes(inputs)
    like = ["c0" if index % 10 == 0 else label for index, label in enumerate(labels)]
    turned = [{"c0": "c1", "c1": "c2", "c2": "c0"}[label] for label in labels]
    embedded = [
        embed(name, from_labels(own_labels, NAMES), random_data.vectors(3), inputs)
        for own_labels in (labels, like, turned)
    ]
    assert random_data.cosine(embedded[0], embedded[1]) > 0.9 > random_data.cosine(embedded[0], embedded[2])


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_150_classes_and_numbers(name):
    inputs = random_data.features(400)
    names = [f"n{index}" for index in range(150)]
    many = from_labels([names[index % 150] for index in range(400)], names)
    assert np.isfinite(embed(name, many, random_data.vectors(150), inputs)).all()
    numbers = from_numbers(inputs[:, -1, 0])
    assert np.isfinite(embed(name, numbers, random_data.vectors(2), inputs)).all()


@pytest.mark.parametrize("name", ["crosscov", "student"])
def test_a_reversed_score_points_the_other_way(name):
    inputs = random_data.features(300)
    values = inputs[:, -1, 0].astype(np.float64)
    up, down = (embed(name, from_numbers(v), random_data.vectors(2), inputs) for v in (values, -values))
    whole = slice(None) if name == "crosscov" else slice(0, -5)  # the student's constant is the same
    assert random_data.cosine(up[whole], down[whole]) == pytest.approx(-1, abs=1e-3)


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_what_does_not_fit_is_refused(name):
    method, inputs = CLOSED_FORMS[name](Axes(6, 5)), random_data.features()
    shared = method.fit(inputs, method.basis(inputs))
    outputs = from_labels(random_data.classes(inputs), NAMES)
    with pytest.raises(InputError, match="do not fit"):
        shared.embed(outputs, random_data.vectors(2))
    with pytest.raises(InputError, match="do not fit"):
        shared.embed(outputs.subset(np.arange(9)), random_data.vectors(3))
    for bad in (inputs[0], inputs[:1], np.full_like(inputs, np.nan)):
        with pytest.raises(InputError, match="features of shape"):
            method.basis(bad)
