"""Every kind of card: the smallest good one, what it may not hold, and that it does not change."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from taskatlas.schemas.cards import Card, CorpusCard, DatasetCard
from taskatlas.schemas.encoding import SurrogateCard
from taskatlas.schemas.models import MODEL_KINDS, AnyModel
from taskatlas.schemas.project import ProjectCard
from taskatlas.schemas.prompts import PromptCard
from tests.support.cards import CARDS, SHA, WEIGHTS

MODELS = TypeAdapter[Any](AnyModel)
KINDS: dict[str, TypeAdapter[Any]] = {
    "dataset": TypeAdapter(DatasetCard),
    "numbers": TypeAdapter(DatasetCard),
    "corpus": TypeAdapter(CorpusCard),
    "surrogate": TypeAdapter(SurrogateCard),
    "prompt": TypeAdapter(PromptCard),
    "project": TypeAdapter(ProjectCard),
    **dict.fromkeys(MODEL_KINDS, MODELS),
}


def read(of: str, /, **changes: Any) -> Card:
    card: Card = KINDS[of].validate_python({**CARDS[of], **changes})
    return card


@pytest.mark.parametrize("kind", CARDS)
def test_the_smallest_card_is_good_and_frozen(kind: str):
    card = read(kind)
    assert card.name == CARDS[kind]["name"]
    assert card.license == "unknown"
    with pytest.raises(ValidationError, match="frozen"):
        card.name = "other"


@pytest.mark.parametrize("kind", CARDS)
def test_a_card_forbids_unknown_fields_and_needs_name_and_description(kind: str):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        read(kind, familly="x")
    for field in ("name", "description"):
        with pytest.raises(ValidationError, match="Field required"):
            KINDS[kind].validate_python({key: value for key, value in CARDS[kind].items() if key != field})
    with pytest.raises(ValidationError, match="at least 1 character"):
        read(kind, description="   ")


@pytest.mark.parametrize("kind", CARDS)
@pytest.mark.parametrize(
    "name", ["", "A", "a b", "a/b", "a.b", "..", "it's", 'a"b', "a;b", "-a", "_a", "a" * 61, "a\n"]
)
def test_a_name_is_fit_for_sql_paths_and_the_command_line(kind: str, name: str):
    with pytest.raises(ValidationError, match="String should match pattern"):
        read(kind, name=name)


def test_a_name_may_hold_digits_dashes_and_underscores():
    assert read("prompt", name="0-a_b" + "c" * 55).name.startswith("0-a_b")


BAD = [
    ("dataset", {"labels": ["positive"]}, "two labels or more"),
    ("dataset", {"labels": []}, "two labels or more"),
    ("dataset", {"labels": ["a", "b", "a"]}, "twice"),
    ("dataset", {"labels": ["Positive", "positive"]}, "twice"),
    ("dataset", {"labels": ["a", " "]}, "at least 1 character"),
    ("dataset", {"labels": "numbers"}, "'number'"),
    ("dataset", {"label_map": {"0": "negativ"}}, "label_map leads '0' to 'negativ', which is none of labels"),
    ("dataset", {"value_range": [0, 1]}, "value_range is for labels: number"),
    ("dataset", {"test_fraction": 0}, "greater than 0"),
    ("dataset", {"test_fraction": 1}, "less than 1"),
    ("dataset", {"max_chars": 0}, "greater than or equal to 1"),
    ("dataset", {"source": ""}, "at least 1 character"),
    ("dataset", {"columns": {"txt": "a"}}, "Extra inputs"),
    ("numbers", {"value_range": [10, 0]}, "value_range needs the smaller number first"),
    ("numbers", {"value_range": [0, 1, 2]}, "at most 2 items"),
    ("corpus", {"sources": []}, "at least 1 item"),
    ("corpus", {"sources": [{"source": "a.txt", "limit": 0}]}, "greater than or equal to 1"),
    ("corpus", {"sources": [{"file": "a.txt"}]}, "Extra inputs"),
    ("surrogate", {"weights": {**WEIGHTS, "sha256": "ABC"}}, "match pattern"),
    ("surrogate", {"weights": {**WEIGHTS, "sha256": SHA.upper()}}, "match pattern"),
    ("surrogate", {"weights": {"source": "a", "sha256": SHA}}, "Field required"),
    ("encoder", {"weights": {**WEIGHTS, "max_length": 4}}, "greater than or equal to 8"),
    ("encoder", {"scale": 0}, "greater than 0"),
    ("encoder", {"kind": "endcoder"}, "does not match any of the expected tags"),
    ("probe", {"dataset": "Reviews!"}, "match pattern"),
    ("probe", {"holdout": 1}, "less than 1"),
    ("probe", {"strength": 0}, "greater than 0"),
    ("merge", {"models": [{"weights": WEIGHTS}]}, "a factor is missing"),
    ("merge", {"factors": {"by": "labels", "dataset": "reviews"}}, "given and found"),
    ("merge", {"factors": {"by": "luck", "dataset": "reviews"}}, "'similarity', 'labels' or 'blocks'"),
    ("callable", {"entry_point": "no_colon"}, "match pattern"),
    ("callable", {"entry_point": "a:b; import os"}, "match pattern"),
    ("callable", {"labels": []}, "two labels or more"),
    ("callable", {"labels": ["one"]}, "two labels or more"),
    ("callable", {"labels": "text"}, "'number'"),
    ("callable", {"options": {"a": [1]}}, "valid"),
    ("recorded", {"labels": ["a", "a"]}, "twice"),
    ("recorded", {"sha256": "0"}, "match pattern"),
    ("recorded", {"min_coverage": 0}, "greater than 0"),
    ("recorded", {"min_coverage": 1.1}, "less than or equal to 1"),
    ("prompt", {"choices": {"only": "one"}}, "two labels or more"),
    ("prompt", {"verbalisers": {"none": ["one"]}}, "no label of choices"),
    ("prompt", {"template": ""}, "at least 1 character"),
    ("prompt", {"template": "x" * 20_001}, "at most 20000 characters"),
    ("prompt", {"mapping": {"no such name": {"a": "b"}}}, "match pattern"),
    ("project", {"methods": []}, "at least 1 item"),
    ("project", {"train_limit": 1}, "greater than or equal to 2"),
    ("project", {"quarantine_limit": 1}, "less than 1"),
    ("project", {"seed": -1}, "greater than or equal to 0"),
]


@pytest.mark.parametrize(
    ("kind", "changes", "message"), BAD, ids=[f"{kind}-{next(iter(what))}-{i}" for i, (kind, what, _) in enumerate(BAD)]
)
def test_a_bad_card_is_refused(kind: str, changes: dict[str, Any], message: str):
    with pytest.raises(ValidationError, match=message):
        read(kind, **changes)


def test_labels_are_classes_or_numbers():
    assert read("dataset").class_labels == ("negative", "positive")
    assert read("numbers").class_labels == ()
    assert read("numbers").value_range == (0, 10)


def test_every_kind_of_model_is_a_card_here():
    assert set(MODEL_KINDS) <= set(CARDS)
    assert all(type(read(kind)) is MODEL_KINDS[kind] for kind in MODEL_KINDS)


def test_outer_white_space_is_no_part_of_a_label():
    assert read("dataset", labels=[" negative", "positive "]).class_labels == ("negative", "positive")


@pytest.mark.parametrize("kind", sorted({"dataset", "corpus", "surrogate", *MODEL_KINDS}))
@pytest.mark.parametrize("tag", ["en", "hi-Latn", "zh-Hant-TW", "mul"])
def test_a_card_may_say_a_language_and_is_written_as_before_without_one(kind: str, tag: str):
    card = read(kind, language=tag)
    assert card.model_dump(mode="json")["language"] == tag
    plain = read(kind)
    assert plain.model_dump(mode="json") == {
        name: value for name, value in card.model_dump(mode="json").items() if name != "language"
    }
    assert '"language"' not in plain.model_dump_json()
    assert read(kind, language=None) == plain


@pytest.mark.parametrize("kind", ["dataset", "corpus", "surrogate", "encoder"])
@pytest.mark.parametrize("tag", ["English", "EN", "hi_IN", "hi-", "x", ""])
def test_a_language_is_a_tag(kind: str, tag: str):
    with pytest.raises(ValidationError, match="language"):
        read(kind, language=tag)
