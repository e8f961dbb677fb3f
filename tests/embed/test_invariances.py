"""What vectors do not change with and what they cannot see: the table of docs/methods.md, row by row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from taskatlas.embed import CLOSED_FORMS
from taskatlas.embed.linearised import flow
from taskatlas.embed.method import EntityOutputs
from taskatlas.embed.outputs import Outputs, from_labels, from_probabilities
from taskatlas.predict.encode import Encoder
from tests.support import random_data
from tests.support.closed_forms import NAMES, embed
from tests.support.tuned import DIM, brief, checkpoint, texts, vector
from tests.support.tuned import embed as embed_tuned

READING = ["crosscov", "student"]
"""Methods in closed form that read outputs and encoded texts alone."""


@pytest.fixture(scope="module")
def inputs() -> np.ndarray:
    return random_data.features(300)


@pytest.fixture(scope="module")
def psi() -> np.ndarray:
    return random_data.vectors(3)


def probabilities(n: int = 300, classes: int = 3) -> npt.NDArray[np.float64]:
    """None of them near 0 or 1, where the student clips."""
    drawn = 0.1 + 0.7 * np.random.default_rng(0).dirichlet(np.ones(classes), n)
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def cosine_of(name: str, one: Outputs, other: Outputs, psi: np.ndarray, inputs: np.ndarray) -> float:
    return float(random_data.cosine(embed(name, one, psi, inputs), embed(name, other, psi, inputs)))


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_every_text_twice_changes_nothing(name: str, inputs: np.ndarray, psi: np.ndarray):
    labels = list(random_data.classes(inputs))
    once = embed(name, from_labels(labels, NAMES), psi, inputs)
    twice = embed(name, from_labels(labels * 2, NAMES), psi, np.concatenate([inputs, inputs]))
    assert random_data.cosine(once, twice) > 0.9999


def test_every_text_twice_lets_the_linearised_surrogate_learn_longer():
    """Twice the texts push twice as hard: narrow directions are learnt further, wide ones were learnt already."""
    features = random_data.features(100)[:, -1].astype(np.float64) * np.logspace(0, -3, 12)
    target = np.random.default_rng(0).normal(size=100)
    target -= target.mean()
    once = flow(features) @ target
    twice = flow(np.concatenate([features, features])) @ np.concatenate([target, target])
    assert random_data.cosine(once, twice) < 0.9999
    assert np.linalg.norm(twice) > np.linalg.norm(once)


def test_outputs_are_nothing_to_the_mean_of_texts(inputs: np.ndarray, psi: np.ndarray):
    one, other = from_labels(random_data.classes(inputs), NAMES), from_probabilities(probabilities(), NAMES)
    assert cosine_of("text", one, other, psi, inputs) == pytest.approx(1.0)


def test_leaning_to_a_class_is_nothing_to_the_cross_covariance_and_something_to_the_student(
    inputs: np.ndarray, psi: np.ndarray
):
    given = probabilities()
    leaning = 0.6 * given + 0.4 * np.array([1.0, 0.0, 0.0])
    pair = from_probabilities(given, NAMES), from_probabilities(leaning, NAMES)
    assert cosine_of("crosscov", *pair, psi, inputs) == pytest.approx(1.0, abs=1e-5)
    assert cosine_of("student", *pair, psi, inputs) < 0.9


def test_sureness_is_nothing_to_the_student_of_two_classes(inputs: np.ndarray, psi: np.ndarray):
    """Probabilities at another temperature; the cross-covariance sees them nearly alike."""
    given = probabilities(classes=2)
    unsure = given**0.5 / (given**0.5).sum(axis=1, keepdims=True)
    pair = from_probabilities(given, NAMES[:2]), from_probabilities(unsure, NAMES[:2])
    assert cosine_of("student", *pair, psi[:2], inputs) == pytest.approx(1.0, abs=1e-4)
    assert 0.99 < cosine_of("crosscov", *pair, psi[:2], inputs) < 0.99999


def test_what_all_output_texts_share_is_nothing_to_the_cross_covariance(inputs: np.ndarray, psi: np.ndarray):
    """Such as that all of them are long; the student's constant carries it."""
    outputs = from_labels(random_data.classes(inputs), NAMES)
    shared = psi + np.ones(psi.shape[1], np.float32)
    assert random_data.cosine(
        embed("crosscov", outputs, psi, inputs), embed("crosscov", outputs, shared, inputs)
    ) == pytest.approx(1.0, abs=1e-5)
    assert random_data.cosine(embed("student", outputs, psi, inputs), embed("student", outputs, shared, inputs)) < 0.9


@pytest.mark.parametrize("name", READING)
def test_output_texts_that_read_alike_are_one(name: str, inputs: np.ndarray, psi: np.ndarray):
    """Codes whose texts say nothing cannot be told apart: but for the student's constant there is nothing left."""
    outputs = from_labels(random_data.classes(inputs), NAMES)
    apart, alike = embed(name, outputs, psi, inputs), embed(name, outputs, np.repeat(psi[:1], 3, axis=0), inputs)
    rows = slice(None) if name == "crosscov" else slice(0, -5)
    assert np.linalg.norm(alike[rows]) < 1e-3 * np.linalg.norm(apart[rows])


def test_a_rule_that_is_not_linear_in_the_features_leaves_next_to_nothing(inputs: np.ndarray, psi: np.ndarray):
    """One feature or another, but not both: neither alone says anything."""
    first, second = inputs[:, -1, 0] > 0, inputs[:, -1, 1] > 0
    linear = from_labels(["c0" if each else "c1" for each in first], NAMES[:2])
    either = from_labels(["c0" if each else "c1" for each in first ^ second], NAMES[:2])
    lengths = [np.linalg.norm(embed("crosscov", outputs, psi[:2], inputs)) for outputs in (either, linear)]
    assert lengths[0] < 0.3 * lengths[1]


@pytest.mark.parametrize(
    ("name", "reading"), [("prefix", "label_text"), ("fisher", "label_text"), ("fisher", "class_head")]
)
def test_exchanged_labels_turn_a_prefix_round_and_no_fisher_information(tmp_path: Path, name: str, reading: str):
    weights = checkpoint("bert", tmp_path)
    labels = ["c0" if len(text.split()) < 5 else "c1" for text, _ in texts()]
    exchanged = [{"c0": "c1", "c1": "c0"}[label] for label in labels]
    entities = [
        EntityOutputs(from_labels(each, NAMES[:2]), random_data.vectors(2, DIM)) for each in (labels, exchanged)
    ]
    method = brief(name, reading=reading)
    one, other = map(vector, embed_tuned(method, lambda: Encoder(weights, tmp_path, "cpu"), entities))
    cosine = random_data.cosine(one, other)
    assert cosine > 0 if name == "fisher" else cosine < -0.9
