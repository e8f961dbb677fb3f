"""Texts that a visitor pastes into the page Choose: what is shown is what the release's adviser says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from taskatlas.advice.adviser import Adviser
from taskatlas.advice.texts import MOST_CHARACTERS, MOST_TEXTS, parse
from taskatlas.dashboards import own_texts
from taskatlas.dashboards.figures import escape
from taskatlas.project.folders import ProjectFolders
from taskatlas.store.reader import Reader

LABELLED = """\
The battery died after two days.\tnegative
Best kettle I ever bought | positive
It broke and nobody answers\tnegative
love it so much\tpositive
**awful** <b>noise</b>, sent it back\tnegative
works great\tpositive
"""
BARE = "\n".join(line.replace("|", "\t").split("\t")[0] for line in LABELLED.splitlines())
REFUSED = {
    "": "there is no text",
    "good\tpositive\nbad\n": "line 2: no label, but the others have one",
    "good\tpositive\ngood\tnegative": "the same text with the labels",
    "good\tpositive\nbad\tnegative": "too few",
    "x" * (MOST_CHARACTERS + 1): "100,001 characters are more than 100,000",
    "\n".join(f"text {number}" for number in range(MOST_TEXTS + 1)): f"more than {MOST_TEXTS}",
}


@pytest.fixture(scope="module")
def adviser(published: Path) -> Adviser:
    return Adviser.of(published, Reader(ProjectFolders(published).catalog))


def opened(draw, folder: Path):
    page = draw("choose", folder, **{"for": "Texts of my own"})
    assert not page.exception
    return page


def send(page, text: str):
    page.text_area(key="own_texts").set_value(text)
    next(button for button in page.button if button.label == "Choose for these texts").click()
    page.run()
    assert not page.exception
    return page


def said(page) -> str:
    """What promises most: with a tick, or beside the baseline that it cannot be told from."""
    return (page.success or page.warning)[0].value


def frame(page, *columns: str) -> pd.DataFrame:
    return next(element.value for element in page.dataframe if set(columns) <= set(element.value.columns))


def same(shown: pd.DataFrame, table) -> None:
    pd.testing.assert_frame_equal(shown, table.to_pandas(), rtol=1e-4)


@pytest.mark.parametrize("text", [LABELLED, BARE])
def test_what_is_shown_is_what_the_adviser_says(published: Path, draw, adviser: Adviser, text: str):
    advice = adviser.advise(parse(text))
    assert advice.labelled == (text == LABELLED)
    page = send(opened(draw, published), text)
    same(frame(page, "subject", "forecast", "basis"), advice.subjects)
    same(frame(page, "neighbor", "rank"), advice.nearest)
    best = advice.subjects.to_pylist()[0]
    promise = said(page) if advice.labelled else page.info[0].value
    score = f"{best['metric']} {best['forecast']:.2f} ({best['low']:.2f}"
    assert f"**{escape(best['subject'])}** promises most: {score}" in promise
    if advice.labelled:
        is_above = best["low"] > 0.5  # three of six texts have each label
        assert bool(page.success) == is_above
        told = "" if is_above else ", which cannot be told from always answering negative (0.50)"
        assert promise.endswith(f" on your texts{told}.")
    else:
        assert promise.startswith(f"The nearest dataset with forecasts is **{escape(best['borrowed_from'])}**. There ")
        assert not page.success
    assert len(page.get("vega_lite_chart")) == advice.labelled
    notes = "\n".join(info.value for info in page.info)
    assert advice.notes
    assert all(escape(note) in notes for note in advice.notes)
    answers = frame(page, "text")
    assert answers["text"].tolist() == [line.split("\t")[0].split(" | ")[0] for line in LABELLED.splitlines()]
    expected = advice.answers.to_pylist()
    for subject in dict.fromkeys(row["subject"] for row in expected):
        own = sorted((row["position"], row["answer"]) for row in expected if row["subject"] == subject)
        assert answers[subject].tolist() == [answer for _, answer in own]
    assert ("label" in answers) == advice.labelled
    assert any("of release v1;" in code.value and "taskatlas.open().advise(" in code.value for code in page.code)


def test_what_cannot_be_used_is_told_and_takes_the_last_advice_away(published: Path, draw):
    page = send(opened(draw, published), LABELLED)
    assert "promises most" in said(page)
    for text, fault in REFUSED.items():
        send(page, text)
        assert [error.value for error in page.error] == ["These texts cannot be used."]
        assert any(fault in element.value for element in page.text)
        assert not page.success
        assert not page.warning
    assert not page.run().success


def test_advice_stays_and_says_which_release_it_is_of(published: Path, draw):
    page = send(opened(draw, published), LABELLED)
    promise = said(page)
    page.run()
    assert said(page) == promise
    assert not any("This was read" in warning.value for warning in page.warning)
    page.session_state["advice"] = replace(page.session_state["advice"], release="v0")
    page.run()
    assert promise in [found.value for found in (*page.success, *page.warning)]
    assert page.warning[0].value == "This was read from release v0. Choose again to see what v1 says."


def test_texts_and_their_advice_are_there_after_a_look_at_another_page(published: Path, draw):
    page = send(opened(draw, published), LABELLED)
    promise = said(page)
    page.switch_page("app_pages/map.py").run()
    page.switch_page("app_pages/choose.py").run()
    assert page.text_area(key="own_texts").value == LABELLED
    assert said(page) == promise


def test_texts_are_in_no_address_and_in_no_other_session(published: Path, draw):
    page = send(opened(draw, published), BARE)
    assert set(page.query_params) == {"for"}
    other = opened(draw, published)
    assert not other.success
    assert not other.text_area(key="own_texts").value


def test_a_project_whose_surrogate_has_no_card(project: Path, draw):
    page = send(opened(draw, project), BARE)
    assert [error.value for error in page.error] == ["This cannot be shown."]
    assert not page.success


def test_subjects_that_are_named_like_other_columns(adviser: Adviser):
    answers = adviser.advise(parse(LABELLED)).answers.to_pandas()
    of_two = answers[answers["subject"].isin(answers["subject"].unique()[:2])]
    names = dict(zip(of_two["subject"].unique(), ("text", "label"), strict=True))
    renamed = of_two.assign(subject=of_two["subject"].map(names))
    wide = own_texts._wide(own_texts.pa.Table.from_pandas(renamed, preserve_index=False)).to_pandas()
    assert list(wide.columns) == ["text", "label", "text (subject)", "label (subject)"]
    first = of_two[of_two["subject"] == next(iter(names))]
    assert wide["text (subject)"].tolist() == first.sort_values("position")["answer"].tolist()
    assert wide["text"].tolist() == first.sort_values("position")["text"].tolist()
