"""Methods that train, in the stages: what is flagged, what goes on after a kill, and what a card may say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.embed.method import EntityOutputs, VectorResult
from taskatlas.embed.tuned.method import SharedTuned
from taskatlas.errors import CardError
from taskatlas.plan.items import SpaceWork
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.plan.spaces import space_of
from taskatlas.registry.load import load
from taskatlas.stages import bases, embed, publish, seed_check
from taskatlas.stages.flags import _flags
from taskatlas.store.reader import Reader
from tests.support.cards import change_card
from tests.support.projects import write_project
from tests.support.stage_runs import answered, benchmarked


@pytest.fixture
def project(copied: Callable[..., Path]) -> Path:
    """The finished project, whose methods are now two that train."""
    folder = copied()
    change_card(folder / "atlas.yaml", methods=["prefix", "bitfit"])
    return folder


def work(folder: Path, method: str = "prefix") -> SpaceWork:
    """What is to be made in a method's space, as another run finds it."""
    return Plan(Project(folder), [method]).space_work(method)


def test_a_run_that_is_killed_goes_on_with_what_is_missing(project: Path, monkeypatch: pytest.MonkeyPatch):
    plan = answered(project)
    plan.request_methods(["prefix"])
    bases.pin(plan.project, plan.spaces["prefix"], plan.corpus, "cpu")
    assert len(plan.space_work("prefix").vectors) == 5
    every = SharedTuned.embed_many

    def killed(self: SharedTuned, asked: Sequence[EntityOutputs]) -> Iterator[VectorResult]:
        for place, made in enumerate(every(self, asked)):
            if place == 1:  # in the only batch of subjects; datasets come alone
                raise KeyboardInterrupt
            yield made

    with monkeypatch.context() as patch:
        patch.setattr(SharedTuned, "embed_many", killed)
        with pytest.raises(KeyboardInterrupt):
            embed.embed_space(plan.project, plan.space_work("prefix"), "cpu")
    left = work(project)
    assert [vector.kind for vector in left.vectors] == ["subject", "subject"]
    assert left.seed_check
    done = embed.embed_space(Project(project), left, "cpu")
    assert (done["vectors"], done["computed"]) == (5, 2)
    assert (work(project).vectors, work(project).seed_check) == ((), None)


def test_vectors_do_not_depend_on_who_is_trained_beside(project: Path):
    plan = benchmarked(project)
    space, parts = plan.spaces["prefix"], plan.project.parts
    # each alone now, as after a kill, and not together with the others
    corpus = parts.read("examples", plan.corpus.examples)
    shared = space.method.share(bases.inputs(plan.project, corpus, "cpu"), bases.pinned_of(plan.project, space))
    ids = corpus["text_id"].to_pylist()
    for vector in plan.vectors["prefix"]:
        if vector.kind == "subject":
            ((_, batch),) = embed._alike(plan.project, [vector], ids, "cpu")
            (made,) = shared.embed_many([asked for _, asked in batch])
            assert made.vector is not None
            alone = made.vector / np.linalg.norm(made.vector)
            first = parts.read("embeddings", vector.key)["vector"][0].as_py()
            assert float(alone @ np.asarray(first)) > 1 - 1e-4


def test_a_subject_whose_training_breaks_is_flagged_with_the_reason(project: Path, monkeypatch: pytest.MonkeyPatch):
    every = SharedTuned._train

    def broken(self: SharedTuned, asked: Sequence[EntityOutputs], *given: Any) -> list[Any]:
        return [None if not one.is_dataset and one.outputs.soft else v
                for one, v in zip(asked, every(self, asked, *given), strict=True)]  # fmt: skip

    monkeypatch.setattr(SharedTuned, "_train", broken)
    plan = benchmarked(project)
    reasons = {row["entity"]: row["reason"] for row in _flags(plan, seed_check.seed_checks_of(plan))}
    assert reasons["enc/plain"].endswith(" finds no finite loss, at a tenth of the learning rate neither")
    assert "mood" not in reasons


def test_a_space_that_seeds_scatter_in_is_flagged_and_published(project: Path, monkeypatch: pytest.MonkeyPatch):
    made = {"full_dim": 128, "projection_error": 0.0, "seed_cosine": 0.2, "subject_cosine": 0.4}
    monkeypatch.setattr(seed_check, "_row", lambda found, method: made)
    plan = benchmarked(project)
    flagged = [row for row in _flags(plan, seed_check.seed_checks_of(plan)) if row["entity_kind"] == "space"]
    assert {row["entity"].split("/")[1] for row in flagged} == {"prefix", "bitfit"}
    assert "no more like itself under another seed (0.20) than like another subject (0.40)" in flagged[0]["reason"]
    assert publish.release(plan)["release"] == "v1"
    query = "SELECT origin, success FROM quality WHERE expectation = 'expect_seeds_to_agree' ORDER BY origin"
    rows = Reader(plan.project.folders.catalog).sql(query).to_pylist()
    assert [(row["origin"].split("/")[1], row["success"]) for row in rows] == [("bitfit", False), ("prefix", False)]


def test_another_reading_is_another_space(project: Path):
    before = space_of(load(project), "prefix")
    change_card(project / "atlas.yaml", tuning={"reading": "class_head"})
    after = space_of(load(project), "prefix")
    assert before.space_id != after.space_id
    change_card(project / "atlas.yaml", tuning={"reading": "label_text", "seed_check": 0})
    assert space_of(load(project), "prefix").space_id == before.space_id


def test_seeds_are_checked_of_methods_that_train_unless_the_card_says_otherwise(project: Path):
    benchmarked(project)
    assert Plan(Project(project), ["crosscov"]).space_plan("crosscov").seed_check is None
    known = Plan(Project(project)).space_plan("prefix")
    assert known.seed_check
    assert len(known.sample) == 3
    keys = {}
    for name in ("seed_check", "spread"):  # its former name
        change_card(project / "atlas.yaml", tuning={name: 2})
        keys[name] = Plan(Project(project)).space_plan("prefix").seed_check
        assert work(project).vectors == (), "vectors do not depend on it"
        change_card(project / "atlas.yaml", tuning={name: 0})
        assert Plan(Project(project)).space_plan("prefix").seed_check is None
    assert keys["seed_check"] == keys["spread"] != known.seed_check


@pytest.mark.parametrize(
    ("tuning", "what"),
    [
        ({"preset": "quick"}, "tuning.preset"),
        ({"seed_check": 1}, "give 0, or 2 and more"),
        ({"spread": 1}, "give 0, or 2 and more"),
        ({"spread": 2, "seed_check": 2}, "spread is the former name of seed_check: give seed_check alone"),
        ({"max_dim": 100}, "projected_dim is more than max_dim"),
        ({"rate": 0.1}, "tuning.rate"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, tuning: dict[str, Any], what: str):
    folder = write_project(tmp_path / "project")
    change_card(folder / "atlas.yaml", tuning=tuning)
    with pytest.raises(CardError, match=what):
        load(folder)
