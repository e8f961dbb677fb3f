from __future__ import annotations

import sys
from importlib.metadata import version
from types import ModuleType

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.schemas.models import CallableModel
from tests.support.asking import examples, predict

TEXTS = [("good", None), ("bad", "good"), ("ugly", None)]


@pytest.fixture
def answer(tmp_path, parts, monkeypatch):
    """Predictions of a callable model whose function is given, as Python rows."""

    def run(function, **fields):
        module = ModuleType("mine")
        module.factory = (lambda **options: function) if callable(function) else function
        monkeypatch.setitem(sys.modules, "mine", module)
        card_fields = {"entry_point": "mine:factory", "package": "jinja2", "revision": version("jinja2"), **fields}
        card = CallableModel(kind="callable", name="m", description="d", **{"labels": ("no", "yes"), **card_fields})
        return predict(card, [None], examples(TEXTS), tmp_path, parts)["m"].to_pylist()

    return run


def test_labels(answer):
    rows = answer(lambda texts: ["yes" if pair else "no" for _, pair in texts])
    assert [row["label"] for row in rows] == ["no", "yes", "no"]
    assert rows[0]["probabilities"] is None


def test_probabilities_in_any_order(answer):
    rows = answer(lambda texts: [{"yes": 0.75, "no": np.float32(0.25)} for _ in texts])
    assert [row["probabilities"] for row in rows] == [[0.25, 0.75]] * 3


def test_numbers(answer):
    rows = answer(lambda texts: np.array([len(text) for text, _ in texts]), labels="number")
    assert [row["value"] for row in rows] == [4, 3, 4]


def test_options_reach_the_factory(tmp_path, parts, monkeypatch):
    module = ModuleType("mine")
    module.factory = lambda threshold, word: lambda texts: [{"no": threshold, word: 1 - threshold}] * len(texts)
    monkeypatch.setitem(sys.modules, "mine", module)
    card = CallableModel(
        kind="callable",
        name="m",
        description="d",
        entry_point="mine:factory",
        package="jinja2",
        revision=version("jinja2"),
        labels=("no", "yes"),
        options={"threshold": 0.25, "word": "yes"},
    )
    table = predict(card, [None], examples(TEXTS), tmp_path, parts)["m"]
    assert table["probabilities"].to_pylist() == [[0.25, 0.75]] * 3


def _fails(texts):
    raise KeyError("lexicon")


@pytest.mark.parametrize(
    ("function", "fields", "message"),
    [
        (_fails, {}, "the function failed .KeyError: 'lexicon'.; first text of the batch: 'good'"),
        (lambda texts: ["yes"], {}, "gave 1 answers to 3 texts; first text of the batch: 'good'"),
        (lambda texts: None, {}, "the function failed .TypeError"),
        (lambda texts: ["yes", "maybe", "no"], {}, "answered 'maybe' to 'bad', expected one of no, yes"),
        (lambda texts: [{"yes": 1, "no": 0}, {"yes": 1}, {}], {}, "answered {'yes': 1} to 'bad', expected a dict"),
        (lambda texts: [{"yes": "1", "no": "0"}] * 3, {}, "to 'good', expected a dict"),
        (lambda texts: [{"yes": 1, "no": 1}] * 3, {}, "subject m: the probabilities of text .* do not sum to 1"),
        (lambda texts: [1, True, 2], {"labels": "number"}, "answered True to 'bad', expected a number"),
        (lambda texts: [1, 2, float("nan")], {"labels": "number"}, "subject m: the number of text .* is not finite"),
        (lambda texts: [], {"revision": "0.0"}, "expected 0.0, found"),
        (lambda texts: [], {"package": "no-such-package"}, "is not installed"),
        (lambda texts: [], {"entry_point": "no_such_module:f"}, "no_such_module cannot be imported"),
        (lambda texts: [], {"entry_point": "mine:factori"}, "mine has no function 'factori'. Did you mean 'factory'"),
        (3, {}, "mine has no function 'factory'"),
    ],
)
def test_bad_functions(answer, function, fields, message):
    with pytest.raises(ModelError, match=message) as caught:
        answer(function, **fields)
    assert str(caught.value).startswith(("model m: ", "subject m: "))


def test_bad_options(tmp_path, parts):
    fields = {"package": "vaderSentiment", "revision": "3.3.2", "labels": ("negative", "positive")}
    card = CallableModel(
        kind="callable",
        name="m",
        description="d",
        entry_point="taskatlas.predict.vader:vader",
        options={"k": 1},
        **fields,
    )
    with pytest.raises(ModelError, match=r"the factory failed .TypeError.*Mend options"):
        predict(card, [None], examples(TEXTS), tmp_path, parts)
