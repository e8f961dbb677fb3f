"""What demonstrations are taken from: never a tested text, and a subject changes with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from taskatlas.errors import PromptError
from taskatlas.hashing import text_id
from taskatlas.plan.demonstrations import demonstrations_content, demonstrations_of
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.predict.model import Demonstration
from taskatlas.stages import predict
from tests.support import checkpoints
from tests.support.cards import change_card
from tests.support.projects import moods, write_card, write_dataset, write_project, write_rows
from tests.support.stage_runs import answer_missing, ingested


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A language model with a prompt that shows demonstrations of mood."""
    folder = write_project(tmp_path / "project")
    weights = checkpoints.causal(folder / "llama").model_dump(exclude_none=True)
    write_card(folder, "models", "lm", kind="causal", weights=weights)
    shown(folder, choose="random", dataset="mood", count=2)
    return folder


def shown(folder: Path, **demonstrations: Any) -> None:
    fields = {"choices": {"positive": "good", "negative": "bad"}, "models": ["lm"], "datasets": ["feel"]}
    write_card(folder, "prompts", "few", **fields, demonstrations=demonstrations)


def examples_of(plan: Plan) -> dict[str, str]:
    return {name: text_set.examples for name, text_set in plan.datasets.items()}


def pool(plan: Plan) -> tuple[Any, ...]:
    return demonstrations_of(plan.project, plan.project.registry.prompts.values(), examples_of(plan))["few"]


def content(plan: Plan, prompt: str) -> list[object]:
    return demonstrations_content(plan.project, plan.project.registry.prompts[prompt], examples_of(plan))


def few(plan: Plan) -> str:
    return plan.identities.subject_id("lm/few")


def corpus_of(plan: Plan) -> pa.Table:
    return predict.texts_of(plan.project, "corpus", plan.corpus.examples)


def of_tests(plan: Plan, name: str) -> pa.Table:
    return predict.texts_of(plan.project, "dataset", plan.datasets[name].examples)


def test_they_come_from_the_train_split_with_the_prompts_own_labels(project: Path) -> None:
    plan = ingested(project)
    rows = predict.split_of(plan.project, plan.datasets["mood"].examples, "train")
    found = {each.text_id: each.label for each in pool(plan)}
    assert found == dict(zip(rows["text_id"].to_pylist(), rows["label"].to_pylist(), strict=True))
    assert {*found.values()} == {"negative", "positive"}


def test_labels_that_are_named_differently_are_led_to_the_prompts(project: Path) -> None:
    mapping = {"mood": {"up": "positive", "down": "negative"}}
    change_card(project / "prompts" / "few.yaml", choices={"up": "good", "down": "bad"}, mapping=mapping, datasets=[])
    plan = ingested(project)
    rows = predict.split_of(plan.project, plan.datasets["mood"].examples, "train")
    words = {"positive": "up", "negative": "down"}
    expected = {each["text_id"]: words[each["label"]] for each in rows.to_pylist()}
    assert {each.text_id: each.label for each in pool(plan)} == expected


def test_what_any_dataset_tests_is_never_shown(project: Path) -> None:
    plan = ingested(project)
    (first, *_), whole, known = pool(plan), len(pool(plan)), few(plan)
    write_rows(project, "third-train", moods(20, 9))
    write_rows(project, "third-test", [{"text": first.text, "label": first.label}, *moods(19, 8)])
    known_fields = {"family": "sentiment", "domain": "made up", "labels": ["negative", "positive"]}
    write_card(project, "datasets", "third", source="data/third-{split}.jsonl", **known_fields)
    again = ingested(project)
    assert first.text_id in of_tests(again, "third")["text_id"].to_pylist()
    assert len(pool(again)) == whole - 1
    assert first.text_id not in {each.text_id for each in pool(again)}
    assert few(again) != known


def test_what_nearly_equals_a_tested_text_is_not_shown_either(project: Path) -> None:
    plan = ingested(project)
    (first, second, *_), whole = pool(plan), len(pool(plan))
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
        pool(Plan(Project(project)))


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
    assert pool(Plan(Project(project))) == (Demonstration(text_id("Fine."), "Fine.", None, "positive"),)


def test_a_subject_changes_with_them_and_with_nothing_else(project: Path) -> None:
    known = few(ingested(project))
    write_dataset(project, "feel", moods(50, 2))
    assert few(ingested(project)) == known
    write_dataset(project, "mood", moods(58, 1))
    assert few(ingested(project)) != known


def test_the_nearest_depend_on_the_surrogate_too(project: Path) -> None:
    plain = ingested(project)
    assert len(content(plain, "few")) == 2
    shown(project, choose="nearest", dataset="mood")
    plan = ingested(project)
    sha256 = plan.project.registry.surrogate.weights.sha256
    assert sha256 in content(plan, "few")
    assert content(plan, "plain") == []


def test_fixed_ones_are_cleaned_and_none_of_them_is_tested(project: Path) -> None:
    shown(project, choose="fixed", examples=[{"text": "A film\u200b was good. ", "label": "positive"}])
    plan = ingested(project)
    assert pool(plan) == (Demonstration(text_id("A film was good."), "A film was good.", None, "positive"),)
    tested = of_tests(plan, "feel")["text"][0].as_py()
    shown(project, choose="fixed", examples=[{"text": f" {tested}", "label": "positive"}])
    what = r"prompt few: demonstrations\.examples: it shows .* which is a text of the test split of feel"
    with pytest.raises(PromptError, match=what):
        answer_missing(Plan(Project(project)))


@pytest.mark.parametrize("choose", ["random", "nearest"])
def test_a_subject_answers_with_them(project: Path, choose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(project, choose=choose, dataset="mood", count=3)
    (first, *_) = pool(ingested(project))
    corpus = [json.loads(line)["text"] for line in (project / "data" / "web.jsonl").read_text().splitlines()]
    write_rows(project, "web", [{"text": text} for text in [*corpus, first.text]])
    plan = ingested(project)
    assert first.text_id in corpus_of(plan)["text_id"].to_pylist()
    seen: list[str] = []
    from taskatlas.predict.kinds.language import Language

    scores: Callable[..., Any] = Language._scores

    def watched(self: Language, rendered: Sequence[Sequence[str]], answers: Any) -> Any:
        seen.extend(text for of_prompt in rendered for text in of_prompt)
        return scores(self, rendered, answers)

    monkeypatch.setattr(Language, "_scores", watched)
    assert answer_missing(plan)["lm"]["computed"] == 2 + 2 * 3
    few_shot = [text for text in seen if "\n\n" in text]
    assert len(few_shot) == corpus_of(plan).num_rows + of_tests(plan, "feel").num_rows
    trained = {each.text for each in pool(plan)}
    for text in few_shot:
        *before, asked = text.split("\n\n")
        assert {each.rpartition(" ")[0] for each in before} <= trained
        assert {each.rpartition(" ")[2] for each in before} <= {"good", "bad"}
        assert len(before) == 3
        assert asked not in {each.rpartition(" ")[0] for each in before}
