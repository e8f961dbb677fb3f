from __future__ import annotations

import io
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from taskatlas.embed import shown_methods
from taskatlas.errors import StoreError, UnknownNameError
from taskatlas.schemas.tables import TABLES
from taskatlas.store.catalog import rebuild
from taskatlas.store.reader import Reader
from taskatlas.store.warehouse import Warehouse
from tests.support.tables import QUOTED, empty, tables


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    root = tmp_path_factory.mktemp("it's a project")
    warehouse = Warehouse(root)
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    rebuild(warehouse, root / "catalog.duckdb", shown_methods())
    return Reader(root / "catalog.duckdb")


def test_values_are_bound(reader):
    rows = reader.sql("SELECT dataset FROM datasets WHERE dataset = ?", (QUOTED,))
    assert rows.to_pylist() == [{"dataset": QUOTED}]
    assert reader.sql("SELECT $a || $b AS x", {"a": "'; DROP VIEW scores; --", "b": '"'}).to_pylist() == [
        {"x": "'; DROP VIEW scores; --\""}
    ]
    assert reader.recommendations("prompt", QUOTED)["candidate"].to_pylist() == ["vader"]


def test_names(reader):
    assert reader.names("dataset") == [QUOTED, "movies", "reviews", "similar"]
    assert reader.names("subject") == ["enc/plain", "enc/stars", "vader"]
    assert reader.names("method") == ["crosscov", "student"]
    assert [reader.names(kind) for kind in ("model", "prompt", "corpus", "space", "release")] == [
        ["enc", "vader"], ["plain", "stars"], ["web"], ["mini-crosscov", "mini-student"], ["v1"],
    ]  # fmt: skip
    with pytest.raises(UnknownNameError, match="no kind of name is called 'datasets'"):
        reader.names("datasets")


def test_the_usual_questions(reader):
    nearest = ["movies", "enc/stars", "enc/stars", "similar", "movies"]
    assert reader.nearest("reviews", 1)["neighbor"].to_pylist() == nearest
    assert reader.nearest("vader").num_rows == 0
    assert reader.recommendations("prompt", "reviews")["candidate"].to_pylist() == ["enc/stars", "vader", "enc/plain"]
    assert reader.embeddings().num_rows == 5
    assert reader.embeddings("crosscov")["entity"].to_pylist() == ["reviews", "enc/stars"]
    assert reader.releases()["release"].to_pylist() == ["v1"]
    assert str(reader.releases().schema.field("published_at").type) == "timestamp[us, tz=UTC]"


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda reader: reader.nearest("revews"), "no dataset or subject is called 'revews'. Did you mean 'reviews'"),
        (lambda reader: reader.recommendations("prompt", "vader"), "no dataset is called 'vader'"),
        (
            lambda reader: reader.recommendations("prompts", "reviews"),
            "no question is called 'prompts'. Did you mean 'prompt'",
        ),
        (lambda reader: reader.embeddings("studnt"), "no method is called 'studnt'. Did you mean 'student'"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(reader, ask, message):
    with pytest.raises(UnknownNameError, match=message):
        ask(reader)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELEC 1", 'Parser Error: syntax error at or near "SELEC"'),
        ("FROM nowhere", "Catalog Error: Table with name nowhere does not exist!"),
        ("SELECT '\ud800'", "the query holds half a character"),
        ("SELECT ?", "Invalid Input Error: Values were not provided for the following parameters: 1"),
        ("", "the query has no result"),
        ("SELECT 1; SELECT 2", "the query holds 2 statements. Ask one at a time"),
        ("SET threads = 1; DROP VIEW scores; SELECT ';'", "the query holds 3 statements"),
    ],
)
def test_a_wrong_query_is_answered_in_one_line(reader, query, message):
    with pytest.raises(StoreError) as raised:
        reader.sql(query)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT 'x.parquet'::INTEGER", "Conversion Error: Could not convert string 'x.parquet' to INT32"),
        ("SELECT date 'TProtocolException'", "Conversion Error: invalid date field format"),
        ("SELECT error('File ''x.parquet'' is gone')", "Invalid Input Error: File 'x.parquet' is gone"),
        ("SELECT error('IO Error: x')", "Invalid Input Error: IO Error: x"),
        ("SELEC 'x.parquet'", 'Parser Error: syntax error at or near "SELEC"'),
        ('SELECT "x.parquet" FROM scores', 'Binder Error: Referenced column "x.parquet" not found in FROM clause!'),
        ("SELECT file.x FROM scores AS file", "Binder Error: "),
    ],
)
def test_a_mistake_of_the_query_is_not_the_files_fault(reader, query, message):
    for ask in (reader.sql, reader.visit):
        with pytest.raises(StoreError) as raised:
            ask(query)
        assert str(raised.value).startswith(message)
        assert "cannot be read" not in str(raised.value)


