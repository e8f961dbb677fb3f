from __future__ import annotations

import numpy as np
import pytest

from taskatlas.errors import ModelError
from taskatlas.predict.outputs import Answers, from_labels, from_numbers, from_probabilities, from_texts

LABELS = ("no", "yes")
IDS = ["id0", "id1"]


def test_probabilities_give_the_label_and_the_text():
    table = from_probabilities(LABELS, [[0.25, 0.75], [0.5, 0.5]], texts=["never", "sure"]).to_table("m/p", IDS)
    assert table.to_pydict() == {
        "subject": ["m/p", "m/p"],
        "text_id": IDS,
        "output": ["sure", "never"],
        "label": ["yes", "no"],
        "value": [None, None],
        "probabilities": [[0.25, 0.75], [0.5, 0.5]],
    }


def test_labels_numbers_and_texts():
    assert from_labels(LABELS, ["yes", "no"]).to_table("m", IDS)["label"].to_pylist() == ["yes", "no"]
    numbers = from_numbers([0.5, 2]).to_table("m", IDS)
    assert numbers["value"].to_pylist() == [0.5, 2.0]
    assert numbers["output"].to_pylist() == ["0.5", "2"]
    texts = from_texts(["so", "what"]).to_table("m", IDS)
    assert texts["output"].to_pylist() == ["so", "what"]
    assert texts["probabilities"].null_count == texts["label"].null_count == texts["value"].null_count == 2


def test_some_texts_only():
    held = Answers(LABELS, ["yes"], ["yes"], rows=np.array([1]))
    assert held.to_table("m", IDS)["text_id"].to_pylist() == ["id1"]


def test_no_texts_at_all():
    for answers in (from_probabilities(LABELS, np.empty((0, 2))), from_labels(LABELS, []), from_numbers([])):
        assert answers.to_table("m", []).num_rows == 0


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (from_probabilities(LABELS, [[0.5, 0.5], [np.nan, 1]]), "a probability of text id1 is not finite"),
        (from_probabilities(LABELS, [[0.5, np.inf], [0.5, 0.5]]), "a probability of text id0 is not finite"),
        (from_probabilities(LABELS, [[0.5, 0.5], [-0.5, 1.5]]), "a probability of text id1 is negative"),
        (from_probabilities(LABELS, [[0.5, 0.4], [0.5, 0.5]]), "the probabilities of text id0 do not sum to 1"),
        (from_probabilities(LABELS, [[1.0], [1.0]]), "shape .2, 1. for 2 labels"),
        (from_probabilities(LABELS, [[0.5, 0.5]]), "gave 1 answers to 2 texts, first: id1"),
        (from_labels(LABELS, ["yes", "yes", "no"]), "gave 3 answers to 2 texts"),
        (from_labels(LABELS, ["yes", "yess"]), "text id1 is 'yess', which is none of its labels. Did you mean 'yes'"),
        (from_numbers([1.0, np.nan]), "the number of text id1 is not finite"),
    ],
)
def test_bad_answers_name_the_subject_and_the_text(answers, message):
    with pytest.raises(ModelError, match=f"subject m/p: .*{message}"):
        answers.to_table("m/p", IDS)
