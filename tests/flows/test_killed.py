"""kill -9 at any point, and two runs at once: nothing is lost, nothing is half there, the next run completes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import taskatlas
from taskatlas.errors import StoreError
from taskatlas.flows.atlas import atlas
from taskatlas.schemas.tables import TABLES
from taskatlas.store.project_lock import project_lock
from taskatlas.store.warehouse import Warehouse
from tests.support.cards import change_card
from tests.support.command_line import run_cli
from tests.support.interrupted_run import standing_at
from tests.support.prefect_runs import Undisturbed
from tests.support.projects import parts

OWN = {"published_at", "snapshots", "seconds", "timed", "seconds_median", "seconds_p95"}
"""Columns that say when or how long, and so differ between runs."""


def rows(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    found = {name: warehouse.table(name, "v1") for name in TABLES}
    return {
        name: table.select([column for column in table.column_names if column not in OWN]).to_pylist()
        for name, table in found.items()
    }


def same(one: Any, other: Any) -> bool:
    """Whether values are equal; floats to rounding, as texts were encoded in other batches."""
    match one, other:
        case float(), float():
            return bool(np.isclose(one, other, rtol=1e-4, atol=1e-5))
        case list(), list():
            return len(one) == len(other) and all(map(same, one, other))
        case dict(), dict():
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def assert_completes_as(undisturbed: Undisturbed, project: Path) -> None:
    assert atlas(project=str(project), device="cpu")["release"] == "v1"
    states = [json.loads((each / "warehouse/state/publish.json").read_text()) for each in (undisturbed.folder, project)]
    assert states[0]["release_id"] == states[1]["release_id"]
    expected = rows(Warehouse(undisturbed.folder / "warehouse", catalog_uri=undisturbed.address))
    found = rows(Warehouse(project / "warehouse"))
    assert {name: len(table) for name, table in expected.items()} == {name: len(table) for name, table in found.items()}
    for name, table in expected.items():
        if name != "quality":  # its details hold rounded observations as text
            assert all(map(same, table, found[name])), name


def test_a_second_run_fails_in_one_line_and_leaves_the_first_alone(published: Path):
    before = parts(published)
    with project_lock(published / "warehouse"):
        second = run_cli("run", "--project", published, "--device", "cpu")
    assert second.code == 2
    assert "another run is at work. Wait until it has ended" in " ".join(second.err.split())
    assert "Traceback" not in second.err
    assert parts(published) == before


@pytest.mark.slow
def test_killed_at_one_point_after_another(tiny: Path, undisturbed: Undisturbed):
    for point in ("rows:2", "good:1", "examples:3", "features:1", "bases:2", "embeddings:5"):
        with standing_at(point, tiny):
            assert not (tiny / "warehouse" / "catalog.duckdb").exists()
    kept = parts(tiny)
    for point in ("raw_forecasts:1", "benchmarks:1", "commit"):
        with standing_at(point, tiny) as first:
            with pytest.raises(StoreError, match="another run is at work"):
                atlas(project=str(tiny), device="cpu")
            with pytest.raises(StoreError, match="there is no release yet"):
                taskatlas.open(tiny).releases()
            assert first.poll() is None, "the first run goes on"
    with standing_at("catalog", tiny):
        assert [release.release for release in Warehouse(tiny / "warehouse").releases()] == ["v1"]
    assert_completes_as(undisturbed, tiny)
    assert taskatlas.open(tiny).releases().num_rows == 1
    after = parts(tiny)
    assert all(after[name] == stamp for name, stamp in kept.items() if not Path(name).name.startswith(".")), "kept"


@pytest.mark.slow
def test_a_release_that_was_killed_leaves_the_one_before_readable(copy: Path):
    change_card(copy / "datasets" / "cafe_reviews.yaml", description="What guests thought")
    told = "SELECT description FROM datasets WHERE dataset = 'cafe_reviews'"
    atlas(project=str(copy), methods=["crosscov"], device="cpu")  # so that the catalog is that of this folder
    was = taskatlas.open(copy).sql(told).to_pylist()
    change_card(copy / "datasets" / "cafe_reviews.yaml", description="What they say of cafes")
    for point in ("commit", "catalog"):
        with standing_at(point, copy):
            assert taskatlas.open(copy).sql(told).to_pylist() == was
    assert atlas(project=str(copy), device="cpu")["release"] == "v3"
    assert taskatlas.open(copy).sql(told).to_pylist() == [{"description": "What they say of cafes"}]