@pytest.mark.parametrize("query", ["SELECT ';' AS x;", "SELECT ';' AS x; ;", "/* ; */ SELECT ';' AS x"])
def test_semicolons_do_not_make_statements(reader, query):
    assert reader.sql(query).to_pylist() == [{"x": ";"}]


def test_a_pivot_is_one_statement(reader):
    rows = reader.sql("PIVOT scores ON metric USING max(value) GROUP BY subject")
    assert rows.to_pylist() == [{"subject": "enc/stars", "accuracy": 0.75, "macro_f1": 0.5}]


def test_before_the_first_release(tmp_path):
    with pytest.raises(StoreError, match=r"catalog.duckdb: there is no release yet. Run `taskatlas run`"):
        Reader(tmp_path / "catalog.duckdb").releases()


def test_a_damaged_catalog(tmp_path):
    (tmp_path / "catalog.duckdb").write_bytes(b"not a database at all" * 1000)
    with pytest.raises(StoreError, match=r"cannot be read .*Run `taskatlas run`, which rebuilds it"):
        Reader(tmp_path / "catalog.duckdb").releases()


def test_a_moved_project_says_so(reader, tmp_path):
    shutil.copytree(reader.catalog.parent, tmp_path / "one")
    rebuild(Warehouse(tmp_path / "one"), tmp_path / "one" / "catalog.duckdb")
    shutil.move(tmp_path / "one", tmp_path / "two")
    with pytest.raises(StoreError, match=r"were they moved or dropped.*Run `taskatlas run`"):
        Reader(tmp_path / "two" / "catalog.duckdb").releases()


def other_table(_: bytes) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"garbage",
        lambda _: b"PAR1 and then nothing of the kind PAR1",
        lambda content: content[: len(content) // 2],
        lambda content: content[:4] + b"x" * 80 + content[84:],
        lambda content: content[:-60] + b"y" * 52 + content[-8:],
        lambda content: content[:-8] + b"\xff\xff\xff\x7f" + content[-4:],
        lambda content: content[:-8] + b"\x10\x00\x00\x00" + content[-4:],
        other_table,
    ],
)
def test_a_damaged_file_is_not_the_querys_fault(tmp_path, damage):
    warehouse = Warehouse(tmp_path)
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    rebuild(warehouse, tmp_path / "catalog.duckdb")
    (file,) = warehouse.files("scores")
    Path(file).write_bytes(damage(Path(file).read_bytes()))
    for ask in (Reader(tmp_path / "catalog.duckdb").sql, Reader(tmp_path / "catalog.duckdb").visit):
        with pytest.raises(StoreError, match=r"were they moved or dropped.*Run `taskatlas run`"):
            ask("FROM scores")


def test_a_long_query_is_not_told_whole(reader):
    with pytest.raises(StoreError) as caught:
        reader.sql("SELECT " + "x" * 1_000_000)
    assert len(str(caught.value)) < 1_000


def test_a_new_release_is_seen_though_others_hold_the_old_file_open(tmp_path):
    warehouse, path = Warehouse(tmp_path), tmp_path / "catalog.duckdb"
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    rebuild(warehouse, path)
    reader = Reader(path)
    with duckdb.connect(str(path), read_only=True) as held:
        assert reader.names("release") == ["v1"]
        warehouse.publish(tables(0.5), release_id="b", project="p", version="0.1.0")
        rebuild(warehouse, path)
        assert reader.names("release") == ["v1", "v2"]
        assert held.execute("SELECT count(*) FROM scores").fetchone() == (2,)


def test_threads_may_share_a_reader_while_catalogs_are_replaced(tmp_path):
    warehouse, path = Warehouse(tmp_path), tmp_path / "catalog.duckdb"
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    rebuild(warehouse, path)
    warehouse.publish(tables(0.5), release_id="b", project="p", version="0.1.0")
    readers, replaced, done = [Reader(path), Reader(path, "v1")], Event(), Event()

    def ask(number):
        reader, seen = readers[number % 2], set()
        for asked in range(20):
            if asked == 10:
                assert replaced.wait(60)
            seen.add((reader.release, *reader.sql("SELECT max(value) FROM scores")[0].to_pylist()))
        return seen

    def replace():
        while not done.is_set():
            rebuild(warehouse, path)
            replaced.set()

    replacing = Thread(target=replace)
    replacing.start()
    with ThreadPoolExecutor(10) as pool:
        seen = set().union(*pool.map(ask, range(10)))
    done.set()
    replacing.join()
    assert seen - {(None, 0.75)} == {(None, 0.5), ("v1", 0.75)}


