"""catalog.duckdb: the releases as views, so that plain DuckDB answers questions about them in SQL.

`embeddings` is the table of the newest release and `"embeddings@v3"` the one of release v3, whatever comes later; it
is empty where v3 had none. `places()` lists the folders and files that a reader has to leave open to queries. The
file holds no rows, only the paths of the warehouse's Parquet files: it can be rebuilt from the warehouse at any time,
and has to be where the project was moved. Nobody writes to it: it is built elsewhere and put in place whole, as DuckDB
locks readers out of a file that is open for writing, and cannot make one below a folder with a `?` in its name.

DuckDB 2.0 asks for two turns of phrase. Views name their columns with their table (`file."dataset"`), as a bare name
inside a view is taken for the parameter of a macro that reads it. Queries ask for isfinite(), as `NOT isnan()` is
folded away: Parquet's statistics leave NaN out.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa

from taskatlas import progress
from taskatlas.schemas.columns import Table
from taskatlas.schemas.methods import SHOWN_METHODS
from taskatlas.schemas.runs import RUNS
from taskatlas.schemas.tables import TABLES
from taskatlas.schemas.vectors import COORDINATES, TRAJECTORIES
from taskatlas.store.atomic import replacing
from taskatlas.store.content import PUBLISHED
from taskatlas.store.failures import translated_errors
from taskatlas.store.runs import ensure, runs_file
from taskatlas.store.snapshots import Extent
from taskatlas.store.warehouse import Release, Warehouse

_STORAGE_VERSION = "v1.0.0"
"""DuckDB 1.0 and everything later opens the file."""
_LEFT_SECONDS = 3600

_NEAREST = """
CREATE MACRO nearest(name, k := 5) AS TABLE
SELECT n.method, n.space, n.neighbor_kind, n.neighbor, n.similarity, n.rank
FROM neighbors AS n
WHERE n.entity = name AND n.rank <= k
ORDER BY method_order(n.method), n.method, n.space, n.neighbor_kind, n.rank, n.neighbor
"""
_COORDINATES = """
CREATE VIEW {view} AS
WITH numbers AS (
    SELECT e.space, generate_subscripts(e.vector, 1) AS place, unnest(e.vector)::DOUBLE AS number
    FROM {embeddings} AS e
), means AS (
    SELECT n.space, n.place, avg(n.number) AS number, count(*) AS entities
    FROM numbers AS n GROUP BY n.space, n.place
), centres AS (
    SELECT m.space, list(m.number ORDER BY m.place) AS centre, min(m.entities) AS entities
    FROM means AS m GROUP BY m.space
), placed AS (
    SELECT e.space, e.method, e.entity_kind, e.entity, c.entities, e.vector::DOUBLE[] AS vector,
        list_inner_product(e.vector::DOUBLE[], e.vector::DOUBLE[]) AS length,
        list_inner_product(e.vector::DOUBLE[], c.centre) AS along, list_inner_product(c.centre, c.centre) AS shared
    FROM {embeddings} AS e JOIN centres AS c ON c.space = e.space
), pairs AS (
    SELECT s.space, s.method, s.entity AS subject, d.entity AS dataset, s.entities,
        list_inner_product(s.vector, d.vector) AS cosine,
        list_inner_product(s.vector, d.vector) - s.along - d.along + s.shared AS product,
        (s.length - 2 * s.along + s.shared) AS of_subject, (d.length - 2 * d.along + d.shared) AS of_dataset
    FROM placed AS s JOIN placed AS d ON d.space = s.space
    WHERE s.entity_kind = 'subject' AND d.entity_kind = 'dataset'
)
SELECT p.space, p.method, p.subject, p.dataset, greatest(least(p.cosine, 1.0), -1.0) AS cosine,
    CASE WHEN p.entities >= 3 AND p.of_subject > 1e-12 AND p.of_dataset > 1e-12
        THEN greatest(least(p.product / sqrt(p.of_subject * p.of_dataset), 1.0), -1.0) END AS coordinate
FROM pairs AS p
"""
"""A product of centred vectors is that of the vectors less what each has of the centre: none is centred in SQL."""
_PLACED = """
SELECT {number} AS number, {release} AS release, e.space, e.method, s.basis_id, e.entity AS subject,
    e.vector::DOUBLE[] AS vector, r.region, n.neighbor AS nearest, n.similarity
FROM {embeddings} AS e
JOIN {spaces} AS s ON s.space = e.space
LEFT JOIN {regions} AS r ON r.space = e.space AND r.entity_kind = 'subject' AND r.entity = e.entity
LEFT JOIN {neighbors} AS n ON n.space = e.space AND n.entity_kind = 'subject' AND n.entity = e.entity
    AND n.neighbor_kind = 'dataset' AND n.rank = 1
