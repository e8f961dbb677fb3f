"""A card that does not hold together: one line with file, field, what was expected, and the nearest valid name."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from taskatlas.errors import CardError, PromptError, TaskatlasError, UnknownNameError
from taskatlas.predict import plugins
from taskatlas.registry.load import load
from taskatlas.schemas.models import MODEL_KINDS
from tests.support.cards import BOMB, CARDS, write_cards

Fault = tuple[str, dict[str, Any], str]
"""The card, the fields that are changed on it, and what the error says."""

FIELDS: list[Fault] = [
    ("reviews", {"familly": "x"}, "datasets/reviews.yaml: familly: there is no such field"),
    (
        "reviews",
        {"label": ["a", "b"]},
        "datasets/reviews.yaml: label: there is no such field. Did you mean 'label_map'?",
    ),
    ("reviews", {"name": "Re views"}, "Use a-z, 0-9, _ and -, starting with a letter or digit"),
    (
        "reviews",
        {"labels": [False, True]},
        "datasets/reviews.yaml: labels.0: expected text, got False. Put quotes around yes, no, on, off",
    ),
    (
        "reviews",
        {"labels": [1, 2]},
        "datasets/reviews.yaml: labels.0: expected text, got the number 1. Put quotes around numbers",
    ),
    (
        "reviews",
        {"labels": ["a", 1.5]},
        "datasets/reviews.yaml: labels.1: expected text, got the number 1.5. Put quotes around numbers",
    ),
    (
        "reviews",
        {"labels": [date(2026, 5, 31), "never"]},
        "datasets/reviews.yaml: labels.0: expected text, got the date 2026-05-31. Put quotes around dates",
    ),
    (
        "reviews",
        {"labels": [None, "some"]},
        "datasets/reviews.yaml: labels.0: expected text, got nothing. Put quotes around null and ~",
    ),
    (
        "reviews",
        {"label_map": {1: "positive"}},
        "datasets/reviews.yaml: label_map.1: expected text, got the number 1. Put quotes around numbers",
    ),
    (
        "reviews",
        {"labels": "classes"},
        "datasets/reviews.yaml: labels: expected a list or 'number' or 'text', got 'classes'",
    ),
    (
        "reviews",
        {"labels": ["one"]},
        "datasets/reviews.yaml: labels: needs two labels or more, or the word number or text, got ['one']",
    ),
    ("reviews", {"test_fraction": 2}, "datasets/reviews.yaml: test_fraction: input should be less than 1, got 2"),
    ("reviews", {"source": None}, "datasets/reviews.yaml: source: input should be a valid string, got None"),
    ("vader", {"kind": "calable"}, "models/vader.yaml: kind: there is no kind 'calable'. Did you mean 'callable'?"),
    ("vader", {"entrypoint": "a:b"}, "models/vader.yaml: entrypoint: there is no such field"),
    (
        "vader",
        {"revision": 3.3},
        "models/vader.yaml: revision: expected text, got the number 3.3. Put quotes around numbers",
    ),
    ("plain", {"template": "{{ txt }}"}, "txt"),
    ("plain", {"template": "{{ text.__class__ }}"}, "prompt plain: template"),
    ("plain", {"demonstrations": 3}, "prompts/plain.yaml: demonstrations: expected fields with their values, got 3"),
    ("plain", {"choices": "good"}, "prompts/plain.yaml: choices: expected fields with their values, got 'good'"),
    ("plain", {"demonstrations": {"choose": "random"}}, "demonstrations: choose: random needs dataset"),
    ("plain", {"demonstrations": {"choose": "fixed"}}, "demonstrations: choose: fixed needs examples"),
    (
        "plain",
        {"demonstrations": {"choose": "fixed", "examples": [{"text": "So so.", "label": "positive"}], "count": 2}},
        "prompts/plain.yaml: demonstrations: choose: fixed takes no count",
    ),
    (
        "plain",
        {"demonstrations": {"choose": "nearest", "dataset": "reviews", "seed": 1}},
        "prompts/plain.yaml: demonstrations: choose: nearest takes no seed",
    ),
    (
        "plain",
        {"demonstrations": {"choose": "fixed", "examples": [{"text": "So so.", "label": "middling"}]}},
        "demonstrations show the label 'middling', which is none of choices",
    ),
    (
        "plain",
        {"demonstrations": {"choose": "random", "datset": "reviews"}},
        "prompts/plain.yaml: demonstrations.datset: there is no such field. Did you mean 'dataset'?",
    ),
    (
        "plain",
        {"demonstrations": {"choose": "random", "dataset": "reviews"}, "models": ["minilm"]},
        "prompt plain: it shows demonstrations, and the model minilm is no language model. Change the prompt",
    ),
    (
        "plain",
        {"demonstrations": {"choose": "random", "dataset": "urgency"}},
        "prompt plain: demonstrations: urgency has numbers, and the prompt has choices. Name another dataset",
    ),
    (
        "plain",
        {"demonstrations": {"choose": "random", "dataset": "reviews"}, "choices": {"good": "good", "bad": "bad"}},
        "the prompt's labels do not reach those of reviews: negative, positive. Lead the prompt's labels to them",
    ),
    ("atlas", {"method": ["text"]}, "atlas.yaml: method: there is no such field. Did you mean 'methods'?"),
]


def _ids(faults: list[Fault]) -> list[str]:
    return [f"{card}-{next(iter(changes))}-{number}" for number, (card, changes, _) in enumerate(faults)]


@pytest.mark.parametrize(("card", "changes", "message"), FIELDS, ids=_ids(FIELDS))
def test_a_bad_field_is_named(tmp_path: Path, card: str, changes: dict[str, Any], message: str):
    with pytest.raises((CardError, PromptError)) as caught:
        load(write_cards(tmp_path, **{card: changes}))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "pydantic" not in str(caught.value)


def test_a_missing_field_and_a_missing_kind_are_named(tmp_path: Path):
    write_cards(tmp_path)
    card = tmp_path / "models/vader.yaml"
    full = card.read_text()
    card.write_text(full.replace("package: package\n", ""))
    with pytest.raises(CardError, match=r"^models/vader.yaml: package: this field is missing. Add it$"):
        load(tmp_path)
    card.write_text(full.replace("kind: callable\n", ""))
    with pytest.raises(CardError, match=r"^models/vader.yaml: the field kind is missing. Give one of .*callable"):
        load(tmp_path)


NAMES: list[Fault] = [
    ("atlas", {"corpus": "wed"}, "atlas.yaml: corpus: no corpus is called 'wed'. Did you mean 'web'?"),
    ("atlas", {"surrogate": "mini"}, "atlas.yaml: surrogate: no surrogate is called 'mini'. Did you mean 'minilm'?"),
    ("probe", {"dataset": "review"}, "model probe: dataset: no dataset is called 'review'. Did you mean 'reviews'?"),
    ("probe", {"encoder": "vader"}, "model probe: encoder: no encoder is called 'vader'. Known are: minilm"),
    (
        "vader",
        {"families": ["sentimental"]},
        "model vader: families: no family is called 'sentimental'. Did you mean 'sentiment'?",
    ),
    (
        "vader",
        {"datasets": ["urgent"]},
        "model vader: datasets: no dataset is called 'urgent'. Did you mean 'urgency'?",
    ),
    ("plain", {"models": ["minlm"]}, "prompt plain: models: no model is called 'minlm'. Did you mean 'minilm'?"),
    (
        "plain",
        {"families": ["weather"]},
        "prompt plain: families: no family is called 'weather'. Known are: sentiment, urgency",
    ),
    (
        "plain",
        {"mapping": {"reviws": {"negative": "negative"}}},
        "no dataset is called 'reviws'. Did you mean 'reviews'?",
    ),
    (
        "plain",
        {"mapping": {"reviews": {"negative": "negatif"}}},
        "subject minilm/plain: mapping.reviews: no label of the dataset is called 'negatif'. Did you mean 'negative'?",
    ),
    (
        "plain",
        {"demonstrations": {"choose": "random", "dataset": "review"}},
        "prompt plain: demonstrations.dataset: no dataset is called 'review'. Did you mean 'reviews'?",
    ),
    (
        "vader",
        {"mapping": {"reviews": {"bad": "negative"}}},
        "subject vader: mapping.reviews: no label of the subject is called 'bad'. Known are: negative, positive",
    ),
]


@pytest.mark.parametrize(("card", "changes", "message"), NAMES, ids=_ids(NAMES))
def test_a_name_that_leads_nowhere_gets_the_nearest_one(
    tmp_path: Path, card: str, changes: dict[str, Any], message: str
):
    with pytest.raises(UnknownNameError) as caught:
        load(write_cards(tmp_path, **{card: changes}))
    assert message in str(caught.value)


def test_demonstrations_are_not_for_models_that_cut_off_what_is_asked(tmp_path: Path):
    fields = {"demonstrations": {"choose": "random", "dataset": "reviews"}}
    write_cards(tmp_path, plain={**fields, "models": ["causal"]})
    card = tmp_path / "models/causal.yaml"
    card.write_text(yaml.safe_dump({**CARDS["causal"], "truncate": "right"}))
    what = "it shows demonstrations, and the model causal cuts texts on the right, where what is asked stands"
    with pytest.raises(CardError, match=rf"prompt plain: {what}\. Change the prompt, or name other models"):
        load(tmp_path)
    write_cards(tmp_path, plain=fields)
    assert not load(tmp_path).subjects("causal")
    card.write_text(yaml.safe_dump(CARDS["causal"]))
    assert [each.name for each in load(tmp_path).subjects("causal")] == ["causal/plain"]
    write_cards(tmp_path)
    card.write_text(yaml.safe_dump({**CARDS["causal"], "truncate": "right"}))
    assert [each.name for each in load(tmp_path).subjects("causal")] == ["causal/plain"]


FINDS = {**CARDS["merge"], "models": [{"weights": CARDS["surrogate"]["weights"]}]}
FOUND: list[tuple[str, dict[str, Any], str]] = [
    ("review", {}, "factors.dataset: no dataset is called 'review'. Did you mean 'reviews'?"),
    (
        "urgency",
        {},
        "factors.dataset: the labels of urgency are of another kind than the merge's. Name a dataset whose labels are "
        "those of the merge",
    ),
    (
        "reviews",
        {"labels": ["bad", "good"]},
        "the merge's labels do not reach those of reviews: negative, positive. Lead the merge's labels to them in "
        "mapping.reviews",
    ),
]


@pytest.mark.parametrize(("dataset", "changes", "message"), FOUND, ids=["unknown", "numbers", "labels"])
def test_factors_are_found_by_a_dataset_of_the_same_labels(
    tmp_path: Path, dataset: str, changes: dict[str, Any], message: str
):
    card = {**FINDS, "factors": {"by": "labels", "dataset": dataset}, **changes}
    (write_cards(tmp_path) / "models/merge.yaml").write_text(yaml.safe_dump(card))
    with pytest.raises(TaskatlasError) as caught:
        load(tmp_path)
    assert str(caught.value).startswith("models/merge.yaml: model merge: ")
    assert message in str(caught.value)
    mended = {"mapping": {"reviews": {"bad": "negative", "good": "positive"}}} if dataset == "reviews" else {}
    card |= {"factors": {"by": "labels", "dataset": "reviews"}, **mended}
    (tmp_path / "models/merge.yaml").write_text(yaml.safe_dump(card))
    assert "merge" in load(tmp_path).models, "what it advises works"


def test_case_does_not_count_in_a_mapping(tmp_path: Path):
    mapping = {"reviews": {"NEGATIVE": "Negative"}}
    assert load(write_cards(tmp_path, vader={"mapping": mapping})).models["vader"].mapping == mapping


def test_a_card_without_a_kind_is_told_all_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_cards(tmp_path)
    card = tmp_path / "models/vader.yaml"
    card.write_text(card.read_text().replace("kind: callable\n", ""))
    monkeypatch.setattr(plugins, "BROUGHT", SimpleNamespace(names=lambda: ["shouting"], find=lambda _: None))
    with pytest.raises(CardError) as caught:
        load(tmp_path)
    said = "models/vader.yaml: the field kind is missing. Give one of "
    assert str(caught.value) == said + ", ".join([*MODEL_KINDS, "shouting"])
    assert len(MODEL_KINDS) == 11
    card.write_text(card.read_text() + "kind: shoutin\n")
    with pytest.raises(CardError, match=r"there is no kind 'shoutin'\. Did you mean 'shouting'"):
        load(tmp_path)


def test_two_cards_of_one_name(tmp_path: Path):
    write_cards(tmp_path)
    (tmp_path / "models/again.yaml").write_text((tmp_path / "models/vader.yaml").read_text())
    with pytest.raises(CardError, match=r"models/vader.yaml: name: the name 'vader' is taken by models/again.yaml"):
        load(tmp_path)


YAML: list[tuple[str | bytes, str]] = [
    ("name: [a\n", "prompts/bad.yaml, line 2: is not valid YAML: "),
    ("name: a\nname: b\n", "prompts/bad.yaml, line 2: is not valid YAML: 'name' is given twice. Mend that line"),
    ("choices: {a: b, a: c}\n", "line 1: is not valid YAML: 'a' is given twice"),
    ("{a: 1}: b\n", "a field's name must be a word"),
    ("name: !!python/object/apply:os.system [echo]\n", "is not valid YAML: could not determine a constructor"),
    ("- a\n- b\n", "prompts/bad.yaml: holds no fields"),
    ("", "prompts/bad.yaml: holds no fields"),
    ("just words", "prompts/bad.yaml: holds no fields"),
    (b"name: caf\xe9\n", "prompts/bad.yaml: is not UTF-8 (byte 9). Save it as UTF-8"),
    ("name: a\x00b\n", "prompts/bad.yaml: is not valid YAML"),
    ("name: 2024-13-45\n", "prompts/bad.yaml: holds a number or a date that is none (month must be in 1..12"),
    ("a: " + "[" * 3000, "prompts/bad.yaml, line 1: is nested too deeply, in more than 50 levels"),
    ("a: " + "- " * 60 + "b\n", "prompts/bad.yaml, line 1: is not valid YAML"),
    ("- " * 60 + "b\n", "prompts/bad.yaml, line 1: is nested too deeply, in more than 50 levels"),
    (BOMB, "prompts/bad.yaml, line 5: holds aliases that stand for more than 10,000 values. Mend that line"),
    ("a: &a [*a]\n", "prompts/bad.yaml, line 1: holds an alias within what it is an alias of"),
    ("a: 1" + ":1" * 400_000, "prompts/bad.yaml, line 1: holds a number of more than 100 characters"),
    ("a: 0x" + "f" * 5_000, "prompts/bad.yaml, line 1: holds a number of more than 100 characters"),
    ("a: !!timestamp soon\n", "prompts/bad.yaml: holds a tag whose value is none of its kind. Take it away"),
    ("a: !!int ''\n", "prompts/bad.yaml: holds a tag whose value is none of its kind"),
    ("a: !!bool perhaps\n", "prompts/bad.yaml: holds a tag whose value is none of its kind"),
    ("label_map: {2026-05-31: a}\n", "a field's name must be a word; put quotes around null, ~ and dates"),
    ("a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "prompts/bad.yaml: a: there is no such field"),
    ("# " + "x" * 1_000_000, "prompts/bad.yaml: is over 1,000,000 bytes, too large for a card"),
]


@pytest.mark.parametrize(("content", "message"), YAML, ids=range(len(YAML)))
def test_a_file_that_is_no_card(tmp_path: Path, content: str | bytes, message: str):
    write_cards(tmp_path)
    bad = tmp_path / "prompts/bad.yaml"
    bad.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(CardError) as caught:
        load(tmp_path)
    assert message in str(caught.value)
    assert max(map(len, str(caught.value).splitlines())) < 300


def test_a_card_that_is_a_folder_or_leads_nowhere(tmp_path: Path):
    write_cards(tmp_path)
    (tmp_path / "prompts/folder.yaml").mkdir()
    with pytest.raises(TaskatlasError, match=r"prompts/folder.yaml: cannot be read \(Is a directory\)"):
        load(tmp_path)
    (tmp_path / "prompts/folder.yaml").rmdir()
    (tmp_path / "prompts/link.yaml").symlink_to(tmp_path / "gone.yaml")
    with pytest.raises(TaskatlasError, match=r"prompts/link.yaml: cannot be read \(No such file"):
        load(tmp_path)
