"""What a column of labels is taken for: classes, whatever their spelling, or numbers."""

from __future__ import annotations

import pytest

from taskatlas.adding.labels import choose_labels
from taskatlas.errors import InputError


def test_classes_are_in_order_and_the_most_frequent_spelling_is_the_name():
    cells = ["good", "Bad", "good", "bad", "bad", "GOOD", "", "so so", "So  so", "so so"]
    chosen = choose_labels(cells, (), "x")
    assert chosen.labels == ("bad", "good", "so so")
    assert chosen.label_map == {"Bad": "bad", "GOOD": "good", "So so": "so so"}
    assert [field.line for field in chosen.guesses] == [
        "bad (3 rows), good (3 rows), so so (3 rows), as the column has them (--labels)",
        "Bad = bad, GOOD = good, So so = so so, which differ by nothing but case",
    ]


def test_a_few_numbers_are_classes_in_their_order():
    chosen = choose_labels(["10", "9", "1", "9"], (), "x")
    assert chosen.labels == ("1", "9", "10")
    assert "--labels number takes them for scores" in chosen.guesses[0].line


def test_many_numbers_are_scores():
    chosen = choose_labels([f"{place / 4}" for place in range(20)], (), "x")
    assert chosen.labels == "number"
    assert chosen.guesses[0].line == "numbers from 0 to 4.75, 20 different (--labels)"
    assert choose_labels(["1", "2"], ("number",), "x").labels == "number"


def test_codes_get_names():
    chosen = choose_labels(["0", "1", "Bad", "1"], ("0=bad", "1=good"), "x")
    assert chosen.labels == ("bad", "good")
    assert chosen.label_map == {"0": "bad", "Bad": "bad", "1": "good"}
    assert chosen.guesses[0].line == "bad (2 rows), good (2 rows)"


@pytest.mark.parametrize(
    ("cells", "what"), [(["good", "Good"], "all rows have the label 'Good'"), (["", ""], "no row has a label")]
)
def test_one_label_is_no_task(cells: list[str], what: str):
    with pytest.raises(InputError) as fault:
        choose_labels(cells, (), "x.csv, column 'a'")
    assert str(fault.value) == f"x.csv, column 'a': {what}. Name the column of the labels with --label COLUMN"