WHERE e.entity_kind = 'subject'
"""
_TRAJECTORIES = """
CREATE VIEW trajectories AS
WITH placed AS ({placed}), before AS (
    SELECT p.*, lag(p.vector) OVER path AS previous, first_value(p.vector) OVER path AS first
    FROM placed AS p WINDOW path AS (PARTITION BY p.space, p.basis_id, p.subject ORDER BY p.number)
)
SELECT b.space, b.method, b.basis_id, b.subject, b.release,
    CASE WHEN b.previous IS NOT NULL
        THEN greatest(least(list_inner_product(b.vector, b.previous), 1.0), -1.0) END AS to_previous,
    greatest(least(list_inner_product(b.vector, b.first), 1.0), -1.0) AS to_first,
    b.region, b.nearest, b.similarity
FROM before AS b
"""
_MACROS = {
    "nearest": (_NEAREST, "The k nearest neighbours of a dataset or subject, of each kind in each space."),
}


def rebuild(warehouse: Warehouse, path: Path, methods: Mapping[str, bool] = {}) -> Release:
    """Build the catalog of all releases, put it in place at `path`, and return the newest release in it.

    Args:
        warehouse: that holds the releases.
        path: of the catalog.
        methods: in the order in which they are shown → whether the space of each holds students. Others come last,
            by name.

    Raises:
        StoreError: there is no release yet, the warehouse cannot be read, or the catalog cannot be written.
    """
    runs = runs_file(path)
    for file in (path, runs):
        _sweep(file)
    while True:
        extents = warehouse.extents()
        with translated_errors(str(path)), replacing(path) as temporary, tempfile.TemporaryDirectory() as folder:
            ensure(runs)
            built = Path(folder) / path.name
            _build(built, extents, runs, methods)
            shutil.copyfile(built, temporary)
        # Whoever replaces the file last may have begun first: look whether a release came in between.
        if [release.release for release in warehouse.releases()] == [release.release for release, _ in extents]:
            return extents[-1][0]


def _sweep(path: Path) -> None:
    """Remove what a killed build left beside the catalog, once it is too old to be of a build that still runs."""
    for left in path.parent.glob(f".{path.name}.*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                left.unlink()


def _build(
    path: Path, extents: list[tuple[Release, dict[str, Extent]]], runs: Path, methods: Mapping[str, bool]
) -> None:
    with duckdb.connect(str(path), config={"storage_compatibility_version": _STORAGE_VERSION}) as connection:
        connection.begin()
        newest, tables = extents[-1]
        for release, older in extents[:-1]:
            for name in PUBLISHED:
                _create_older_view(connection, name, release.release, older.get(name, Extent((), ())))
        for name in PUBLISHED:
            extent = tables.get(name, Extent((), ()))
            _create_view(connection, f"{name}@{newest.release}", TABLES[name], extent)
        for name in TABLES:
            _create_view(connection, name, TABLES[name], tables.get(name, Extent((), ())))
            _describe(connection, TABLES[name], f"release {newest.release}")
        _create_coordinates(connection, [release.release for release, _ in extents])
        _describe(connection, COORDINATES, f"release {newest.release}")
        _create_trajectories(connection, [release.release for release, _ in extents])
        _describe(connection, TRAJECTORIES, "of all releases that the catalog holds")
        _create_view(connection, RUNS.name, RUNS, Extent(tuple(RUNS.schema.names), (str(runs),)))
        _describe(connection, RUNS, "as it is now, whatever the release")
        _create_methods(connection, methods)
        for name, (macro, about) in _MACROS.items():
            connection.execute(macro)
            kind = "MACRO TABLE" if " AS TABLE" in macro else "MACRO"
            connection.execute(f"COMMENT ON {kind} {_name(name)} IS {_text(about)}")
        locations = ", ".join(f"({_text(location)})" for location in _locations(extents, runs))
        connection.execute(f"CREATE MACRO places() AS TABLE FROM (VALUES {locations}) AS held(place)")
        connection.execute("COMMENT ON MACRO TABLE places IS 'The folders and files that hold the tables.'")
        connection.commit()


def _create_coordinates(connection: duckdb.DuckDBPyConnection, releases: list[str]) -> None:
    """Create the view `coordinates` of the newest release and of each whose embeddings can be read."""
    views = {name for (name,) in connection.execute("SELECT view_name FROM duckdb_views()").fetchall()}
    for embeddings in ("embeddings", *(f"embeddings@{release}" for release in releases)):
        if embeddings in views:
            view = embeddings.replace("embeddings", COORDINATES.name, 1)
            connection.execute(_COORDINATES.format(view=_name(view), embeddings=_name(embeddings)))


def _create_trajectories(connection: duckdb.DuckDBPyConnection, releases: list[str]) -> None:
    """Create the view `trajectories` of the releases whose tables can be read."""
    views = {name for (name,) in connection.execute("SELECT view_name FROM duckdb_views()").fetchall()}
    needed = ("embeddings", "spaces", "regions", "neighbors")
    placed = [
        _PLACED.format(
            number=number,
            release=_text(release),
            **{table: _name(f"{table}@{release}") for table in needed},
        )
        for number, release in enumerate(releases)
        if views.issuperset(f"{table}@{release}" for table in needed)
    ]
    connection.execute(_TRAJECTORIES.format(placed=" UNION ALL ".join(placed)))


def _create_methods(connection: duckdb.DuckDBPyConnection, methods: Mapping[str, bool]) -> None:
    """The view `methods`, and the order alone as a macro: ORDER BY and aggregates take no subquery."""
    kinds = ", ".join(f"{_name(field.name)} {_type(field.type)}" for field in SHOWN_METHODS.schema)
    rows = ", ".join(
        f"row({_text(method)}, {position}, {str(forecasts).lower()})"
        for position, (method, forecasts) in enumerate(methods.items(), 1)
    )
    columns = ", ".join(f"held.each.{_name(name)}" for name in SHOWN_METHODS.schema.names)
    source = f"FROM (SELECT unnest([{rows}]::STRUCT({kinds})[]) AS each) AS held"
    connection.execute(f"CREATE VIEW {_name(SHOWN_METHODS.name)} AS SELECT {columns} {source}")
    _describe(connection, SHOWN_METHODS, "as the last run knew them")
    order = f"list_position([{', '.join(map(_text, methods))}]::VARCHAR[], method)"
    connection.execute(f"CREATE MACRO method_order(method) AS coalesce({order}, {len(methods) + 1})")
    about = "Position of a method where methods are listed, from 1."
    connection.execute(f"COMMENT ON MACRO method_order IS {_text(about)}")


def _locations(extents: list[tuple[Release, dict[str, Extent]]], runs: Path) -> list[str]:
    """What a reader has to leave open, and nothing more; each as it is and as read_parquet is told it.

    The runs are in it as a folder, too, as which DuckDB looks for a file that is missing: so that is what it says then.
    """
    files = {file for _, tables in extents for extent in tables.values() for file in extent.files}
    locations = {f"{file.rpartition('/')[0]}/" for file in files} | {str(runs), f"{runs}/"}
    return sorted(locations | {_literal(location) for location in locations})


def _describe(connection: duckdb.DuckDBPyConnection, table: Table, of: str) -> None:
    about = f"{table.row[:1].upper()}{table.row[1:]}; {of}."
    connection.execute(f"COMMENT ON VIEW {_name(table.name)} IS {_text(about)}")
    for column, _, _, meaning in table.columns():
        connection.execute(f"COMMENT ON COLUMN {_name(table.name)}.{_name(column)} IS {_text(meaning)}")


def _create_view(connection: duckdb.DuckDBPyConnection, view: str, table: Table, extent: Extent) -> None:
    schema = table.schema
    held = set(extent.columns) if extent.files else set()
    columns = [
        f"{'file.' + _name(field.name) if field.name in held else 'NULL'}::{_type(field.type)} AS {_name(field.name)}"
        for field in schema
    ]
    columns += [f"file.{_name(column)}" for column in extent.columns if column in held and column not in schema.names]
    files = ", ".join(_text(_literal(file)) for file in extent.files)
    source = f"FROM read_parquet([{files}]) AS file" if extent.files else "WHERE false"
    connection.execute(f"CREATE VIEW {_name(view)} AS SELECT {', '.join(columns)} {source}")


def _create_older_view(connection: duckdb.DuckDBPyConnection, name: str, release: str, extent: Extent) -> None:
    """Create the view of a table in a release that is not the newest. One that has lost a file is left out and told: it
    stands in nobody's way."""
    lost = [file for file in extent.files if "://" not in file and not Path(file).is_file()]
    if not lost:
        _create_view(connection, f"{name}@{release}", TABLES[name], extent)
        return
    progress.note(
        f'the table "{name}@{release}" is left out of the catalog: its file {lost[0]} is missing; put it '
        "back from a backup and run again"
    )


def _type(kind: pa.DataType) -> str:
    """DuckDB's name of an Arrow type. Vectors stay FLOAT[], as their length differs between spaces."""
    if pa.types.is_list(kind):
        return f"{_type(kind.value_type)}[]"
    if pa.types.is_map(kind):
        return f"MAP({_type(kind.key_type)}, {_type(kind.item_type)})"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMPTZ" if kind.tz else "TIMESTAMP"
    return {"string": "VARCHAR", "bool": "BOOLEAN", "int64": "BIGINT", "double": "DOUBLE", "float": "FLOAT"}[str(kind)]


def _literal(path: str) -> str:
    """A path that read_parquet takes for itself, though it may hold the characters of a pattern."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
