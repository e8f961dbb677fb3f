"""What a person pastes: texts with labels or without, within limits, whatever is in them."""

from __future__ import annotations

import doctest
import time
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import pytest

from taskatlas.advice import texts as module
from taskatlas.advice.texts import MOST_CHARACTERS, MOST_TEXTS, OwnTexts, own_texts, parse
from taskatlas.errors import InputError
from taskatlas.hashing import text_id


def test_a_text_per_line_cleaned_as_ingest_cleans_it():
    own = parse("  one  cafe\u0301 \r\n\r\n\u200b\ntwo\x00 bells\x07\rשלום 🙂\u202e\n")
    assert own == OwnTexts(("one  café", "two bells", "שלום 🙂"))
    assert own.ids == tuple(text_id(text) for text in ("one  café", "two bells", "שלום 🙂"))
    assert own.classes == ()


def test_a_label_comes_after_the_last_tab_or_bar():
    own = parse("a | b | yes\nc\td\tno\ne|f | yes\ng | h\tno\n")
    assert own.texts == ("a | b", "c\td", "e|f", "g | h")
    assert own.labels == ("yes", "no", "yes", "no")
    assert own.classes == ("no", "yes")


def test_what_looks_like_an_empty_label_is_none():
    assert parse("one\t\ntwo\t \nthree | \n").labels is None


def test_labels_are_one_whatever_their_case():
    assert parse("a\tPositive\nb\tnegative\nc\tpositive\nd\tNEGATIVE").labels == (
        "Positive", "negative", "Positive", "negative",
    )  # fmt: skip


def test_a_text_that_is_there_twice_counts_once():
    own = parse("a\ny\na \n a")
    assert (own.texts, own.repeated) == (("a", "y"), 2)
    labelled = parse("a\tx\nb\ty\nA\tx\nd\ty\na\tX")
    assert (labelled.texts, labelled.repeated) == (("a", "b", "A", "d"), 1)


@pytest.mark.parametrize(
    ("pasted", "message"),
    [
        ("", "your texts: there is no text. Write one text per line"),
        (" \n\x00\n", "there is no text"),
        ("a\tx\nb\n\nc\ty\nd", "lines 2, 5: no label, but the others have one. Label all of them or none"),
        ("a\tx\nb", "line 2: no label"),
        ("a\tx\n\ty\nc\tx\nd\ty", "line 2: a label without a text. Add the text"),
        ("a\tx\nb\ty\nc\tx", "3 labelled texts of 2 classes are too few. Give 4 texts of 2 classes or more"),
        ("a\tx\nb\tX\nc\tx\nd\tx", "4 labelled texts of 1 class are too few"),
        ("a\tx\nb\ty\nc\tx\na \ty", "lines 1, 4: the same text with the labels 'x' and 'y'. Keep one of them"),
        ("\n".join(map(str, range(MOST_TEXTS + 1))), "201 texts are more than 200. Take a sample"),
        ("a\n" * 20 + "\n".join(f"{i}\tx" for i in range(99)), "lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...: no label"),
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_told(pasted: str, message: str):
    with pytest.raises(InputError) as caught:
        parse(pasted)
    assert message in str(caught.value)


def test_the_most_texts_are_not_too_many():
    assert len(parse("\n".join(map(str, range(MOST_TEXTS)))).texts) == MOST_TEXTS
    assert len(parse("x" * MOST_CHARACTERS).texts) == 1


def test_ten_megabytes_cost_nothing():
    pasted = "a\u0301 " * 3_500_000
    began = time.process_time()
    with pytest.raises(InputError, match=r"10,500,000 characters are more than 100,000.*write a dataset's card"):
        parse(pasted)
    with pytest.raises(InputError, match="characters are more than"):
        own_texts([pasted])
    assert time.process_time() - began < 0.1


def test_lists_hold_whole_texts():
    assert own_texts(["a\nb\tc | d"]) == OwnTexts(("a\nb\tc | d",))
    assert own_texts(["a", "b", "c", "d"], ["x", "Y", "X", "y"]) == OwnTexts(("a", "b", "c", "d"), ("x", "Y", "x", "Y"))
    assert own_texts(["a", " ", "b"]).texts == ("a", "b")


@pytest.mark.parametrize("column", [tuple, np.array, pd.Series, lambda rows: pd.Series(rows, range(9, 5, -1)), iter])
def test_columns_of_frames_and_arrays_are_lists(column: Callable[[list[str]], Iterable[str]]):
    texts, labels = ["a", "b", "c", "d"], ["x", "y", "x", "y"]
    own = own_texts(column(texts), column(labels))
    assert own == own_texts(texts, labels)
    assert {type(each) for each in own.texts + (own.labels or ())} == {str}
    assert own_texts(column(texts)) == own_texts(texts)


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        ("a nice text", None, "'a nice text' is one text, not several. Give a list of texts, also of one"),
        ("abcd", ["x", "y", "x", "y"], "'abcd' is one text, not several"),
        (["a", "b", "c", "d"], "xyxy", "'xyxy' is one label, not several. Give a list of labels, one per text"),
        (np.array(["a", "b"]), np.array([]), "2 texts and 0 labels do not fit"),
        (pd.Series(["a", None]), None, "is no text"),
        (["a", "b"], ["x"], "2 texts and 1 labels do not fit"),
        (["a", 3], None, "3 is no text. Give texts and labels as strings"),
        (["a", "b"], ["x", None], "None is no text"),
        (["a", "b", "c", "d"], ["x", "y", "", "y"], "text 3: no label, but the others have one"),
        (["a", "b", " ", "d"], ["x", "y", "x", "y"], "text 3: a label without a text"),
        ([], None, "there is no text"),
        ([], [], "there is no text"),
    ],
)  # fmt: skip
def test_lists_that_do_not_hold_together(texts: Iterable[str], labels: Iterable[str] | None, message: str):
    with pytest.raises(InputError) as caught:
        own_texts(texts, labels)
    assert message in str(caught.value)


def test_examples_in_docstrings():
    failed, attempted = doctest.testmod(module)
    assert attempted
    assert not failed
