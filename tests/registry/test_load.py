"""Loading a registry: what it holds, what is read once, and which subjects there are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from taskatlas.cards import files as cardfiles
from taskatlas.errors import CardError
from taskatlas.registry import load as registry
from taskatlas.registry.load import load
from tests.support.cards import KINDS, write_cards


def test_every_card_is_found_by_its_name(tmp_path: Path):
    project = load(write_cards(tmp_path))
    assert list(project.datasets) == ["reviews", "urgency"]
    assert list(project.models) == ["minilm", "probe", "recorded", "vader"]
    assert (project.corpus.name, project.surrogate.name) == ("web", "minilm")
    assert [subject.name for subject in project.subjects()] == ["minilm/plain", "probe", "recorded", "vader"]
    assert [subject.name for subject in project.subjects("vader")] == ["vader"]


def test_a_prompt_is_for_all_encoders_or_for_those_it_names(tmp_path: Path):
    write_cards(tmp_path)
    other = (tmp_path / "models/minilm.yaml").read_text().replace("name: minilm", "name: other")
    (tmp_path / "models/other.yml").write_text(other)
    assert [each.name for each in load(tmp_path).subjects()][:2] == ["minilm/plain", "other/plain"]
    write_cards(tmp_path, plain={"models": ["other"]})
    assert [each.name for each in load(tmp_path).subjects()][:2] == ["other/plain", "probe"]


def test_a_subject_answers_the_datasets_it_is_meant_for(tmp_path: Path):
    changes = {"vader": {"families": ["urgency"], "datasets": ["reviews"]}, "plain": {"families": ["sentiment"]}}
    project = load(write_cards(tmp_path, **changes))
    targets = {each.name: [card.name for card in project.targets(each)] for each in project.subjects()}
    assert targets == {
        "minilm/plain": ["reviews"],
        "probe": ["reviews"],  # a probe is for its dataset's family where its card says nothing
        "recorded": [],
        "vader": ["reviews", "urgency"],
    }


def test_labels_and_kinds_of_output(tmp_path: Path):
    project = load(write_cards(tmp_path, probe={"dataset": "urgency"}))
    kinds = {each.name: (project.output_kind(each), project.labels(each)) for each in project.subjects()}
    both = ("negative", "positive")
    assert kinds == {
        "minilm/plain": ("classes", both),
        "probe": ("number", ()),
        "recorded": ("text", ()),
        "vader": ("classes", both),
    }


def test_unchanged_files_are_read_once_and_a_change_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    read: list[str] = []

    def counted(file: Path, path: str) -> object:
        read.append(path)
        return cardfiles.read_yaml(file, path)

    monkeypatch.setattr(registry, "read_yaml", counted)
    first = load(write_cards(tmp_path))
    assert sorted(read) == sorted(KINDS)
    assert load(tmp_path) is first
    assert len(read) == len(KINDS)
    card = tmp_path / "datasets/reviews.yaml"
    card.write_text(card.read_text().replace("domain: food", "domain: wine"))
    assert load(tmp_path).datasets["reviews"].domain == "wine"
    # as long as before, and only its time of change differs
    card.write_text(card.read_text().replace("domain: wine", "domain: beer"))
    os.utime(card, ns=(1, 1))
    assert load(tmp_path).datasets["reviews"].domain == "beer"
    (tmp_path / "models/vader.yaml").unlink()
    assert "vader" not in load(tmp_path).models


def test_what_editors_leave_beside_a_card_is_no_card(tmp_path: Path):
    write_cards(tmp_path)
    (tmp_path / "prompts/.#plain.yaml").symlink_to("someone@somewhere.1234")
    (tmp_path / "prompts/plain.yaml~").write_text("name: [")
    (tmp_path / "prompts/notes.md").write_text("# notes")
    assert list(load(tmp_path).prompts) == ["plain"]


def test_a_folder_without_a_project(tmp_path: Path):
    with pytest.raises(CardError, match=r"there is no project here \(atlas.yaml is missing\).*taskatlas init"):
        load(tmp_path)
