from __future__ import annotations

import numpy as np
import pytest

from taskatlas.embed import CLOSED_FORMS, Axes
from taskatlas.embed.basis import Basis, principal_axes
from taskatlas.embed.outputs import from_labels
from taskatlas.errors import InputError, StoreError
from taskatlas.store.parts import Parts
from tests.support import random_data


@pytest.mark.parametrize("shape", [(50, 8), (8, 50)])
def test_axes_are_those_of_a_singular_value_decomposition(shape):
    rows = np.random.default_rng(0).normal(size=shape).astype(np.float32) + 3
    mean, axes, spread = principal_axes(rows, 5)
    _, widths, right = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(mean, rows.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(np.abs((axes * right[:5]).sum(axis=1)), 1, atol=1e-4)
    np.testing.assert_allclose(spread, widths[:5] / np.sqrt(len(rows)), rtol=1e-4)


def test_the_sign_of_an_axis_does_not_depend_on_the_order_of_rows():
    rows = np.random.default_rng(0).normal(size=(40, 9)).astype(np.float32)
    _, axes, _ = principal_axes(rows, 4)
    _, turned, _ = principal_axes(rows[::-1].copy(), 4)
    np.testing.assert_allclose(axes, turned, atol=1e-4)
    assert (axes[np.arange(4), np.abs(axes).argmax(axis=1)] > 0).all()


def test_a_small_corpus_has_fewer_axes():
    _, axes, spread = principal_axes(np.eye(4, 9, dtype=np.float32), 128)
    assert axes.shape == (3, 9)
    assert spread.shape == (3,)


@pytest.mark.parametrize("rows", [np.ones((1, 3)), np.array([[1.0, np.nan], [0, 0]])])
def test_a_basis_needs_finite_rows(rows):
    with pytest.raises(InputError):
        principal_axes(rows.astype(np.float32), 2)


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_a_basis_survives_the_store(name, tmp_path):
    basis = CLOSED_FORMS[name](Axes(4, 3)).basis(random_data.features())
    parts = Parts(tmp_path)
    parts.write_arrays("bases", "x", basis.to_arrays())
    again = Basis.from_arrays(parts.read_arrays("bases", "x"))
    assert again.basis_id == basis.basis_id
    other = CLOSED_FORMS[name](Axes(4, 3)).basis(random_data.features(seed=5))
    assert other.basis_id != basis.basis_id


def test_damaged_arrays_are_refused():
    arrays = CLOSED_FORMS["crosscov"](Axes(4, 3)).basis(random_data.features()).to_arrays()
    with pytest.raises(StoreError, match="lacks"):
        Basis.from_arrays({name: array for name, array in arrays.items() if name != "input_mean"})
    with pytest.raises(StoreError, match="do not fit"):
        Basis.from_arrays(arrays | {"input_mean": np.zeros(3)})


@pytest.mark.parametrize("name", ["crosscov", "student"])
def test_a_full_basis_keeps_cosines(name):
    """With as many axes as dimensions nothing is lost: cosines are those of a basis turned in any way."""
    corpus, method = random_data.features(200), CLOSED_FORMS[name](Axes(36, 12))
    basis = method.basis(corpus)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(len(basis.input_axes),) * 2))[0].astype(np.float32)
    turned = Basis(basis.input_mean, turn @ basis.input_axes, basis.output_mean, basis.output_axes)
    inputs = random_data.features(seed=9)
    pair = [from_labels(random_data.classes(inputs, seed=seed), ["c0", "c1", "c2"]) for seed in (2, 4)]
    lengths = [
        random_data.cosine(*[method.fit(inputs, b).embed(outputs, random_data.vectors(3)) for outputs in pair])
        for b in (basis, turned)
    ]
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-3)


@pytest.mark.parametrize("name", ["crosscov", "student"])
def test_a_reused_basis_keeps_old_vectors_as_they_were(name):
    """A later release brings another corpus; an entity with unchanged inputs gets the very same vector."""
    method, inputs = CLOSED_FORMS[name](Axes(6, 5)), random_data.features(seed=9)
    outputs = from_labels(random_data.classes(inputs), ["c0", "c1", "c2"])
    stored = Basis.from_arrays(method.basis(random_data.features(200)).to_arrays())
    again = Basis.from_arrays(stored.to_arrays())
    before, after = (method.fit(inputs, b).embed(outputs, random_data.vectors(3)) for b in (stored, again))
    np.testing.assert_array_equal(before, after)
    fresh = method.fit(inputs, method.basis(random_data.features(200, seed=1))).embed(outputs, random_data.vectors(3))
    assert random_data.cosine(before, fresh) < 0.99
