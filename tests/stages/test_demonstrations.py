"""What demonstrations are taken from: never a tested text, and a subject changes with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskatlas.errors import PromptError
from taskatlas.hashing import text_id
from taskatlas.stages import predict
from taskatlas.stages.context import Context
from taskatlas.stages.demonstrations import content, demonstrations_of
from tests.conftest import change_card
from tests.predict import tiny
from tests.stages.project import ingested, moods, write_card, write_dataset, write_project, write_rows


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A language model with a prompt that shows demonstrations of mood."""
    folder = write_project(tmp_path / "project")
    weights = tiny.causal(folder / "llama").model_dump(exclude_none=True)
    write_card(folder, "models", "lm", kind="causal", weights=weights)
    shown(folder, choose="random", dataset="mood", count=2)
    return folder


def shown(folder: Path, **demonstrations: Any) -> None:
    fields = {"choices": {"positive": "good", "negative": "bad"}, "models": ["lm"], "datasets": ["feel"]}
    write_card(folder, "prompts", "few", **fields, demonstrations=demonstrations)


def pool(context: Context) -> tuple[Any, ...]:
    return demonstrations_of(context, context.registry.prompts.values())["few"]


def few(context: Context) -> str:
    (found,) = (each for each in context.registry.subjects("lm") if each.prompt and each.prompt.name == "few")
    return predict.subject_id(context, found)


def test_they_come_from_the_train_split_with_the_prompts_own_labels(project: Path) -> None:
    context = ingested(project)
    rows = predict.split_of(context, context.datasets()["mood"], "train")
    found = {each.text_id: each.label for each in pool(context)}
    assert found == dict(zip(rows["text_id"].to_pylist(), rows["label"].to_pylist(), strict=True))
    assert {*found.values()} == {"negative", "positive"}


def test_labels_that_are_named_differently_are_led_to_the_prompts(project: Path) -> None:
    mapping = {"mood": {"up": "positive", "down": "negative"}}
    change_card(project / "prompts" / "few.yaml", choices={"up": "good", "down": "bad"}, mapping=mapping, datasets=[])
    context = ingested(project)
    rows = predict.split_of(context, context.datasets()["mood"], "train")
    words = {"positive": "up", "negative": "down"}
    expected = {each["text_id"]: words[each["label"]] for each in rows.to_pylist()}
    assert {each.text_id: each.label for each in pool(context)} == expected


def test_what_any_dataset_tests_is_never_shown(project: Path) -> None:
    context = ingested(project)
    (first, *_), whole, known = pool(context), len(pool(context)), few(context)
    write_rows(project, "third-train", moods(20, 9))
    write_rows(project, "third-test", [{"text": first.text, "label": first.label}, *moods(19, 8)])
    known_fields = {"family": "sentiment", "domain": "made up", "labels": ["negative", "positive"]}
    write_card(project, "datasets", "third", source="data/third-{split}.jsonl", **known_fields)
    again = ingested(project)
    assert first.text_id in predict.texts_of(again, again.datasets()["third"])["text_id"].to_pylist()
    assert len(pool(again)) == whole - 1
    assert first.text_id not in {each.text_id for each in pool(again)}
    assert few(again) != known


def test_what_nearly_equals_a_tested_text_is_not_shown_either(project: Path) -> None:
    context = ingested(project)
    (first, second, *_), whole = pool(context), len(pool(context))
    write_rows(project, "pairs-train", [{**row, "text_pair": "So it was ."} for row in moods(20, 9)])
    tested = [{**row, "text_pair": "So it was ."} for row in moods(18, 8)]
    tested += [{"text": f"{first.text.upper()} !", "text_pair": second.text, "label": first.label}]
    write_rows(project, "pairs-test", tested)
    fields = {"family": "sentiment", "domain": "made up", "labels": ["negative", "positive"]}
    write_card(
        project, "datasets", "pairs", source="data/pairs-{split}.jsonl", columns={"text_pair": "text_pair"}, **fields
    )
    again = ingested(project)
    left = {each.text_id for each in pool(again)}
    assert first.text_id not in left
    assert second.text_id in left, "only the first half of a pair is what is tested"
    assert len(left) == whole - 1
    shown(project, choose="fixed", examples=[{"text": first.text, "label": "positive"}])
    with pytest.raises(PromptError, match="a text of the test split of pairs, or nearly one"):
        pool(Context(project))


