"""What to do, in words: for each case that a dataset can be in."""

from __future__ import annotations

from typing import Any

import pytest

from taskatlas.recommend.words import change_in_words, in_words, is_worth_using


def row(candidate: str, verdict: str, **fields: Any) -> dict[str, Any]:
    known = {
        "subject": candidate,
        "expected": 0.62,
        "low": 0.57,
        "high": 0.67,
        "measured": 0.63,
        "forecast": 0.6,
        "tried": None,
        "n": 60,
        "known": None,
        "known_from": None,
    }
    baseline = {"baseline": 0.41, "baseline_label": "neutral", "note": None}
    return {"question": "prompt", "candidate": candidate, "verdict": verdict, **known, **baseline, **fields}


NO_BETTER = "no better than always answering neutral"
BASELINE = "; always answering neutral reaches 0.41"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (
            [row("a", "best"), row("b", "worse")],
            f"use a: measured 0.63, expected 0.62 (90%: 0.57 to 0.67), the best of 2{BASELINE}",
        ),
        (
            [row("a", "best", forecast=None, note="gains +0.10 (90%: +0.02 to +0.18) over the dataset alone")],
            "use a: measured 0.62 (90%: 0.57 to 0.67), the only one; it gains +0.10 (90%: +0.02 to +0.18) over the "
            f"dataset alone{BASELINE}",
        ),
        (
            [row("a", "best", forecast=None)],
            f"use a: measured 0.62 (90%: 0.57 to 0.67), the only one{BASELINE}",
        ),
        (
            [row("a", "best"), row("b", "unknown", expected=None, measured=None, forecast=None)],
            f"use a: measured 0.63, expected 0.62 (90%: 0.57 to 0.67), the only one that is known{BASELINE}",
        ),
        (
            [row("a", "best", measured=None)],
            f"use a: forecast 0.62 (90%: 0.57 to 0.67), the only one{BASELINE}",
        ),
        (
            [row("a", "best", measured=None, tried=0.6, n=40)],
            f"use a: tried on 40 texts 0.60, expected 0.62 (90%: 0.57 to 0.67), the only one{BASELINE}",
        ),
        (
            [row("a", "best", measured=None, tried=0.6, n=40, forecast=None)],
            f"use a: tried on 40 texts 0.62 (90%: 0.57 to 0.67), the only one{BASELINE}",
        ),
        (
            [row("a", "best"), row("b", "tied with the best"), row("c", "tied with the best"), row("d", "worse")],
            f"use a: measured 0.63, expected 0.62 (90%: 0.57 to 0.67), the best of 4, tied with b and 1 more{BASELINE}",
        ),
        (
            [row("m", "best", subject="m/p", baseline=0.0, baseline_label=None)],
            "use m (by m/p): measured 0.63, expected 0.62 (90%: 0.57 to 0.67), the only one",
        ),
        (
            [row("a", NO_BETTER, measured=0.27, expected=0.27, forecast=None, low=0.2, high=0.34)],
            "nothing here is known to be better than always answering neutral (0.41); first comes a: measured 0.27 "
            "(90%: 0.20 to 0.34)",
        ),
        (
            [row("a", "no better than chance", baseline=0.0, baseline_label=None)],
            "nothing here is known to be better than chance; first comes a: measured 0.63, expected 0.62 "
            "(90%: 0.57 to 0.67)",
        ),
        (
            [row("a", NO_BETTER), row("b", "unknown", measured=None)],
            "nothing here is known to be better than always answering neutral (0.41); first comes a: measured 0.63, "
            "expected 0.62 (90%: 0.57 to 0.67); b may be: forecast 0.62 (90%: 0.57 to 0.67)",
        ),
        (
            [row("a", "unknown", measured=None, tried=0.63, n=40), row("b", NO_BETTER)],
            "nothing here is known to be better than always answering neutral (0.41); first comes a: tried on 40 texts "
            "0.63, expected 0.62 (90%: 0.57 to 0.67)",
        ),
        (
            [row("a", "best", measured=None, forecast=None, known=0.62, known_from="board")],
            f"use a: known from board 0.62 (90%: 0.57 to 0.67), the only one{BASELINE}",
        ),
        (
            [row("a", "best", measured=None, known=0.7, known_from="board, older")],
            f"use a: known from board, older 0.70, expected 0.62 (90%: 0.57 to 0.67), the only one{BASELINE}",
        ),
        (
            [row("a", "best", forecast=None, known=0.7, known_from="board")],
            f"use a: measured 0.63, expected 0.62 (90%: 0.57 to 0.67), the only one{BASELINE}",
        ),
        (
            [row("a", "unknown", measured=None, forecast=None, known=0.62, known_from="board")],
            "nothing was measured, and nothing that is known from elsewhere can be told from always answering neutral "
            "(0.41); first comes a: known from board 0.62 (90%: 0.57 to 0.67)",
        ),
        (
            [row("a", "unknown", measured=None)],
            "nothing was measured, and no forecast can be told from always answering neutral (0.41); first comes a: "
            "forecast 0.62 (90%: 0.57 to 0.67)",
        ),
        (
            [row("a", "unknown", measured=None, forecast=None, expected=None)],
            "nothing is known: nobody was measured, and nothing is forecast",
        ),
        (
            [row("a", "unknown", question="source", measured=None, forecast=None, expected=None)],
            "no subject shows what another dataset is good for here; first by likeness comes a",
        ),
        (
            [row("a", "unknown", baseline=None, note="the test split holds one class alone, bad")],
            "nothing can be told: the test split holds one class alone, bad",
        ),
    ],
)
def test_what_to_do(rows: list[dict[str, Any]], text: str):
    assert in_words(rows) == text
    assert is_worth_using(rows) == text.startswith("use ")


def test_where_nobody_answers_the_labels_a_mapping_is_offered():
    text = "no subject answers its labels (cold, hot); a `mapping` on a card says which answers mean them"
    assert in_words([], labels=["cold", "hot"]) == text
    assert in_words([]).startswith("no subject answers its labels; ")
    assert not is_worth_using([])


def test_what_is_passed_over_is_told():
    rows = [row("b", "worse"), row("c", "worse")]
    text = in_words(rows, passed_over=(row("a", "best", measured=None), "costs more"))
    assert text == (
        "use b: measured 0.63, expected 0.62 (90%: 0.57 to 0.67), the first of 2; a, forecast 0.62 "
        f"(90%: 0.57 to 0.67), costs more{BASELINE}"
    )


def test_rows_of_a_page_that_name_no_question_are_told_alike():
    (unknown,) = [row("a", "unknown", measured=None, forecast=None, expected=None)]
    del unknown["question"]
    assert in_words([unknown]) == "nothing is known: nobody was measured, and nothing is forecast"


def test_a_change_names_no_subject_that_is_no_better_than_the_baseline():
    before, now = row("a", "best"), row("b", "best", expected=0.84)
    assert change_in_words("d", before, now) == "the best on d was a (0.62), is now b (0.84)"
    none = row("b", "no better than always answering bad")
    assert change_in_words("d", before, none).endswith("is now nothing that is known to beat the baseline")
