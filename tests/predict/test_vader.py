from __future__ import annotations

import pytest

from taskatlas.predict.vader import vader
from taskatlas.schemas.models import CallableModel
from tests.support.asking import examples, predict

TEXTS = [("I love it, great!", None), ("This is awful and sad.", None), ("The box is blue.", None)]


def test_as_a_model(tmp_path, parts):
    card = CallableModel(
        kind="callable",
        name="vader",
        description="d",
        entry_point="taskatlas.predict.vader:vader",
        package="vaderSentiment",
        revision="3.3.2",
        labels=("negative", "positive"),
        options={"threshold": 0.0},
    )
    table = predict(card, [None], examples(TEXTS), tmp_path, parts)["vader"]
    assert table["label"].to_pylist()[:2] == ["positive", "negative"]
    assert table["probabilities"].to_pylist()[2] == [0.5, 0.5]


def test_the_threshold_is_where_both_are_equally_probable():
    (undecided,) = vader(threshold=0.25)(TEXTS[2:])
    assert undecided["negative"] > undecided["positive"]
    assert sum(undecided.values()) == pytest.approx(1)


def test_neutral_is_vaders_own_rule():
    odds = vader(neutral=True)(TEXTS)
    assert [max(one, key=one.get) for one in odds] == ["positive", "negative", "neutral"]


def test_a_pair_counts_whole():
    alone, pair = vader()([("The box is blue.", None), ("The box is blue.", "I love it!")])
    assert pair["positive"] > alone["positive"]
