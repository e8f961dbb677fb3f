"""Each stage is a flow of its own, which runs after the ones before it and says what is missing where they did not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from prefect import Flow
from prefect.flows import load_flow_from_entrypoint

import taskatlas
from taskatlas.errors import StoreError
from taskatlas.project.starter import STARTER
from taskatlas.stages.status import status_of
from taskatlas.store.project_lock import project_lock
from tests.support.places import ROOT


def stage(name: str) -> Flow[..., Any]:
    """A stage's flow, loaded as a deployment loads it."""
    return load_flow_from_entrypoint(f"{ROOT}/flows/{name}.py:{name}")


def owing(project: Path, name: str) -> str:
    """What a stage says when an earlier one has not done its part."""
    with pytest.raises(StoreError) as caught:
        stage(name)(project=str(project))
    assert caught.value.todo == f"run the {str(caught.value).split()[1]} flow first, or `taskatlas run`"
    return str(caught.value)


def test_stages_run_one_by_one_in_their_order_only(tiny: Path, prefect_server: str):
    assert owing(tiny, "predict").startswith("the ingest stage has not run yet.")
    assert owing(tiny, "publish").startswith("the ingest stage has not run yet.")
    assert stage("ingest")(project=str(tiny)) == {"datasets": 2, "labelled": 140, "corpus_texts": 40}

    assert "predict stage" in (told := owing(tiny, "embed"))
    assert "9 of 9 answer sets are missing" in told
    assert stage("predict")(project=str(tiny), device="cpu") == {"answer_sets": 9, "computed": 9}

    assert owing(tiny, "benchmark").startswith("the embed stage has not run yet.")
    assert stage("embed")(project=str(tiny), device="cpu")["vectors"] == 12

    assert "benchmark stage" in owing(tiny, "publish")
    assert not (tiny / "warehouse" / "catalog.duckdb").exists()
    assert stage("benchmark")(project=str(tiny))
    assert stage("publish")(project=str(tiny))["release"] == "v1"
    assert taskatlas.open(tiny).releases().num_rows == 1


def test_a_stage_sees_that_the_cards_have_moved_on(copy: Path):
    shutil.copyfile(STARTER / "prompts" / "advice-avoid-buy.yaml", copy / "prompts" / "advice-avoid-buy.yaml")
    assert "3 of 26 answer sets are missing" in owing(copy, "embed")
    assert "predict stage" in owing(copy, "publish")
    shutil.copyfile(STARTER / "datasets" / "inbox_spam.yaml", copy / "datasets" / "inbox_spam.yaml")
    assert "cards came or went: inbox_spam" in owing(copy, "predict")
    assert status_of(copy)[-1]["unit"] == "newest release: v1"
    (copy / "datasets" / "inbox_spam.yaml").unlink()
    (copy / "datasets" / "scene_pairs.yaml").unlink()
    assert "cards came or went: scene_pairs" in owing(copy, "publish")
    assert json.loads((copy / "warehouse" / "state" / "publish.json").read_text())["release"] == "v1"


@pytest.mark.parametrize("name", ["atlas", "ingest", "predict", "embed", "benchmark", "publish"])
def test_no_flow_starts_while_another_run_is_at_work(published: Path, name: str):
    with project_lock(published / "warehouse"), pytest.raises(StoreError, match="another run is at work"):
        stage(name)(project=str(published))


@pytest.mark.parametrize("name", ["ingest", "predict", "embed", "benchmark", "publish"])
def test_a_folder_without_a_project_is_named(tmp_path: Path, prefect_server: str, name: str):
    with pytest.raises(taskatlas.errors.CardError, match=r"there is no project here"):
        stage(name)(project=str(tmp_path))
    assert not list(tmp_path.iterdir()), "nothing is written where a folder was mistyped"
