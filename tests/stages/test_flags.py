"""An entity whose outputs say nothing gets no vector, and the release says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskatlas.plan.plan import Plan
from taskatlas.stages import embed, publish
from taskatlas.stages.flags import flag_rows
from taskatlas.stages.seed_check import seed_checks_of
from taskatlas.store.reader import Reader
from tests.support.projects import moods, write_dataset, write_recorded
from tests.support.stage_runs import benchmarked


def corpus_texts(folder: Path) -> list[str]:
    return [json.loads(line)["text"] for line in (folder / "data/web.jsonl").read_text().splitlines()]


def record(folder: Path, name: str, outputs: list[str], **fields: Any) -> None:
    """A recorded subject with these outputs on the corpus, over and over."""
    texts = corpus_texts(folder)
    rows = [{"text": text, "output": outputs[place % len(outputs)]} for place, text in enumerate(texts)]
    write_recorded(folder, name, rows, **fields)


@pytest.fixture(scope="module")
def flagged(finished: Plan, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A project with a subject that always says the same, and with one whose labels the surrogate cannot read."""
    import shutil

    folder = Path(shutil.copytree(finished.project.folder, tmp_path_factory.mktemp("flagged") / "project"))
    record(folder, "constant", ["positive"])
    record(folder, "unread", ["xyzzy", "plugh"], labels=["xyzzy", "plugh"])
    record(folder, "fine", ["positive", "negative", "negative"])
    return benchmarked(folder)


def embedded(plan: Plan, method: str) -> set[str]:
    return {vector.entity for vector in plan.vectors[method]}


def reasons_of(plan: Plan) -> dict[str, str]:
    """Why there is no vector, by entity; each is flagged once."""
    rows = flag_rows(plan, seed_checks_of(plan)).to_pylist()
    reasons = {row["origin"]: json.loads(row["detail"])["observed"] for row in rows}
    assert len(reasons) == len(rows)
    return reasons


def test_a_subject_that_always_says_the_same_gets_no_vector(flagged: Plan):
    both = {"mood", "feel", "enc/plain", "enc/warm", "probe", "fine"}
    assert embedded(flagged, "student") >= both
    assert embedded(flagged, "crosscov") == both
    assert "constant" not in embedded(flagged, "student")


def test_labels_that_the_surrogate_reads_alike_give_no_vector_of_rounding(flagged: Plan):
    # both labels are the unknown token, so their cross-covariance with anything is 0
    assert "unread" not in embedded(flagged, "crosscov")
    # its student is sound, and has the length of what its outputs are called
    assert "unread" in embedded(flagged, "student")


def test_the_reason_is_kept_once_and_work_is_not_done_again(flagged: Plan):
    reasons = reasons_of(flagged)
    assert sorted(reasons) == ["constant", "unread"]
    assert reasons["constant"] == "the outputs are the same for every text, so they say nothing about it"
    assert "reads its outputs alike" in reasons["unread"]
    works = [flagged.space_work(method) for method in ("text", "crosscov", "student")]
    assert [work.vectors for work in works] == [(), (), ()]
    assert embed.embed_space(flagged.project, works[1], "cpu") == {
        "method": "crosscov", "vectors": 6, "flagged": 2, "computed": 0,
    }  # fmt: skip


def test_every_vector_has_length_one(flagged: Plan):
    for vector in (vector for vectors in flagged.vectors.values() for vector in vectors):
        (row,) = flagged.project.parts.read("embeddings", vector.key).to_pylist()
        assert np.linalg.norm(row["vector"]) == pytest.approx(1.0, abs=1e-5)
        assert row["norm"] >= embed.SHORTEST


def test_the_release_says_who_has_no_vector_and_why(flagged: Plan):
    assert publish.release(flagged)["release"] == "v1"
    found = Reader(flagged.project.folders.catalog).sql(
        "SELECT origin_kind, origin, success, detail FROM quality WHERE expectation = 'expect_outputs_to_vary'"
        " ORDER BY origin"
    )
    rows = found.to_pylist()
    assert [(row["origin_kind"], row["origin"], row["success"]) for row in rows] == [
        ("subject", "constant", False), ("subject", "unread", False),
    ]  # fmt: skip
    assert "the same for every text" in json.loads(rows[0]["detail"])["observed"]
    # what it answered is published all the same
    counted = Reader(flagged.project.folders.catalog).sql(
        "SELECT count(*) AS n FROM predictions WHERE subject = 'constant'"
    )
    assert counted["n"].to_pylist() == [flagged.corpus.counts["n_texts"]]


def test_a_space_in_which_nothing_has_a_vector_is_left_out(copied: Callable[..., Path]):
    folder = copied()
    for card in [*(folder / "models").glob("*"), *(folder / "prompts").glob("*"), *(folder / "datasets").glob("*")]:
        card.unlink()
    unread = [{**row, "label": {"negative": "xyzzy", "positive": "plugh"}[row["label"]]} for row in moods(60, 4)]
    write_dataset(folder, "unread", unread, labels=["xyzzy", "plugh"])
    plan = benchmarked(folder)
    assert list(plan.vectors) == list(plan.neighbors) == ["text", "student"]
    assert reasons_of(plan).keys() == {"unread"}
    pictures = {plan.spaces[method].name: {"layout": "pca", "trustworthiness": None} for method in plan.vectors}
    rows = publish._space_rows(plan, seed_checks_of(plan), pictures)
    assert rows["method"].to_pylist() == ["text", "student"]
