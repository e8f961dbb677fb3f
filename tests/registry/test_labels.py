"""Which label is meant by another spelling, and which may be two."""

from __future__ import annotations

import pytest

from taskatlas.cards.labels import lead_back, other_spellings


@pytest.mark.parametrize(
    ("found", "known", "meant"),
    [
        (["NEGATIVE", "Positive "], ["negative", "positive"], {"NEGATIVE": "negative", "Positive ": "positive"}),
        (["neg", "pos"], ["negative", "positive"], {"neg": "negative", "pos": "positive"}),
        (["negative", "positive"], ["neg", "pos"], {"negative": "neg", "positive": "pos"}),
        (["postive", "negatve"], ["negative", "positive"], {"postive": "positive", "negatve": "negative"}),
        (["Sci/Tech", "WORLD."], ["scitech", "world"], {"Sci/Tech": "scitech", "WORLD.": "world"}),
        (["contra"], ["contradiction", "contraction"], {}),
        (["1", "2", "10"], ["0", "1", "100"], {}),
        (["0"], ["negative", "positive"], {}),
        (["n"], ["negative", "positive"], {}),
        (["", " "], ["negative"], {}),
        (["good"], ["negative", "positive"], {}),
        (["unsafe"], ["safe", "other"], {}),
        (["not_entailment"], ["entailment", "contradiction"], {}),
        (["unhelpful"], ["helpful", "useless"], {}),
        (["female"], ["male", "other"], {}),
        (["-1"], ["0", "1"], {}),
        (["1.0", "1-2"], ["1", "10", "12"], {}),
        (["4 stars"], ["1 star", "5 stars"], {}),
        (["very positive"], ["positive", "negative"], {}),
        (["science fiction"], ["science", "sport"], {}),
        (["Austria"], ["Australia", "Nigeria"], {}),
        (["C#", "C++"], ["C", "Java"], {}),
        (["class A"], ["class B", "class C"], {}),
        (["ÄRGER"], ["ärger", "freude"], {"ÄRGER": "ärger"}),
    ],
)
def test_other_spellings(found: list[str], known: list[str], meant: dict[str, str]):
    assert other_spellings(found, known) == meant


def test_the_advice_is_yaml_that_can_be_pasted():
    assert lead_back(["Yes", "No", "5"], ["yes", "no"]) == (
        "write `label_map: {'No': 'no', 'Yes': 'yes'}` in the card, and mend the other 1"
    )
    assert lead_back(["5"], ["yes", "no"]) == ""
