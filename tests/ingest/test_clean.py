import random
import time

import pytest

from taskatlas.ingest.clean import clean_line, clean_text


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("plain text", "plain text"),
        ("  a  b\u2003c ", "a  b c"),
        ("cafe\u0301", "caf\u00e9"),
        ("a\u00a0b\u2028c\u3000d", "a b\nc d"),
        ("nul\x00 bell\x07 escape\x1b[0m", "nul bell escape[0m"),
        ("zero\u200bwidth\ufeff soft\u00adhyphen", "zerowidth softhyphen"),
        ("\u202edesrever\u202c \u2066isolated\u2069", "desrever isolated"),
        ("lone \ud800surrogate", "lone surrogate"),
        ("\u200b\ufeff \u200d", ""),
        ("", ""),
        ("e\u200b\u0301", "\u00e9"),
    ],
)
def test_what_looks_the_same_becomes_the_same(raw, cleaned):
    assert clean_text(raw) == cleaned


@pytest.mark.parametrize(
    "text", ["\U0001f469\u200d\U0001f680 lands", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u2764\ufe0f"]
)
def test_joiners_within_a_text_stay(text):
    assert clean_text(text) == text


@pytest.mark.parametrize(
    "raw", ["\u212b\u2126\u037e", " \u200d a \u200c b \u200d ", "x\u2000y\u1fefz", "\u0344\u1100\u1161"]
)
def test_cleaning_twice_changes_nothing(raw):
    assert clean_text(clean_text(raw)) == clean_text(raw)


CODE = "def f(y):\n    result = y\n\n    if result:\n\treturn 1"
POEM = "    The kettle sang,\n  the window wept,\n\nand all the house was tea."
TABLE = "name    price\ntea     1.20\ncake\t\t2.50"


@pytest.mark.parametrize("text", [CODE, POEM, TABLE])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\u2028"])
@pytest.mark.parametrize(("before", "after"), [("", ""), ("\n \n", " \n\n"), ("\ufeff\u200d\n", "\u200d\n\x00 ")])
def test_lines_indentation_and_columns_stay(text: str, line_end: str, before: str, after: str):
    assert clean_text(before + text.replace("\n", line_end) + after) == text


def test_spaces_at_the_ends_of_lines_are_not_to_be_seen():
    assert clean_text("one  \n two\t \n") == "one\n two"


def test_a_text_of_one_line_has_no_indentation():
    assert clean_text("\t  one line \n") == "one line"


@pytest.mark.parametrize("raw", [CODE, POEM, TABLE, " a\u200d\n", ""])
def test_a_line_has_single_spaces(raw: str):
    assert clean_line(raw) == " ".join(raw.split()).rstrip("\u200d")


def test_whatever_comes_cleaning_twice_changes_nothing():
    chance = random.Random(1)
    for _ in range(20_000):
        raw = "".join(chance.choices("ab \t\n\r\u200d\u200b\u0301\u00a0\u2028\u2000", k=chance.randint(0, 9)))
        assert clean_text(clean_text(raw)) == clean_text(raw)
        assert clean_line(clean_line(raw)) == clean_line(raw) == clean_text(clean_line(raw))


def test_a_million_characters_take_no_time():
    start = time.perf_counter()
    clean_text("é \t" * 333_000 + "\n x" * 100_000)
    assert time.perf_counter() - start < 5
