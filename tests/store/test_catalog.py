from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import traceback
from pathlib import Path

import duckdb
import numpy as np
import pytest

from taskatlas.embed import METHODS, Options, shown_methods
from taskatlas.errors import StoreError
from taskatlas.schemas.tables import TABLES
from taskatlas.schemas.vectors import COORDINATES, TRAJECTORIES
from taskatlas.store.catalog import rebuild
from taskatlas.store.reader import Reader
from taskatlas.store.warehouse import Warehouse
from tests.support.notes import told
from tests.support.tables import empty, tables


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Two releases, for tests that only read."""
    root = tmp_path_factory.mktemp("published") / "project"
    warehouse = Warehouse(root)
    warehouse.publish(tables(0.25), release_id="a", project="p", version="0.1.0")
    warehouse.publish(tables(0.5), release_id="b", project="p", version="0.1.0")
    rebuild(warehouse, root / "catalog.duckdb", shown_methods())
    return root


@pytest.fixture
def project(published, tmp_path):
    """A copy that a test may change."""
    folder = shutil.copytree(published, tmp_path / "project")
    rebuild(Warehouse(folder), folder / "catalog.duckdb", shown_methods())
    return folder


@pytest.fixture
def connection(published):
    with duckdb.connect(str(published / "catalog.duckdb"), read_only=True) as connected:
        yield connected


def types(connection, name):
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {name}").fetchall()}


def test_views_are_the_newest_release_and_pinned_ones_stay(connection):
    assert connection.execute("SELECT value FROM scores WHERE metric = 'accuracy'").fetchall() == [(0.5,)]
    assert connection.execute("SELECT value FROM \"scores@v1\" WHERE metric = 'accuracy'").fetchall() == [(0.25,)]
    assert connection.execute("SELECT value FROM \"scores@v2\" WHERE metric = 'accuracy'").fetchall() == [(0.5,)]
    releases = connection.execute("SELECT release, release_id FROM releases ORDER BY 1").fetchall()
    assert releases == [("v1", "a"), ("v2", "b")]
    for name, rows in tables(0.5).items():
        assert connection.execute(f"SELECT count(*) FROM {name}").fetchone() == (rows.num_rows,)


def test_columns_have_their_types_and_order(connection):
    assert types(connection, "embeddings")["vector"] == "FLOAT[]"
    assert types(connection, "embeddings")["seeds"] == "BIGINT[]"
    assert types(connection, "releases")["snapshots"] == "MAP(VARCHAR, BIGINT)"
    assert types(connection, "releases")["published_at"] == "TIMESTAMP WITH TIME ZONE"
    for name, table in TABLES.items():
        assert list(types(connection, name)) == table.schema.names


def test_every_view_and_column_says_what_it_means(connection):
    query = "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE database_name = 'catalog'"
    said = {(table, column): comment for table, column, comment in connection.execute(query).fetchall()}
    assert {
        (name, column): meaning for name, table in TABLES.items() for column, _, _, meaning in table.columns()
    }.items() <= said.items()
    about = "SELECT comment FROM duckdb_views() WHERE view_name = 'scores'"
    expected = "The measured score of a subject on a dataset's test split; release v2."
    assert connection.execute(about).fetchall() == [(expected,)]


def test_no_vector_needs_a_fixed_length(connection):
    query = """
        SELECT s.entity, list_cosine_similarity(s.vector, d.vector) FROM embeddings AS s
        JOIN embeddings AS d ON s.space = d.space AND d.entity = 'reviews' AND s.entity <> 'reviews'
        ORDER BY s.space, 1
    """
    rows = connection.execute(query).fetchall()
    assert rows == [("enc/stars", 1.0), ("enc/stars", pytest.approx(0.6)), ("vader", 0.0)]


def test_coordinates_are_cosines_about_the_mean_of_the_space(connection):
    query = "SELECT space, entity_kind, entity, vector FROM embeddings"
    vectors = {row[:3]: np.array(row[3]) for row in connection.execute(query).fetchall()}
    of_student = {key: each for key, each in vectors.items() if key[0] == "mini-student"}
    centre = np.mean(list(of_student.values()), axis=0)
    dataset = of_student["mini-student", "dataset", "reviews"] - centre
    found = connection.execute("SELECT * FROM coordinates WHERE method = 'student' ORDER BY subject").fetchall()
    assert [row[:4] for row in found] == [
        ("mini-student", "student", "enc/stars", "reviews"),
        ("mini-student", "student", "vader", "reviews"),
    ]
    for *_, subject, _, cosine, coordinate in found:
        vector = of_student["mini-student", "subject", subject]
        assert cosine == pytest.approx(vector @ of_student["mini-student", "dataset", "reviews"])
        apart = vector - centre
        assert coordinate == pytest.approx(apart @ dataset / np.linalg.norm(apart) / np.linalg.norm(dataset), abs=1e-6)
    two = "SELECT cosine, coordinate FROM coordinates WHERE method = 'crosscov'"
    assert connection.execute(two).fetchall() == [(1.0, None)], "of two entities, each is as far from their mean"


def test_trajectories_are_paths_through_all_releases_with_the_region_and_the_nearest_dataset(connection):
    releases = [name for (name,) in connection.execute("SELECT release FROM releases ORDER BY release").fetchall()]
    query = "FROM trajectories WHERE method = 'student' AND subject = 'vader' ORDER BY release"
    found = connection.execute(f"SELECT release, to_previous, to_first {query}").fetchall()
    assert [row[0] for row in found] == releases
    assert found[0] == (releases[0], None, pytest.approx(1.0))
    assert all(row[1:] == (pytest.approx(1.0), pytest.approx(1.0)) for row in found[1:])
    placed = connection.execute(f"SELECT DISTINCT region, nearest {query.split(' ORDER', maxsplit=1)[0]}").fetchall()
    assert placed == [("sentiment: reviews", None)], "no neighbour of its own is kept"
    assert types(connection, "trajectories").keys() == set(TRAJECTORIES.schema.names)


def test_coordinates_are_of_the_release_that_is_asked_and_say_what_they_mean(published, connection):
    assert types(connection, "coordinates") == {
        name: "DOUBLE" if name in ("cosine", "coordinate") else "VARCHAR" for name in COORDINATES.schema.names
    }
    query = "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'coordinates'"
    assert dict(connection.execute(query).fetchall()) == {name: about for name, _, _, about in COORDINATES.columns()}
    warehouse = Warehouse(published)
    assert [release.release for release in warehouse.releases()] == ["v1", "v2"]
    for release in ("v1", "v2"):
        assert connection.execute(f'SELECT count(*) FROM "coordinates@{release}"').fetchone() == (3,)
        assert Reader(published / "catalog.duckdb", release).sql("FROM coordinates").num_rows == 3


def test_coordinates_of_a_release_in_front_are_of_its_own_embeddings(tmp_path):
    warehouse = Warehouse(tmp_path)
    warehouse.publish(empty(), release_id="a", project="p", version="0.1.0")
    warehouse.publish(tables(), release_id="b", project="p", version="0.1.0")
    rebuild(warehouse, tmp_path / "catalog.duckdb", shown_methods())
    assert Reader(tmp_path / "catalog.duckdb", "v1").sql("FROM coordinates").num_rows == 0
    assert Reader(tmp_path / "catalog.duckdb").sql("FROM coordinates").num_rows == 3


def test_nearest(connection):
    assert connection.execute("FROM nearest('reviews', k := 1)").fetchall() == [
        ("crosscov", "mini-crosscov", "dataset", "movies", 0.9, 1),
        ("crosscov", "mini-crosscov", "subject", "enc/stars", 1.0, 1),
        ("student", "mini-student", "subject", "enc/stars", 0.6, 1),
        ("text", "mini-text", "dataset", "similar", 0.4, 1),
        ("fisher", "mini-fisher", "dataset", "movies", 0.1, 1),
    ]
    assert len(connection.execute("FROM nearest('reviews')").fetchall()) == 7
    assert connection.execute("FROM nearest('movies')").fetchall() == []


def test_methods_are_shown_in_the_registrys_order_and_those_of_packages_after(project):
    known = {**shown_methods(), "norms": False}
    rebuild(Warehouse(project), project / "catalog.duckdb", known)
    with duckdb.connect(str(project / "catalog.duckdb"), read_only=True) as connection:
        assert connection.execute("FROM methods").fetchall() == [
            (name, position, forecasts) for position, (name, forecasts) in enumerate(known.items(), 1)
        ]
        ranked = "SELECT method FROM unnest($1) AS asked(method) ORDER BY method_order(method), method"
        asked = ["zeal", "norms", "nobody", *sorted(METHODS)]
        assert [name for (name,) in connection.execute(ranked, [asked]).fetchall()] == [*known, "nobody", "zeal"]
    assert [name for name, forecasts in known.items() if forecasts] == [
        name for name, make in METHODS.items() if make(Options()).forecasts
    ]


def test_a_catalog_that_does_not_know_methods_is_read(project):
    """As 0.1.0 built it: with the order of three methods and the name of one in its macros."""
    with duckdb.connect(str(project / "catalog.duckdb")) as connection:
        connection.execute("DROP VIEW methods")
        connection.execute(
            "CREATE OR REPLACE MACRO method_order(method) AS "
            "CASE method WHEN 'crosscov' THEN 1 WHEN 'student' THEN 2 WHEN 'text' THEN 3 ELSE 4 END"
        )
    for reader in (Reader(project / "catalog.duckdb"), Reader(project / "catalog.duckdb", "v1")):
        assert reader.nearest("reviews", 1)["method"].to_pylist() == [
            "crosscov", "crosscov", "student", "text", "fisher",
        ]  # fmt: skip
        assert reader.recommendations("prompt", "reviews")["candidate"].to_pylist()[0] == "enc/stars"


def test_empty_tables_are_views_with_columns(tmp_path):
    warehouse = Warehouse(tmp_path)
    warehouse.publish(empty(), release_id="a", project="p", version="0.1.0")
    rebuild(warehouse, tmp_path / "catalog.duckdb")
    with duckdb.connect(str(tmp_path / "catalog.duckdb"), read_only=True) as connection:
        for name, table in TABLES.items():
            assert list(types(connection, name)) == table.schema.names
            assert connection.execute(f"SELECT count(*) FROM {name}").fetchone() == (int(name == "releases"),)
        assert types(connection, "embeddings")["vector"] == "FLOAT[]"
        assert connection.execute("FROM nearest('reviews')").fetchall() == []


def test_the_file_is_as_old_readers_want_it_and_alone(project):
    with duckdb.connect(str(project / "catalog.duckdb"), read_only=True) as connection:
        row = connection.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'catalog'").fetchone()
    assert row[0]["storage_version"].startswith("v1.0.0")
    assert {path.name for path in project.iterdir()} == {
        "catalog.duckdb", "iceberg", "iceberg.db", "iceberg.lock", "runs.lock", "runs.parquet",
    }  # fmt: skip


def test_the_catalog_says_where_its_files_are(published, connection):
    locations = {location for (location,) in connection.execute("FROM places()").fetchall()}
    data = {f"{file.parent}/" for file in published.glob("iceberg/*/data/*.parquet")}
    assert data
    assert locations == data | {str(published / "runs.parquet"), f"{published / 'runs.parquet'}/"}


def test_another_process_needs_no_extension(project):
    code = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1], read_only=True); "
        "c.execute('SET autoload_known_extensions = false'); c.execute('SET autoinstall_known_extensions = false'); "
        "print(c.execute('SELECT count(*) FROM embeddings').fetchone()[0], "
        "c.execute('SELECT published_at::VARCHAR FROM releases').fetchone()[0][:2])"
    )
    command = [sys.executable, "-c", code, project / "catalog.duckdb"]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    assert out.stdout == "5 20\n"


def test_a_moved_project_is_rebuilt(project):
    moved = project / "it's [moved]*"
    moved.mkdir()
    for name in ("iceberg", "iceberg.db", "catalog.duckdb"):
        shutil.move(project / name, moved / name)
    with duckdb.connect(str(moved / "catalog.duckdb"), read_only=True) as connection, pytest.raises(duckdb.IOException):
        connection.execute("FROM scores")
    assert rebuild(Warehouse(moved), moved / "catalog.duckdb").release == "v2"
    with duckdb.connect(str(moved / "catalog.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM scores").fetchone() == (2,)


@pytest.mark.parametrize("folder", ["what? now", 'sp ace "quo\'te" #?%20[1]*', "ünïcode-🙂"])
def test_a_catalog_may_lie_anywhere(tmp_path, folder):
    root = tmp_path / folder / "one"
    warehouse, reader = Warehouse(root), Reader(root / "catalog.duckdb")
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    rebuild(warehouse, reader.catalog)
    assert reader.sql("FROM scores").num_rows == 2
    assert reader.visit("FROM runs").table.num_rows == 0
    assert {path.name for path in root.iterdir()} == {
        "catalog.duckdb", "iceberg", "iceberg.db", "iceberg.lock", "runs.lock", "runs.parquet",
    }  # fmt: skip


def test_dropped_releases_leave_the_catalog(project):
    Warehouse(project).expire(1)
    rebuild(Warehouse(project), project / "catalog.duckdb")
    with duckdb.connect(str(project / "catalog.duckdb"), read_only=True) as connection:
        assert connection.execute('SELECT count(*) FROM "scores@v2"').fetchone() == (2,)
        with pytest.raises(duckdb.CatalogException):
            connection.execute('FROM "scores@v1"')


def test_a_release_that_came_in_between_is_in_the_catalog(project, monkeypatch):
    warehouse = Warehouse(project)
    extents_seen = [warehouse.extents()]
    warehouse.publish(tables(0.9), release_id="c", project="p", version="0.1.0")
    fresh = warehouse.extents
    monkeypatch.setattr(warehouse, "extents", lambda: extents_seen.pop() if extents_seen else fresh())
    assert rebuild(warehouse, project / "catalog.duckdb").release == "v3"


def test_what_a_killed_build_left_is_swept(project):
    old, young = project / ".catalog.duckdb.0000", project / ".catalog.duckdb.1111"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    rebuild(Warehouse(project), project / "catalog.duckdb")
    assert (old.exists(), young.exists()) == (False, True)


def test_without_a_release_there_is_no_catalog(tmp_path):
    with pytest.raises(StoreError, match="there is no release yet"):
        rebuild(Warehouse(tmp_path), tmp_path / "catalog.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_an_older_release_that_lost_a_file_stands_in_nobodys_way(project):
    warehouse = Warehouse(project)
    (lost,) = warehouse.files("scores", "v1")
    Path(lost).unlink()
    with told() as lines:
        rebuild(warehouse, project / "catalog.duckdb", shown_methods())
    todo = "put it back from a backup and run again"
    assert lines == [f'the table "scores@v1" is left out of the catalog: its file {lost} is missing; {todo}']
    with duckdb.connect(str(project / "catalog.duckdb"), read_only=True) as connected:
        assert connected.execute("SELECT count(*) FROM scores").fetchone() == (tables(0.5)["scores"].num_rows,)
        assert connected.execute('SELECT count(*) FROM "models@v1"').fetchone() == (tables()["models"].num_rows,)
        with pytest.raises(duckdb.CatalogException, match=r"scores@v1"):
            connected.execute('FROM "scores@v1"')


def test_an_error_that_is_kept_keeps_no_connection(project):
    """DuckDB tells at length of connections that are open when Python ends."""
    warehouse = Warehouse(project)
    Path(warehouse.files("scores")[0]).unlink()
    with pytest.raises(StoreError, match="a file is missing") as raised:
        rebuild(warehouse, project / "catalog.duckdb", shown_methods())
    frames = [frame for frame, _ in traceback.walk_tb(raised.value.__cause__.__traceback__)]
    assert len(frames) > 2
    held = [
        value for frame in frames for value in frame.f_locals.values() if isinstance(value, duckdb.DuckDBPyConnection)
    ]
    assert held == []
