"""A dataset without a text: a vector and a recommendation from its description, as wide as left-out datasets say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.errors import TaskatlasError
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.recommend.words import in_words
from taskatlas.registry.load import load
from taskatlas.stages.bases import pinned_of
from taskatlas.stages.described import described_rows, document
from taskatlas.stages.recommendations import first_choices
from tests.support.projects import moods, write_card, write_dataset, write_project
from tests.support.stage_runs import benchmarked

LABELS = ["negative", "positive"]
SAID = "Whether a guest of a hotel liked the room"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A project of five measured datasets, one that is described, and one that nobody answers."""
    folder = write_project(tmp_path_factory.mktemp("described") / "project")
    for seed in range(3):
        write_dataset(folder, f"more{seed}", moods(60, 30 + seed))
    write_card(folder, "described", "rooms", description=SAID, labels=LABELS, instructions="Say what the guest felt.")
    write_card(folder, "described", "parcels", description="Why it came back", labels=["late", "broken"])
    return benchmarked(folder, "text", "crosscov", "student")


def table(plan: Plan, name: str) -> list[dict[str, Any]]:
    (key,) = plan.table_parts[name]
    rows: list[dict[str, Any]] = plan.project.parts.read(name, key).to_pylist()
    return rows


def recommended(plan: Plan, dataset: str, question: str = "prompt") -> list[dict[str, Any]]:
    rows = [row for row in table(plan, "recommendations") if (row["dataset"], row["question"]) == (dataset, question)]
    return sorted(rows, key=lambda row: row["rank"])


def test_a_description_has_a_vector_in_the_space_of_texts_and_a_nearest_description(plan: Plan):
    rows = {row["dataset"]: row for row in table(plan, "described")}
    assert sorted(rows) == ["parcels", "rooms"]
    rooms, space = rows["rooms"], plan.spaces["text"]
    assert rooms["space"] == space.name
    assert len(rooms["vector"]) == len(pinned_of(plan.project, space)["input_mean"])
    assert np.linalg.norm(rooms["vector"]) == pytest.approx(1.0, abs=1e-5)
    assert rooms["nearest"] in plan.datasets
    assert -1 <= rooms["similarity"] <= 1
    assert rooms["vector"] != rows["parcels"]["vector"]


def test_the_vector_is_of_what_the_card_says_of_its_texts_and_labels(plan: Plan):
    said = document(plan.project.registry.described["rooms"])
    assert said.split("\n") == [SAID, "Say what the guest felt.", "Labels: negative, positive"]


def test_all_who_answer_its_labels_are_recommended_with_how_little_is_known(plan: Plan):
    rows = recommended(plan, "rooms")
    assert {row["candidate"] for row in rows} == {"enc/plain", "enc/warm", "probe"}
    assert [row["rank"] for row in rows] == [1, 2, 3]
    for row in rows:
        assert (row["evidence"], row["verdict"], row["n"]) == ("description", "unknown", 5)
        assert 0 <= row["low"] <= row["expected"] <= row["high"] <= 1
        assert (row["measured"], row["forecast"], row["baseline"]) == (None, None, None)
    assert [row["expected"] for row in rows] == sorted((row["expected"] for row in rows), reverse=True)
    told = in_words(rows, labels=LABELS)
    assert told.startswith(f"first comes {rows[0]['candidate']}: expected ")
    assert "from its description alone, no text of it was read: what 5 measured datasets lead one to expect" in told
    assert "the interval is assumed, as it takes 20 scores to say how wide it has to be, and there are 15" in told
    assert {row["candidate"] for row in recommended(plan, "rooms", "model")} == {"enc", "probe"}


def test_what_to_use_is_said_of_datasets_without_a_text_too(plan: Plan):
    told = first_choices(plan)
    assert set(told) == {*plan.datasets, "rooms", "parcels"}
    assert "from its description alone" in told["rooms"]
    assert told["parcels"].startswith("no subject answers its labels (late, broken)")


