from __future__ import annotations

import shutil

import duckdb
import pyarrow as pa
import pytest

from taskatlas.errors import StoreError
from taskatlas.store.catalog import rebuild
from taskatlas.store.reader import Reader
from taskatlas.store.warehouse import Warehouse
from tests.support.tables import tables

ONLY = "the catalog can only be read"
SECRET = "unlucky,numbers\n4,13\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("it's [a]* project") / "one"
    warehouse = Warehouse(root)
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    rebuild(warehouse, root / "catalog.duckdb")
    (root.parent / "secret.csv").write_text(SECRET)
    data = root / "iceberg" / "scores" / "data"
    (data / "link").symlink_to(root.parent / "secret.csv")
    (data / "folder").symlink_to(root.parent)
    return root


@pytest.fixture
def ask(project):
    """A query with {secret} and {data} filled in; no file of the project is another afterwards."""

    def run(query, reader=None):
        reader = reader or Reader(project / "catalog.duckdb")
        names = {"secret": project.parent / "secret.csv", "data": project / "iceberg" / "scores" / "data"}
        literal = {name: str(path).replace("'", "''") for name, path in names.items()}
        return reader.sql(query.format(**literal))

    before = held(project.parent)
    yield run
    assert held(project.parent) == before


def held(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


@pytest.mark.parametrize(
    "query",
    [
        "FROM read_csv('{secret}')",
        "FROM '{secret}'",
        "FROM read_text('/etc/passwd')",
        "FROM read_blob('/etc/passwd')",
        "FROM read_json('{secret}')",
        "FROM sniff_csv('{secret}')",
        "FROM parquet_metadata('{secret}')",
        "FROM read_duckdb('{data}/../../../other.duckdb')",
        "FROM glob('/etc/*')",
        "FROM glob('*')",
        "FROM glob('{data}/../*')",
        "FROM glob('{data}/folder/*')",
        "FROM read_text('{data}/link')",
        "FROM read_text('{data}/folder/secret.csv')",
        "FROM read_text('{data}/../../../iceberg.db')",
        "FROM read_text('{data}/*/../../../../iceberg.db')",
        "FROM read_csv('http://127.0.0.1:9/x.csv')",
        "FROM read_parquet('s3://bucket/x.parquet')",
        "FROM duckdb_secrets()",
    ],
)
def test_files_and_addresses_are_closed(ask, query):
    with pytest.raises(StoreError, match=f"^{ONLY}; files, addresses and extensions are closed") as raised:
        ask(query)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "query",
    [
        "COPY (SELECT 1) TO '{data}/new.csv'",
        "COPY scores TO '/tmp/scores.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{data}/new.csv'",
        "-- so\n EXPLAIN (ANALYZE) COPY (SELECT 1) TO '{data}/new.csv'",
        "/* so */ EXPLAIN ANALYZE COPY (SELECT 1) TO '{data}/new.csv'",
        "WITH a AS (COPY (SELECT 1) TO '{data}/new.csv') FROM a",
        "EXPLAIN ANALYZE WITH a AS (COPY (SELECT 1) TO '{data}/new.csv') FROM a",
        "SUMMARIZE WITH a AS (COPY (SELECT 1) TO '{data}/new.csv') FROM a",
        "WITH a AS (INSERT INTO query VALUES (1) RETURNING *) FROM a",
        "FROM query('SELECT 1')",
        "FROM system.main.\"Query\"('SELECT 1')",
        "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
        "SELECT * FROM register_external_resource('a', 'b', 1, 'c', 'd', 'e')",
        "EXPORT DATABASE '{data}'",
        "IMPORT DATABASE '{data}'",
        "ATTACH '{data}/new.duckdb'",
        "ATTACH '{data}/../../../iceberg.db' (TYPE sqlite)",
        "DETACH atlas",
        "USE memory",
        "INSTALL httpfs",
        "LOAD httpfs",
        "UPDATE EXTENSIONS",
        "SET memory_limit = '99GB'",
        "RESET lock_configuration",
        "SET VARIABLE x = 1",
        "PRAGMA threads = 4",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "CREATE TABLE mine AS SELECT 1",
        "CREATE TEMP TABLE mine AS SELECT 1",
        "CREATE MACRO mine() AS 1",
        "CREATE TABLE memory.mine AS PIVOT scores ON metric USING max(value)",
        "SET VARIABLE x = (SELECT 1 FROM (PIVOT scores ON metric USING max(value)))",
        "EXPLAIN ANALYZE CREATE TABLE memory.mine AS PIVOT scores ON metric USING max(value)",
        "/* PIVOT */ COPY (PIVOT scores ON metric USING max(value)) TO '{data}/new.csv'",
        "/* PIVOT /* */ */ CREATE TABLE memory.mine AS PIVOT scores ON metric USING max(value)",
        "/* ünïcödé 🙂 FROM */ CREATE TABLE memory.mine AS PIVOT scores ON metric USING max(value)",
        "-- so\rCREATE TABLE memory.mine AS --\nPIVOT scores ON metric USING max(value)",
        "/* so */ EXPLAIN (ANALYZE) CREATE TABLE memory.mine AS PIVOT scores ON metric USING max(value)",
        "EXPLAIN (FORMAT 'json', ANALYZE) COPY (SELECT 1) TO '{data}/new.csv'",
        "EXPLAIN ANALYZE (FORMAT 'json') COPY (SELECT 1) TO '{data}/new.csv'",
        "EXPLAIN (ANALYZE) (WITH a AS (COPY (SELECT 1) TO '{data}/new.csv') FROM a)",
        "EXPLAIN ANALYZE ((WITH a AS (COPY (SELECT 1) TO '{data}/new.csv') FROM a))",
        "EXPLAIN (ANALYZE) FROM query('SELECT 1')",
        "DROP VIEW scores",
        "DELETE FROM scores",
        "PREPARE mine AS SELECT 1",
        "BEGIN",
        "CHECKPOINT",
    ],
)
def test_statements_that_do_not_read_are_refused(ask, query):
    with pytest.raises(StoreError, match=f"^{ONLY}"):
        ask(query)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT getenv('HOME')", "Scalar Function with name getenv does not exist"),
        ("FROM enable_logging(storage := 'file', storage_path := '{data}')", "the configuration has been locked"),
        ("FROM enable_profiling(save_location := '{data}/new.json')", "the configuration has been locked"),
        ("FROM variable", "Table with name variable does not exist"),
        ("WITH a AS (INSERT INTO scores VALUES (1) RETURNING *) FROM a", "scores is not an table"),
        (f"SELECT {'[' * 900}'copy'{']' * 900}", "the query is nested too deeply"),
        (
            "WITH a AS (COPY (SELECT 1) TO '{data}/new.csv') PIVOT scores ON metric USING max(value)",
            "a PIVOT that holds 'COPY' cannot be told from one that writes. Name its values with IN",
        ),
        # an option whose text is a harmless query to whoever does not read it as DuckDB does
        ("EXPLAIN (ANALYZE 'x) FROM scores -- ') COPY (SELECT 1) TO '{data}/new.csv'", "Parser Error"),
        ("EXPLAIN (ANALYZE \"x) FROM scores -- \") COPY (SELECT 1) TO '{data}/new.csv'", "Parser Error"),
        ("EXPLAIN (ANALYZE /* ) FROM scores */) COPY (SELECT 1) TO '{data}/new.csv'", "Parser Error"),
        ("PIVOT (FROM query('FROM scores')) ON metric USING max(value)", "a PIVOT that holds 'query'"),
        ("PIVOT (FROM \"Query\"('FROM scores')) ON metric USING max(value)", "a PIVOT that holds 'Query'"),
        (
            "FROM (PIVOT (SELECT $$ ' $$, * FROM query('x')) ON metric USING max(value)) -- '",
            "a PIVOT that holds 'query'",
        ),
        ("FROM (PIVOT (SELECT e'\\'', * FROM query(e'\\'')) ON metric USING max(value))", "a PIVOT that holds 'query'"),
        ('FROM (PIVOT (SELECT "\'", * FROM query("\'")) ON metric USING max(value))', "a PIVOT that holds 'query'"),
        (
            "FROM (PIVOT (SELECT 1, * --'\n FROM query('') --'\n) ON metric USING max(value))",
            "a PIVOT that holds 'query'",
        ),
    ],
)
def test_what_else_could_leave_the_catalog(ask, query, message):
    variable = pa.table({"a": [1]})
    assert variable.num_rows == 1
    with pytest.raises(StoreError, match=message):
        ask(query)