def test_a_corrected_mapping_makes_another_subject(project: Path) -> None:
    found = set()
    for up, down in (("positive", "negative"), ("negative", "positive")):
        mapping = {"mood": {"up": up, "down": down}}
        change_card(
            project / "prompts" / "few.yaml", choices={"up": "good", "down": "bad"}, mapping=mapping, datasets=[]
        )
        found.add(few(ingested(project)))
    assert len(found) == 2


def test_an_example_in_which_nothing_is_visible_is_refused(project: Path) -> None:
    shown(project, choose="fixed", examples=[{"text": "\u200b", "label": "positive"}])
    with pytest.raises(PromptError, match="it shows a text in which nothing is visible"):
        pool(ingested(project))
    shown(project, choose="fixed", examples=[{"text": "Fine.", "text_pair": "\u200b", "label": "positive"}])
    assert pool(Context(project)) == ((text_id("Fine."), "Fine.", None, "positive"),)


def test_a_subject_changes_with_them_and_with_nothing_else(project: Path) -> None:
    known = few(ingested(project))
    write_dataset(project, "feel", moods(50, 2))
    assert few(ingested(project)) == known
    write_dataset(project, "mood", moods(58, 1))
    assert few(ingested(project)) != known


def test_the_nearest_depend_on_the_surrogate_too(project: Path) -> None:
    plain = ingested(project)
    assert len(content(plain, plain.registry.prompts["few"])) == 2
    shown(project, choose="nearest", dataset="mood")
    context = ingested(project)
    sha256 = context.registry.surrogate.weights.sha256
    assert sha256 in content(context, context.registry.prompts["few"])
    assert content(context, context.registry.prompts["plain"]) == []


def test_fixed_ones_are_cleaned_and_none_of_them_is_tested(project: Path) -> None:
    shown(project, choose="fixed", examples=[{"text": "A  film\u200b was good. ", "label": "positive"}])
    context = ingested(project)
    assert pool(context) == ((text_id("A film was good."), "A film was good.", None, "positive"),)
    tested = predict.texts_of(context, context.datasets()["feel"])["text"][0].as_py()
    shown(project, choose="fixed", examples=[{"text": f" {tested}", "label": "positive"}])
    what = r"prompt few: demonstrations\.examples: it shows .* which is a text of the test split of feel"
    with pytest.raises(PromptError, match=what):
        predict.answer(Context(project), "lm", "cpu")


@pytest.mark.parametrize("choose", ["random", "nearest"])
def test_a_subject_answers_with_them(project: Path, choose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(project, choose=choose, dataset="mood", count=3)
    (first, *_) = pool(ingested(project))
    corpus = [json.loads(line)["text"] for line in (project / "data" / "web.jsonl").read_text().splitlines()]
    write_rows(project, "web", [{"text": text} for text in [*corpus, first.text]])
    context = ingested(project)
    assert first.text_id in predict.texts_of(context, context.corpus())["text_id"].to_pylist()
    seen: list[str] = []
    from taskatlas.predict.kinds.language import Language

    scores: Callable[..., Any] = Language._scores
    monkeypatch.setattr(Language, "_scores", lambda self, one, texts: seen.extend(texts) or scores(self, one, texts))
    assert predict.answer(context, "lm", "cpu")["computed"] == 2 + 2 * 3
    few_shot = [text for text in seen if "\n\n" in text]
    asked_about = [context.corpus(), context.datasets()["feel"]]
    assert len(few_shot) == sum(predict.texts_of(context, origin).num_rows for origin in asked_about)
    trained = {each.text for each in pool(context)}
    for text in few_shot:
        *before, asked = text.split("\n\n")
        assert {each.rpartition(" ")[0] for each in before} <= trained
        assert {each.rpartition(" ")[2] for each in before} <= {"good", "bad"}
        assert len(before) == 3
        assert asked not in {each.rpartition(" ")[0] for each in before}
