"""`taskatlas dashboard` and what it starts: the map as embedding-atlas gets it, and faults in one line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from taskatlas.dashboards import embedding_atlas
from taskatlas.dashboards.queries import resolve
from taskatlas.errors import StoreError
from taskatlas.store.reader import Reader
from tests.support.command_line import run_cli
from tests.support.releases import publish
from tests.support.tables import empty, rows


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("localhost", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A command embedding-atlas that says what it was called with, counts the rows of its file, and ends with 3."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / embedding_atlas.COMMAND
    said = tmp_path / "said"
    code = "import sys, pyarrow.parquet as pq\nrows = pq.read_metadata(sys.argv[1]).num_rows\n"
    code += f"open({str(said)!r}, 'w').write(' '.join([str(rows), *sys.argv[2:]]))\nsys.exit(3)\n"
    command.write_text(f"#!{sys.executable}\n{code}")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return said


def failed(*args: object) -> str:
    done = run_cli("dashboard", *args)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    return done.err


def test_the_export_holds_the_rows_of_the_query(project: Path, tmp_path: Path):
    embedding_atlas.export(project, tmp_path / "atlas.parquet")
    exported = pq.read_table(tmp_path / "atlas.parquet")
    reader = Reader(project / "warehouse" / "catalog.duckdb")
    assert exported.equals(reader.sql(resolve("embedding_atlas", "v1", {"v1": [], "v2": []})))
    names = [(row["kind"], row["name"]) for row in exported.to_pylist()]
    points = "SELECT m.entity_kind, m.entity FROM maps AS m WHERE m.space = 'mini/crosscov' ORDER BY ALL"
    assert names == [tuple(row.values()) for row in reader.sql(points).to_pylist()]
    near = "FROM neighbors AS n WHERE n.space = 'mini/crosscov' AND n.entity = $1 AND n.entity_kind = $2"
    for row in exported.to_pylist():
        other = {
            (near["neighbor_kind"], near["neighbor"]): 1 - near["similarity"]
            for near in reader.sql(near, (row["name"], row["kind"])).to_pylist()
        }
        ids, distances = row["neighbors"]["ids"], row["neighbors"]["distances"]
        assert {names[index]: distance for index, distance in zip(ids, distances, strict=True)} == other
        assert distances == sorted(distances)


def test_a_subject_of_numbers_has_its_best_forecast(tmp_path: Path):
    forecasts = [
        {"subject": "a", "dataset": name, "metric": metric, "value": value}
        for name, metric, value in (("d", "spearman", 0.4), ("e", "spearman", float("nan")), ("d", "macro_f1", 0.9))
    ]
    point = {"method": "crosscov", "space": "s", "entity_kind": "subject", "entity": "a"}
    content = {
        "subjects": rows("subjects", {"subject": "a"}),
        "forecasts": rows("forecasts", *forecasts),
        "maps": rows("maps", point),
    }
    publish(tmp_path, empty() | content, "one")
    embedding_atlas.export(tmp_path, tmp_path / "atlas.parquet")
    (row,) = pq.read_table(tmp_path / "atlas.parquet").to_pylist()
    assert (row["best_on"], row["best_forecast"]) == ("d", 0.4)


def test_a_release_without_a_map(empty_project: Path, tmp_path: Path):
    with pytest.raises(StoreError, match="has no map"):
        embedding_atlas.export(empty_project, tmp_path / "atlas.parquet")
    assert not (tmp_path / "atlas.parquet").exists()


def test_embedding_atlas_is_not_installed(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "embedding-atlas is not installed" in failed("-p", project, "--embedding-atlas", "--no-browser")


def test_embedding_atlas_is_told_what_to_show(project: Path, installed: Path):
    assert "embedding-atlas ended with code 3" in failed("-p", project, "--embedding-atlas", "--no-browser")
    said = installed.read_text().split()
    maps = "SELECT count(*) FROM maps WHERE space = 'mini/crosscov'"
    assert said[0] == str(Reader(project / "warehouse" / "catalog.duckdb").sql(maps)[0][0].as_py())
    assert "--x x --y y --text description --neighbors neighbors" in " ".join(said)


def test_a_port_that_is_taken_by_another_program(project: Path, installed: Path, taken: int):
    fault = failed("-p", project, "--embedding-atlas", "--no-browser", "--port", taken)
    assert f"port {taken} is taken" in fault
    assert not installed.exists()


def test_the_dashboard_at_a_port_that_is_taken(project: Path, taken: int):
    command = [Path(sys.executable).with_name("taskatlas"), "dashboard", "-p", project, "--no-browser", "--port"]
    done = subprocess.run([*command, str(taken)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"error: the dashboard cannot be served at port {taken}. ")
    assert "Traceback" not in done.stderr


def test_no_project(tmp_path: Path):
    assert "there is no project here" in failed("-p", tmp_path, "--no-browser")
