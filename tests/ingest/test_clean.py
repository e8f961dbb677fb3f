import time

import pytest

from taskatlas.ingest.clean import clean_text


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("plain text", "plain text"),
        ("  a\t b\r\n\nc  ", "a b c"),
        ("cafe\u0301", "caf\u00e9"),
        ("a\u00a0b\u2028c\u3000d", "a b c d"),
        ("nul\x00 bell\x07 escape\x1b[0m", "nul bell escape[0m"),
        ("zero\u200bwidth\ufeff soft\u00adhyphen", "zerowidth softhyphen"),
        ("\u202edesrever\u202c \u2066isolated\u2069", "desrever isolated"),
        ("lone \ud800 surrogate", "lone surrogate"),
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


def test_a_million_characters_take_no_time():
    start = time.perf_counter()
    clean_text("é \t" * 333_000)
    assert time.perf_counter() - start < 5
