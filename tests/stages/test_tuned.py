"""Methods that train, in the stages: what is flagged, what goes on after a kill, and what a card may say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.embed.method import Asked, Made
from taskatlas.embed.tuned.method import SharedTuned
from taskatlas.errors import CardError
from taskatlas.stages import embed, owed, publish, spaces, spread, vectors
from taskatlas.stages.context import Context
from taskatlas.store.reader import Reader
from tests.conftest import change_card
from tests.stages.project import answered, benchmarked, write_project


@pytest.fixture
def project(copied: Callable[..., Path]) -> Path:
    """The finished project, whose methods are now two that train."""
    folder = copied()
    change_card(folder / "atlas.yaml", methods=["prefix", "bitfit"])
    return folder


def test_a_run_that_is_killed_goes_on_with_what_is_missing(project: Path, monkeypatch: pytest.MonkeyPatch):
    context = answered(project)
    spaces.pin(context, spaces.space_of(context, "prefix"), "cpu")
    assert len(owed.plan(context, "prefix").todo) == 5
    every = SharedTuned.embed_many

    def killed(self: SharedTuned, asked: Sequence[Asked]) -> Iterator[Made]:
        for place, made in enumerate(every(self, asked)):
            if place == 1:  # in the only batch of subjects; datasets come alone
                raise KeyboardInterrupt
            yield made

    with monkeypatch.context() as patch:
        patch.setattr(SharedTuned, "embed_many", killed)
        with pytest.raises(KeyboardInterrupt):
            embed.embed_method(context, "prefix", "cpu")
    left = owed.plan(Context(project), "prefix")
    assert [vector.kind for vector in left.todo] == ["subject", "subject"]
    assert left.unmeasured
    done = embed.embed_method(Context(project), "prefix", "cpu")
    assert (done["vectors"], done["computed"]) == (5, 2)
    assert not owed.plan(Context(project), "prefix").missing


def test_vectors_do_not_depend_on_who_is_trained_beside(project: Path):
    context = benchmarked(project)
    space = spaces.space_of(context, "prefix")
    keys = [vector.key for _, vector in vectors.published_vectors(context) if vector.kind == "subject"]
    first = {key: context.parts.read("embeddings", key)["vector"][0].as_py() for key in keys}
    # each alone now, as after a kill, and not together with the others
    corpus = context.parts.read("examples", context.corpus().examples)
    shared = space.method.share(spaces.inputs(context, corpus, "cpu"), spaces.pinned_of(context, space))
    ids = corpus["text_id"].to_pylist()
    for vector in owed.plan(context, "prefix").vectors:
        if vector.kind == "subject":
            ((_, batch),) = embed._alike(context, [vector], ids, "cpu")
            (made,) = shared.embed_many([asked for _, asked in batch])
            assert made.vector is not None
            alone = made.vector / np.linalg.norm(made.vector)
            assert float(alone @ np.asarray(first[vector.key])) > 1 - 1e-4


def test_a_subject_whose_training_breaks_is_flagged_with_the_reason(project: Path, monkeypatch: pytest.MonkeyPatch):
    every = SharedTuned._trained

    def broken(self: SharedTuned, asked: Sequence[Asked], *given: Any) -> list[Any]:
        return [None if not one.is_dataset and one.outputs.soft else v
                for one, v in zip(asked, every(self, asked, *given), strict=True)]  # fmt: skip

    monkeypatch.setattr(SharedTuned, "_trained", broken)
    context = benchmarked(project)
    reasons = {row["entity"]: row["reason"] for row in vectors.flags(context)}
    assert reasons["enc/plain"].endswith(" finds no finite loss, at a tenth of the learning rate neither")
    assert "mood" not in reasons


def test_a_space_that_seeds_scatter_in_is_flagged_and_published(project: Path, monkeypatch: pytest.MonkeyPatch):
    made = {"full_dim": 128, "projection_error": 0.0, "seed_cosine": 0.2, "subject_cosine": 0.4}
    monkeypatch.setattr(spread, "_row", lambda found, method: made)
    context = benchmarked(project)
    flagged = [row for row in vectors.flags(context) if row["entity_kind"] == "space"]
    assert {row["entity"].split("/")[1] for row in flagged} == {"prefix", "bitfit"}
    assert "no more like itself under another seed (0.20) than like another subject (0.40)" in flagged[0]["reason"]
    assert publish.release(context)["release"] == "v1"
    query = "SELECT origin, success FROM quality WHERE expectation = 'expect_seeds_to_agree' ORDER BY origin"
    rows = Reader(context.layout.catalog).sql(query).to_pylist()
    assert [(row["origin"].split("/")[1], row["success"]) for row in rows] == [("bitfit", False), ("prefix", False)]


def test_another_reading_is_another_space(project: Path):
    before = spaces.space_of(Context(project), "prefix")
    change_card(project / "atlas.yaml", tuning={"reading": "class_head"})
    after = spaces.space_of(Context(project), "prefix")
    assert before.space_id != after.space_id
    change_card(project / "atlas.yaml", tuning={"reading": "label_text", "spread": 0})
    assert spaces.space_of(Context(project), "prefix").space_id == before.space_id
    assert owed.plan(Context(project), "crosscov").spread is None


@pytest.mark.parametrize(
    ("tuning", "what"),
    [
        ({"preset": "quick"}, "tuning.preset"),
        ({"spread": 1}, "give 0, or 2 and more"),
        ({"max_dim": 100}, "projected_dim is more than max_dim"),
        ({"rate": 0.1}, "tuning.rate"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, tuning: dict[str, Any], what: str):
    folder = write_project(tmp_path / "project")
    change_card(folder / "atlas.yaml", tuning=tuning)
    with pytest.raises(CardError, match=what):
        Context(folder).registry  # noqa: B018