def test_an_older_release_in_front(tmp_path):
    warehouse, path = Warehouse(tmp_path), tmp_path / "catalog.duckdb"
    older = tables() | {
        "recommendations": tables()["recommendations"].slice(0, 1),
        "neighbors": tables()["neighbors"].slice(0, 2),
    }
    warehouse.publish(older, release_id="a", project="p", version="0.1.0")
    warehouse.publish(tables(0.5), release_id="b", project="p", version="0.1.0")
    rebuild(warehouse, path)
    newest, first, second = Reader(path), Reader(path, "v1"), Reader(path, "v2")
    query = "SELECT value FROM scores WHERE metric = 'accuracy'"
    assert [reader.sql(query)["value"].to_pylist() for reader in (newest, first, second)] == [[0.5], [0.75], [0.5]]
    assert [reader.nearest("reviews").num_rows for reader in (newest, first, second)] == [7, 2, 7]
    assert first.recommendations("prompt", "reviews")["candidate"].to_pylist() == ["enc/stars"]
    assert first.names("release") == ["v1", "v2"]
    assert first.sql('SELECT max(value) AS top FROM "scores@v2"').to_pylist() == [{"top": 0.5}]
    assert first.visit(query).table["value"].to_pylist() == [0.75]
    for ask in (lambda reader: reader.names("dataset"), lambda reader: reader.visit(query)):
        with pytest.raises(UnknownNameError, match=r"no release is called 'v3'. Did you mean 'v[12]'"):
            ask(Reader(path, "v3"))


def test_a_table_that_a_release_lacks_is_empty(tmp_path, monkeypatch):
    warehouse, path = Warehouse(tmp_path), tmp_path / "catalog.duckdb"
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    warehouse.publish(tables(0.5), release_id="b", project="p", version="0.1.0")
    extents = warehouse.extents()
    del extents[0][1]["costs"]  # as if the table were younger than v1
    monkeypatch.setattr(warehouse, "extents", lambda: extents)
    rebuild(warehouse, path)
    assert Reader(path).sql("FROM costs").num_rows == 2
    costs = Reader(path, "v1").sql("FROM costs")
    assert (costs.num_rows, costs.column_names) == (0, TABLES["costs"].schema.names)


def test_a_release_whose_files_were_dropped_says_so(tmp_path):
    warehouse, path = Warehouse(tmp_path), tmp_path / "catalog.duckdb"
    for number in (1, 2):
        warehouse.publish(tables(number / 4), release_id=str(number), project="p", version="0.1.0")
    rebuild(warehouse, path)
    warehouse.expire(1)
    for ask in (Reader(path, "v1").sql, Reader(path, "v1").visit):
        with pytest.raises(StoreError, match="the files of the release cannot be read"):
            ask("FROM scores")
    assert Reader(path).sql("FROM scores").num_rows == 2


def test_a_stamp_changes_with_the_file(tmp_path):
    warehouse, reader = Warehouse(tmp_path), Reader(tmp_path / "catalog.duckdb")
    assert reader.stamp() == ""
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    stamps = []
    for _ in range(3):
        rebuild(warehouse, reader.catalog)
        before = reader.stamp()
        reader.names("dataset")
        assert reader.stamp() == before
        stamps.append(before)
    assert len(set(stamps)) == 3
    assert "" not in stamps


def test_what_is_recommended_has_its_cost(reader):
    rows = reader.recommendations("prompt", "reviews").to_pylist()
    # 1,000 answers at 0.5 each of one answer; the cost of enc/plain and of vader is not known
    assert {row["candidate"]: row["cost"] for row in rows} == {"enc/stars": 500.0, "vader": None, "enc/plain": None}
    assert {row["candidate"]: row["seconds"] for row in rows} == {"enc/stars": None, "vader": None, "enc/plain": 250.0}
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert reader.recommendations("model", "reviews").num_rows == 0


def test_a_release_from_before_there_were_recommendations_says_so(tmp_path):
    warehouse, path = Warehouse(tmp_path), tmp_path / "catalog.duckdb"
    none = tables()["recommendations"].slice(0, 0)
    warehouse.publish(tables() | {"recommendations": none}, release_id="a", project="p", version="0.1.0")
    rebuild(warehouse, path)
    told = "release v1: was published before recommendations were made. Run `taskatlas run`"
    with pytest.raises(StoreError, match=told):
        Reader(path, "v1").recommendations("prompt", "reviews")
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP VIEW recommendations")
    with pytest.raises(StoreError, match="was published before recommendations were made"):
        Reader(path).recommendations("prompt", "reviews")
    warehouse.publish(empty() | {"datasets": tables()["datasets"]}, release_id="b", project="p", version="0.1.0")
    rebuild(warehouse, path)
    assert Reader(path).recommendations("prompt", "reviews").num_rows == 0, "nothing is known, and nothing recommended"
