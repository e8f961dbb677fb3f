"""The factors of a merge are found by labels of the train split: the model that is right gets the most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.predict import factors
from taskatlas.schemas.cards import DatasetCard, Weights
from taskatlas.schemas.models import MergeModel
from taskatlas.store.parts import Parts
from tests.support.asking import examples, predict
from tests.support.checkpoints import BERT_WORDS
from tests.support.merging import TEXTS, single, tuned

SUBJECTS, ENDINGS = BERT_WORDS[6:18], ("sat", "was good", "was bad on it", "on the mat", "very good .")
TRAIN = [f"{one} {two} {end}" for one in SUBJECTS for two in ("the", "a", "it") for end in ENDINGS]
WAYS = ("similarity", "labels", "blocks")
Made = tuple[Weights, list[Weights]]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    base = tuned(tmp_path, "base", 0)
    return base, [tuned(tmp_path, name, seed, tmp_path / "base") for name, seed in (("right", 4), ("other", 6))]


def merged(made: Made, by: str | None, **fields: Any) -> MergeModel:
    given = {} if by else {"factor": 0.5}
    how: dict[str, Any] = {"factors": {"by": by, "dataset": "d"}} if by else {}
    known = {"kind": "merge", "name": "m", "description": "d", "labels": ("no", "yes")}
    models = [{"weights": weights, **given} for weights in made[1]]
    return MergeModel(**{**known, "base": made[0], "models": models, **how, **fields})


def dataset(**fields: Any) -> DatasetCard:
    known = {"labels": ("no", "yes"), "family": "f", "domain": "d", "source": "s.csv"}
    return DatasetCard(name="d", description="d", **{**known, **fields})


def said(card: Any, folder: Path, **context: Any) -> np.ndarray:
    rows = predict(card, [None], examples(TEXTS), folder, Parts(folder / "parts"), "cpu", **context)[card.name]
    return np.array([row["probabilities"] or [row["value"]] for row in rows.to_pylist()])


def found_in(folder: Path) -> list[np.ndarray]:
    return [np.load(path)["factors"] for path in sorted((folder / "parts/factors").glob("*.npz"))]


def labelled_by(card: Any, folder: Path, names: tuple[str, str] = ("no", "yes")) -> Any:
    """The train texts with what a model answers as their labels."""
    rows = predict(card, [None], examples(TRAIN), folder, Parts(folder / "parts"), "cpu")[card.name].to_pylist()
    right = [names[int(np.argmax(row["probabilities"]))] for row in rows]
    assert len(set(right)) == 2, "or nothing can be told by them"
    return examples(TRAIN, right, "dataset")


def loss(answered: np.ndarray, right: np.ndarray) -> float:
    return float(-np.log(answered[np.arange(len(right)), right.argmax(axis=1)]).mean())


@pytest.mark.parametrize("by", WAYS)
def test_the_model_that_is_right_gets_the_most(tmp_path: Path, made: Made, by: str):
    right = single(made[1][0])
    context = {"train": labelled_by(right, tmp_path), "dataset": dataset()}
    found = said(merged(made, by), tmp_path, **context)
    (values,) = found_in(tmp_path)
    assert values.shape == (2, 4), "two layers, what is below them, and the head"
    assert values[0].mean() > values[1].mean() + 0.2
    alone = said(right, tmp_path)
    assert loss(found, alone) < loss(said(merged(made, None), tmp_path), alone), "the uniform merge"
    alike = np.ptp(values, axis=1).max()
    assert alike > 0.01 if by == "blocks" else alike < 1e-6


@pytest.mark.parametrize("by", WAYS)
def test_what_is_found_is_not_found_again(tmp_path: Path, made: Made, by: str, monkeypatch: pytest.MonkeyPatch):
    context = {"train": labelled_by(single(made[1][0]), tmp_path), "dataset": dataset()}
    before = said(merged(made, by), tmp_path, **context)
    for name in ("by_similarity", "by_labels"):
        monkeypatch.setattr(factors, name, None)
    assert (said(merged(made, by), tmp_path, **context) == before).all()
    renamed = merged(made, by, factors={"by": by, "dataset": "d2"})
    renamed_context = {**context, "dataset": dataset().model_copy(update={"name": "d2"})}
    assert (said(renamed, tmp_path, **renamed_context) == before).all(), "what the dataset is called is no matter"


def test_other_labels_or_another_seed_are_other_factors(tmp_path: Path, made: Made):
    for which, seed in ((0, 0), (1, 0), (0, 1)):
        card = merged(made, "labels", factors={"by": "labels", "dataset": "d", "seed": seed})
        said(card, tmp_path, train=labelled_by(single(made[1][which]), tmp_path), dataset=dataset())
    first, second, third = (tuple(values[:, 0]) for values in found_in(tmp_path))
    assert len({first, second, third}) == 3


def test_labels_are_led_to_those_of_the_weights(tmp_path: Path, made: Made):
    plain = labelled_by(single(made[1][0]), tmp_path)
    said(merged(made, "similarity"), tmp_path, train=plain, dataset=dataset())
    other = labelled_by(single(made[1][0]), tmp_path, ("bad", "good"))
    card = merged(made, "similarity", mapping={"d": {"no": "bad", "yes": "good"}})
    said(card, tmp_path, train=other, dataset=dataset(labels=("good", "bad")))
    one, two = found_in(tmp_path)
    np.testing.assert_allclose(one, two, atol=1e-6)


def test_numbers_find_factors_too(tmp_path: Path):
    base = tuned(tmp_path, "base", 0)
    made = base, [tuned(tmp_path, str(seed), seed, tmp_path / "base", num_labels=1) for seed in (1, 2)]
    right = single(made[1][1], "number")
    rows = predict(right, [None], examples(TRAIN), tmp_path, Parts(tmp_path / "parts"), "cpu")["c"].to_pylist()
    train = examples(TRAIN, [float(row["value"]) for row in rows], "dataset")
    for by in WAYS:
        said(merged(made, by, labels="number"), tmp_path, train=train, dataset=dataset(labels="number"))
    assert all(values[1].mean() > values[0].mean() for values in found_in(tmp_path))


def test_no_model_that_is_like_the_dataset_leaves_equal_shares(tmp_path: Path, made: Made):
    constant = examples(TRAIN, ["no"] * len(TRAIN), "dataset")
    said(merged(made, "similarity"), tmp_path, train=constant, dataset=dataset())
    (values,) = found_in(tmp_path)
    assert (values == 0.5).all(), "labels that are all the same are like nothing"


def test_what_is_missing_is_told(tmp_path: Path, made: Made):
    with pytest.raises(ModelError, match="needs its dataset and the dataset's train split"):
        said(merged(made, "labels"), tmp_path)
    with pytest.raises(ModelError, match=r"train split of d is too small to find factors by.*or give the factors"):
        said(merged(made, "labels"), tmp_path, train=examples(["good"], ["yes"], "dataset"), dataset=dataset())
    with pytest.raises(ValueError, match="given and found"):
        merged(made, None, factors={"by": "labels", "dataset": "d"})
    with pytest.raises(ValueError, match="a factor is missing"):
        merged(made, "labels", factors=None)


def test_given_factors_keep_what_the_model_is(made: Made):
    assert set(merged(made, None).content) == {"base", "models", "labels", "label_map"}
    assert set(merged(made, None).content["models"][0]) == {"weights", "factor"}
