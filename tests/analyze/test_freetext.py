"""Measures of free answers: what counts as right, in which scripts, and what other programs say of the same texts."""

from __future__ import annotations

import random

import pytest

from taskatlas.analyze.freetext import MEASURES, chrf, exact_match, measured_texts, rouge_l, token_f1
from taskatlas.errors import InputError

KNOWN = [
    ("the cat sat on the mat", "the cat was sitting on the mat", 0.769231, 0.458611),
    ("It rained in Bern all day.", "All day long it rained in Bern, and nobody went out.", 0.470588, 0.373336),
    ("don't panic", "Do not panic!", 0.333333, 0.443154),
    ("Rain", "rain fell", 0.666667, 0.233371),
    ("abc", "xyz", 0.0, 0.0),
    ("a", "a b c d e f g h", 0.222222, 0.151515),
    ("Der Zug um 9:45 Uhr kam an.", "Der Zug kam um 9.45 Uhr.", 0.8, 0.45346),
]
"""Answer, what is right, ROUGE-L as rouge-score 0.1.2 has it (rougeL without a stemmer), and chrF as sacrebleu 2.6.0
has it of one sentence, over 100."""


def words_in_common(one: list[str], other: list[str]) -> int:
    """Length of the longest common subsequence, as textbooks compute it."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, first in enumerate(one):
        for j, second in enumerate(other):
            table[i + 1][j + 1] = table[i][j] + 1 if first == second else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@pytest.mark.parametrize(
    ("answer", "right", "same"),
    [
        ("The U.S.A.!", "usa", True),
        ("  a   Dog ", "dog", True),
        ("dog", "dogs", False),
        ("", "", True),
        ("", "dog", False),
        ("the", "", True),  # nothing is left of it
        ("$10", "10", True),
        ("„Größe“", "grösse", True),
        ("हिन्दी।", "हिन्दी", True),
        ("हिन्दी", "हिन्द", False),
        ("ﬁn", "fin", True),
    ],
)
def test_what_counts_for_an_exact_match(answer: str, right: str, same: bool):
    assert exact_match(answer, right) == float(same)


def test_words_count_as_often_as_both_hold_them():
    assert token_f1("yes yes yes", "yes") == pytest.approx(2 * 1 / (3 + 1))
    assert token_f1("rain snow rain", "rain rain wind") == pytest.approx(2 * 2 / 6)
    assert token_f1("nothing of it", "rain") == 0.0


def test_order_counts_for_rouge_l_alone():
    given, wanted = "snow then rain then wind", "wind then rain then snow"
    assert token_f1(given, wanted) == 1.0
    assert rouge_l(given, wanted) == pytest.approx(3 / 5)


def test_the_longest_common_subsequence_is_that_of_the_textbook():
    chance = random.Random(0)
    for _ in range(300):
        one, other = ([chance.choice("abcd") for _ in range(chance.randint(1, 90))] for _ in range(2))
        expected = 2 * words_in_common(one, other) / (len(one) + len(other))
        assert rouge_l(" ".join(one), " ".join(other)) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["東京は日本の首都です。", "กรุงเทพเป็นเมืองหลวง", "မြန်မာ"])
def test_scripts_without_spaces_are_compared_by_characters(text: str):
    half = text[: len(text) // 2]
    for measure in (token_f1, rouge_l, chrf):
        assert measure(text, text) == 1.0
        assert 0.3 < measure(half, text) < 1.0


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_all_are_shares_and_one_for_the_same_text(measure):
    chance = random.Random(1)
    for _ in range(100):
        one, other = ("".join(chance.choices("ab cé中. ", k=chance.randint(0, 30))) for _ in range(2))
        assert 0.0 <= measure(one, other) <= 1.0
        assert measure(one, one) == 1.0


@pytest.mark.parametrize(("answer", "right", "of_rouge", "of_chrf"), KNOWN)
def test_other_programs_say_the_same(answer: str, right: str, of_rouge: float, of_chrf: float):
    assert rouge_l(answer, right) == pytest.approx(of_rouge, abs=1e-6)
    assert chrf(answer, right) == pytest.approx(of_chrf, abs=1e-6)


def test_the_nearest_right_answer_counts():
    assert measured_texts("f1", ["Rome", "to Rome"], [["Milan", "Rome"], ["Rome"]]).tolist() == [
        1.0,
        pytest.approx(2 / 3),
    ]


@pytest.mark.parametrize(("answers", "right"), [(["a"], []), (["a"], [[]])])
def test_answers_without_what_is_right_are_refused(answers: list[str], right: list[list[str]]):
    with pytest.raises(InputError, match="cannot be held against"):
        measured_texts("f1", answers, right)