def test_a_hidden_copy_is_what_the_tree_is_looked_at_for(tmp_path):
    # Were DuckDB to stop running these, guard.py could be shorter.
    with duckdb.connect() as plain:
        plain.execute(f"WITH a AS (COPY (SELECT 7 AS x) TO '{tmp_path}/one.csv') FROM a").fetchall()
        tree = plain.execute(
            "SELECT json_serialize_sql($1)", [f"WITH a AS (COPY (SELECT 7 AS x) TO '{tmp_path}/two.csv') FROM a"]
        ).fetchall()[0][0]
        literal = tree.replace("'", "''")
        plain.execute(f"FROM json_execute_serialized_sql('{literal}')").fetchall()
    assert [(tmp_path / name).read_text() for name in ("one.csv", "two.csv")] == ["x\n7\n", "x\n7\n"]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT count(*) FROM scores", 1),
        ("FROM nearest('reviews', k := 1)", 5),
        ("FROM recommendations WHERE dataset = 'reviews'", 3),
        ('FROM "scores@v1"', 2),
        ("FROM runs", 0),
        ("DESCRIBE scores", None),
        ("SUMMARIZE scores", None),
        ("(SELECT 1)", 1),
        ("VALUES (1), (2)", 2),
        ("TABLE scores", 2),
        ("EXPLAIN FROM scores", 1),
        ("explain analyze FROM scores", 1),
        ("-- why\nEXPLAIN (FORMAT json) FROM scores", 1),
        ("SELECT 'copy the query' AS copy FROM scores", 2),
        ("WITH copy AS (FROM scores) SELECT query.value FROM copy AS query", 2),
        ("PIVOT scores ON metric IN ('accuracy') USING max(value) GROUP BY subject -- copy", 1),
        ("FROM (PIVOT scores ON metric USING max(value) GROUP BY subject)", 1),
        ("-- so\n (PIVOT scores ON metric USING max(value) GROUP BY subject)", 1),
        ("WITH a AS (FROM scores) PIVOT a ON metric USING max(value) GROUP BY subject", 1),
        ("EXPLAIN PIVOT scores ON metric USING max(value) GROUP BY subject", 1),
        ("EXPLAIN (PIVOT scores ON metric USING max(value) GROUP BY subject)", 1),
        ("EXPLAIN (FROM scores)", 1),
        ("EXPLAIN ANALYZE ((TABLE scores))", 1),
        ("EXPLAIN (UNPIVOT scores ON value, low, high)", 1),
        ("EXPLAIN (FORMAT json) (FROM scores)", 1),
        ("EXPLAIN (FORMAT 'json', ANALYZE true) FROM scores", 1),
        ('/* why */ explain ( format "json" ) FROM scores', 1),
        ("/* a /* b */ c */ PIVOT scores ON metric USING max(value) GROUP BY subject", 1),
        ("PIVOT (SELECT *, 'it''s a copy' AS kind FROM scores) ON metric USING max(value) GROUP BY kind", 1),
        ("FROM (PIVOT scores ON metric USING max(value) GROUP BY subject) WHERE subject <> 'copy'", 1),
        ("FROM scores ORDER BY value", 2),
    ],
)
def test_what_reads_is_answered(ask, query, rows):
    result = ask(query)
    assert result.num_rows == (len(ask("FROM scores").column_names) if rows is None else rows)


