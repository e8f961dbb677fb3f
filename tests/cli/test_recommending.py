"""What stands below the table of `recommend`."""

from __future__ import annotations

from taskatlas.cli.recommending import notes_of_unknown


def row(
    candidate: str, evidence: str | None, note: str | None, question: str = "prompt", baseline: float | None = 0.5
) -> dict[str, object]:
    told = {"question": question, "candidate": candidate, "evidence": evidence, "note": note}
    return {**told, "baseline": baseline}


def test_who_is_unknown_is_told_with_the_reason():
    never = "none of its answers is a label here"
    rows = [
        row("good", "measured", "answers negative to every text"),
        row("prose", None, never),
        row("other", None, "no forecast: blind"),
        row("json", None, never),
        row("new", None, None),
        row("elsewhere", None, "no subject links the two", "source"),
        row("one", None, "the test split holds one class alone", baseline=None),
    ]
    assert notes_of_unknown(rows) == {never: ["prose", "json"]}
