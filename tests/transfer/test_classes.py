"""Class scatter: the same whatever classes are called and however they are ordered; form: what remains of labels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from taskatlas.embed.outputs import from_labels, from_numbers
from taskatlas.errors import InputError
from taskatlas.transfer.classes import LabelForm, class_scatter, form_closeness, scatter_cosines

Array = npt.NDArray[np.float32]
LABELS = ["no", "yes"] * 30


@pytest.fixture
def features() -> Array:
    """Sixty texts in two layers; every second is moved along the first axis."""
    values = np.random.default_rng(0).normal(size=(60, 2, 8)).astype(np.float32)
    values[1::2, :, 0] += 3.0
    return values


def test_names_and_order_of_classes_do_not_count(features: Array):
    one = class_scatter(features, from_labels(LABELS, ["no", "yes"]))
    other = class_scatter(features, from_labels(["b" if x == "no" else "a" for x in LABELS], ["a", "b"]))
    assert scatter_cosines([one, other])[0, 1] == pytest.approx(1.0)


def test_a_class_is_where_its_mean_is(features: Array):
    factor = class_scatter(features, from_labels(LABELS, ["no", "yes"]))
    scaled = features[:, 1] / np.linalg.norm(features[:, 1], axis=1, keepdims=True)
    beyond = scaled[1::2].mean(axis=0) - scaled.mean(axis=0)
    assert factor.shape == (2, 8, 2)
    assert factor[1, :, 1] == pytest.approx(np.sqrt(0.5) * beyond, abs=1e-6)


def test_datasets_cut_along_one_axis_are_alike_and_others_are_not(features: Array):
    halves = [class_scatter(half, from_labels(LABELS[:30], ["no", "yes"])) for half in (features[:30], features[30:])]
    turned = class_scatter(features[:, :, ::-1], from_labels(LABELS, ["no", "yes"]))
    near = scatter_cosines([*halves, turned])
    assert near[0, 1] > 0.8
    assert near[0, 2] < 0.4


def test_numbers_are_low_and_high(features: Array):
    classes = class_scatter(features, from_labels(LABELS, ["no", "yes"]))
    numbers = class_scatter(features, from_numbers(np.array([x == "yes" for x in LABELS], np.float64)))
    assert scatter_cosines([classes, numbers])[0, 1] == pytest.approx(1.0, abs=1e-6)


def test_other_texts_are_refused(features: Array):
    with pytest.raises(InputError, match="do not fit"):
        class_scatter(features[:10], from_labels(LABELS, ["no", "yes"]))


def test_forms_are_alike_by_classes_and_by_pairs():
    near = form_closeness([LabelForm(2, False), LabelForm(2, False), LabelForm(2, True), LabelForm(0, True)])
    assert near[0, 1] == 2.0
    assert near[0, 2] == 0.0
    assert near[0, 3] < -1.9