def test_tables_are_listed(ask):
    listed = ask("SHOW TABLES")["name"].to_pylist()
    assert {"scores", "scores@v1", "releases", "runs"} <= set(listed)


def test_a_project_behind_a_link_and_one_that_was_copied(project, tmp_path):
    (tmp_path / "link").symlink_to(project.parent)
    linked = Warehouse(tmp_path / "link" / "one")
    rebuild(linked, tmp_path / "link" / "one" / "catalog.duckdb")
    assert Reader(tmp_path / "link" / "one" / "catalog.duckdb").sql("FROM scores").num_rows == 2
    copied = shutil.copytree(project, tmp_path / "copied", symlinks=True)
    rebuild(Warehouse(copied), copied / "catalog.duckdb")
    reader = Reader(copied / "catalog.duckdb")
    assert reader.sql("FROM scores").num_rows == 2
    original = str(project / "iceberg" / "scores" / "data").replace("'", "''")
    with pytest.raises(StoreError, match=ONLY):
        reader.sql(f"FROM glob('{original}/*')")


def test_a_warehouse_at_a_file_uri_needs_no_extension(tmp_path, monkeypatch):
    root = tmp_path / "it's [a] project"
    warehouse = Warehouse(root, location=f"file://{root}/files")
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    rebuild(warehouse, root / "catalog.duckdb")
    monkeypatch.setenv("HOME", str(tmp_path))  # where DuckDB looks for extensions
    reader = Reader(root / "catalog.duckdb")
    assert reader.sql("FROM scores").num_rows == reader.visit("FROM scores").table.num_rows == 2
    (tmp_path / "secret.csv").write_text(SECRET)
    folder = f"file://{root}/files/scores/data".replace("'", "''")
    for path in ("file:///etc/passwd", "/etc/passwd", f"{folder}/../../../../secret.csv"):
        with pytest.raises(StoreError, match=f"^{ONLY}; files, addresses and extensions are closed"):
            reader.sql(f"FROM read_text('{path}')")
    with pytest.raises(StoreError, match=f"^{ONLY}"):
        reader.sql(f"COPY (SELECT 1) TO '{folder}/new.csv'")


def test_files_of_a_server_need_an_extension(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # where DuckDB looks for extensions
    with duckdb.connect(str(tmp_path / "catalog.duckdb")) as connection:
        connection.execute("CREATE MACRO places() AS TABLE FROM (VALUES ('s3://bucket/scores/data/')) AS held(place)")
    with pytest.raises(StoreError, match=r"without its extension httpfs\. Install it once while online"):
        Reader(tmp_path / "catalog.duckdb").sql("SELECT 1")


def test_a_catalog_of_an_older_version_says_so(tmp_path):
    with duckdb.connect(str(tmp_path / "catalog.duckdb")) as connection:
        connection.execute("CREATE VIEW scores AS SELECT 1")
    with pytest.raises(StoreError, match=r"was built by an older version of taskatlas. Run `taskatlas run`"):
        Reader(tmp_path / "catalog.duckdb").sql("FROM scores")
