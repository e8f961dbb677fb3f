"""Every method publishes its space."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import taskatlas
from taskatlas.embed import METHODS, OURS
from taskatlas.flows.atlas import atlas
from tests.support.cards import change_card
from tests.support.environments import installed_example
from tests.support.projects import write_project

SUBJECTS = ("enc/plain", "enc/warm", "probe")
TRAINED = ("fisher", "prefix", "prompt", "bitfit", "lora", "taskvector")


@pytest.fixture(scope="module")
def all_methods(tmp_path_factory: pytest.TempPathFactory, prefect_server: str) -> tuple[Path, dict[str, Any]]:
    """A made-up project that ran with every method, and what its run returned."""
    folder = write_project(tmp_path_factory.mktemp("methods") / "project")
    change_card(folder / "atlas.yaml", tuning={"max_dim": 512, "projected_dim": 64})
    return folder, atlas(project=str(folder), device="cpu", methods=list(METHODS))


def test_every_method_publishes_its_space(all_methods: tuple[Path, dict[str, Any]]):
    folder, result = all_methods
    assert (result["release"], result["created"]) == ("v1", True)
    rows = taskatlas.open(folder).sql("SELECT * FROM spaces").to_pylist()
    assert {row["method"] for row in rows} == METHODS.keys()
    for row in rows:
        vectors = taskatlas.open(folder).embeddings(method=row["method"])
        named = set(zip(vectors.table["entity_kind"].to_pylist(), vectors.table["entity"].to_pylist(), strict=True))
        subjects = set() if row["method"] == "text" else {("subject", name) for name in SUBJECTS}
        assert named == {("dataset", "feel"), ("dataset", "mood")} | subjects
        assert vectors.to_numpy().shape[1] == row["dim"]
    settings = {row["method"]: json.loads(row["settings"]) for row in rows}
    assert settings["prefix"]["reading"] == "label_text"
    assert settings["lora"]["rank"] == 8


def test_spaces_of_methods_that_train_tell_how_seeds_scatter(all_methods: tuple[Path, dict[str, Any]]):
    rows = taskatlas.open(all_methods[0]).sql("SELECT * FROM spaces").to_pylist()
    for row in rows:
        measured = [row[name] for name in ("full_dim", "projection_error", "seed_cosine", "subject_cosine")]
        assert (None not in measured) == (row["method"] in TRAINED), row["method"]
        if row["method"] in TRAINED:
            assert row["dim"] == (64 if row["full_dim"] > 512 else row["full_dim"])
            assert (row["projection_error"] > 0) == (row["full_dim"] > 512)
            assert -1 <= row["subject_cosine"] <= 1
            assert row["seed_cosine"] <= 1 + 1e-6


def test_nothing_is_trained_again(all_methods: tuple[Path, dict[str, Any]]):
    again = atlas(project=str(all_methods[0]), device="cpu", methods=list(METHODS))
    assert (again["release"], again["created"], again["computed"]) == ("v1", False, 0)


def test_a_method_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefect_server: str):
    monkeypatch.syspath_prepend(installed_example("norms", tmp_path / "installed"))
    folder = write_project(tmp_path / "project")
    assert atlas(project=str(folder), device="cpu", methods=["norms"])["release"] == "v1"
    shown = taskatlas.open(folder).sql("SELECT method, forecasts FROM methods ORDER BY position").to_pylist()
    assert [row["method"] for row in shown] == [*OURS, "norms"]
    assert not shown[-1]["forecasts"]
    vectors = taskatlas.open(folder).embeddings("norms")
    assert set(vectors.names) == {"feel", "mood", *SUBJECTS}
    assert vectors.to_numpy().shape == (5, 3 * 16), "three layers, the words' own among them"
    assert abs(vectors.to_numpy()).max(axis=1).min() > 0
