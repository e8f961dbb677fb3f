"""--dataset: prompts are for one dataset, whose card says columns, labels and family."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from taskatlas.errors import InputError, UnknownNameError
from taskatlas.importers.report import Outcome
from taskatlas.registry.load import load
from taskatlas.schemas.prompts import PromptCard
from tests.support.cards import change_card
from tests.support.imported_files import one

Import = Callable[..., list[Outcome]]
Card = Callable[..., PromptCard]
OPEN = json.dumps({"_type": "prompt", "template": "Is {note} good?"})


def test_a_prompt_without_choices_gets_the_datasets_labels(card: Card):
    prompt = card(OPEN, "open.json", dataset="cafe_reviews")
    assert prompt.choices == {"negative": "negative", "positive": "positive"}
    assert prompt.families == ("sentiment",)


def test_choices_that_are_called_like_labels_stand_for_them_in_any_order(card: Card):
    prompt = card(one(choices="Positive ||| Negative"), dataset="cafe_reviews")
    assert prompt.choices == {"positive": "Positive", "negative": "Negative"}


def test_choices_of_other_names_are_told_with_what_mends_it(importing: Import, project: Path):
    (outcome,) = importing(one(), dataset="cafe_reviews")
    what = "its labels are not those of cafe_reviews (negative, positive)"
    assert f"{what}: import it again with --replace" in outcome.note
    assert load(project).prompts["corner_shop-happy-note"].families == ("sentiment",)
    (again,) = importing(one(), dataset="cafe_reviews", labels=("negative", "positive"), replace=True)
    assert again.state == "replaced"
    assert load(project).prompts["corner_shop-happy-note"].choices == {"negative": "no", "positive": "yes"}


def test_columns_are_the_datasets(project: Path, card: Card):
    change_card(project / "datasets/story_pairs.yaml", columns={"text": "premise", "text_pair": "claim"})
    content = "{{claim}} after {{premise}} ||| {{answer_choices[label]}}"
    assert card(one(content), dataset="story_pairs").template == "{{text_pair}} after {{text}}"


def test_free_text_of_a_format_that_says_choices_stays_free(card: Card):
    assert card(one("Sum up {{review}} ||| {{title}}", None), dataset="cafe_reviews").choices == {}


def test_rows_that_come_with_an_instruction_are_left(project: Path, importing: Import):
    rows = [{"instruction": "Is it good?", "input": f"Note {at}", "output": "yes"} for at in range(60)]
    (outcome,) = importing(json.dumps(rows), "rows.json", dataset="cafe_reviews")
    assert outcome.note == "a prompt alone, as --dataset names the rows that it is for, and its own are left"
    card = load(project).prompts["rows-instruction"]
    assert (tuple(card.choices), card.families) == (("negative", "positive"), ("sentiment",))


def test_names_that_do_not_go_together(importing: Import):
    with pytest.raises(UnknownNameError, match="cafe_revews"):
        importing(OPEN, "open.json", dataset="cafe_revews")
    with pytest.raises(InputError, match="cafe_reviews is of the family 'sentiment', and --family names 'topic'"):
        importing(OPEN, "open.json", dataset="cafe_reviews", family="topic")