def test_nobody_answers_other_labels_until_a_mapping_says_what_they_mean(plan: Plan, tmp_path: Path):
    assert recommended(plan, "parcels") == []
    assert "a `mapping` on a card says which answers mean them" in in_words([], labels=["late", "broken"])
    folder = write_project(tmp_path / "project")
    write_card(folder, "described", "parcels", description="Why it came back", labels=["late", "broken"])
    mapping = {"parcels": {"negative": "late", "positive": "broken"}}
    write_card(folder, "prompts", "plain", choices=dict(zip(LABELS, "ab", strict=True)), mapping=mapping)
    rows = described_rows(Project(folder), {}, {"enc/plain": "enc"})
    assert [row["candidate"] for row in rows if row["question"] == "prompt"] == ["enc/plain"]


def rows_where(folder: Path, accuracies: Sequence[Sequence[float]], description: str = SAID) -> list[dict[str, Any]]:
    """What is recommended where two subjects were measured so on datasets of these numbers."""
    write_card(folder, "described", "rooms", description=description, labels=LABELS)
    names = [f"made{place}" for place in range(len(accuracies))]
    for place, name in enumerate(names):
        write_dataset(folder, name, moods(4, place), description=f"Whether a guest liked place {place}")
    measured = {
        (subject, name): value
        for name, pair in zip(names, accuracies, strict=True)
        for subject, value in zip(("enc/plain", "enc/warm"), pair, strict=True)
    }
    models = {"enc/plain": "enc", "enc/warm": "enc", "probe": "probe"}
    return [row for row in described_rows(Project(folder), measured, models) if row["question"] == "prompt"]


def test_the_interval_is_as_wide_as_datasets_that_are_left_out_differ(tmp_path: Path):
    alike = [(0.9 + 0.002 * (place % 3), 0.7 - 0.002 * (place % 2)) for place in range(12)]
    apart = [(pair[0] - 0.05 * (place % 8), pair[1] - 0.05 * (place % 8)) for place, pair in enumerate(alike)]
    narrow = rows_where(write_project(tmp_path / "alike"), alike)
    wide = rows_where(write_project(tmp_path / "apart"), apart)
    for rows in (narrow, wide):
        assert [row["candidate"] for row in rows] == ["enc/plain", "enc/warm", "probe"]
        assert "as wide as it takes where each of these is left out" in rows[0]["note"]
    assert narrow[0]["expected"] == pytest.approx(0.9, abs=0.03)
    assert narrow[0]["high"] - narrow[0]["low"] < 0.5 * (wide[0]["high"] - wide[0]["low"])
    never = narrow[-1]
    assert not never.keys() & {"evidence", "expected"}
    assert never["note"] == "it was measured on no dataset, so a description says nothing of it"


def test_nothing_is_expected_where_too_few_are_measured(tmp_path: Path):
    rows = rows_where(write_project(tmp_path / "project"), [(0.9, 0.8), (0.8, 0.7)])
    assert all("evidence" not in row for row in rows)
    assert rows[0]["note"] == "2 measured datasets are too few to go by a description: it takes 3"


def test_a_description_of_few_words_is_told_to_say_little(tmp_path: Path):
    rows = rows_where(write_project(tmp_path / "project"), [(0.9, 0.8)] * 12, description="Hotel room mood")
    assert rows[0]["note"].endswith("3 words say little: tell what a text is and what is asked")


def test_a_name_is_of_one_dataset_with_data_or_without(tmp_path: Path):
    folder = write_project(tmp_path / "project")
    write_card(folder, "described", "mood", description=SAID, labels=LABELS)
    with pytest.raises(TaskatlasError, match=r"taken by datasets/mood\.yaml\. Remove the card without data"):
        load(folder)
    (folder / "described/mood.yaml").unlink()
    assert load(folder).described == {}


def test_what_descriptions_say_is_made_anew_when_one_changes_and_only_then(plan: Plan):
    def key() -> str:
        return next(work.key for work in Plan(Project(plan.project.folder)).added_works if work.kind == "described")

    before, folder = key(), plan.project.folder
    card = folder / "described/rooms.yaml"
    was = card.read_text(encoding="utf-8")
    card.write_text(was.replace("liked the room", "liked the food"), encoding="utf-8")
    assert key() != before
    card.write_text(was, encoding="utf-8")
    assert key() == before
