from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from taskatlas.errors import StoreError
from taskatlas.store import visit as visiting
from taskatlas.store.catalog import rebuild
from taskatlas.store.reader import Reader
from taskatlas.store.warehouse import Warehouse
from tests.support.tables import QUOTED, tables


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    root = tmp_path_factory.mktemp("it's a project")
    warehouse = Warehouse(root)
    warehouse.publish(tables(), release_id="a", project="p", version="0.1.0")
    rebuild(warehouse, root / "catalog.duckdb")
    return Reader(root / "catalog.duckdb")


def test_a_visitor_gets_what_sql_gives(reader):
    for query in ("FROM datasets ORDER BY 1", "FROM releases", "FROM nearest('reviews')", "SELECT 1 WHERE false"):
        answer = reader.visit(query)
        assert answer.table.equals(reader.sql(query))
        assert not answer.truncated
        assert 0 < answer.seconds < 60
    assert QUOTED in reader.visit("FROM datasets").table["dataset"].to_pylist()


@pytest.mark.parametrize(("rows", "kept", "truncated"), [(4, 4, True), (5, 5, False), (6, 5, False)])
def test_rows_are_counted(reader, rows, kept, truncated):
    answer = reader.visit("FROM range(5)", rows=rows)
    assert (answer.table.column(0).to_pylist(), answer.truncated) == (list(range(kept)), truncated)


def test_rows_that_nobody_sees_are_not_made(reader):
    answer = reader.visit("FROM range(10000000) AS a, range(10000000) AS b")
    assert (answer.table.num_rows, answer.truncated) == (10_000, True)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM range(10000000) AS a, range(10000000) AS b",
        "SELECT pg_sleep(30)",
        "WITH RECURSIVE t AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM t) SELECT count(*) FROM t",
        "SELECT length(rpad('a', 1000000000, 'b'))",  # one value, which DuckDB does not interrupt
    ],
)
def test_a_query_that_does_not_end_is_stopped(reader, query):
    began = time.monotonic()
    with pytest.raises(StoreError, match=r"stopped after 1 s. Ask for less"):
        reader.visit(query, seconds=1)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "query",
    [
        "SELECT list(a.range) FROM range(10000000) AS a, range(1000) AS b",
        "FROM range(10000000) AS a, range(100) AS b ORDER BY a.range * b.range % 77",
        "SELECT string_agg(repeat('x', 1000000), '') FROM range(100000)",
        "SELECT len(range(400000000))",  # one value, which DuckDB's own limit does not count
    ],
)
def test_a_query_that_needs_much_memory_is_told(reader, query):
    with pytest.raises(StoreError, match=r"needs more than 1 GB of memory"):
        reader.visit(query, seconds=60)


def limited(code: str, data: int) -> str:
    """What Python prints that must not have more than `data` bytes."""
    lower = f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({data}, {data}))"
    done = subprocess.run([sys.executable, "-c", f"{lower}; {code}"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(("data", "kept"), [(1 << 30, 1 << 30), (1 << 40, 2 << 30)])
def test_the_smaller_of_two_limits_holds(data, kept):
    confine = "from taskatlas.store.visitor import confine; confine()"
    assert limited(f"{confine}; print(resource.getrlimit(resource.RLIMIT_DATA))", data) == f"({kept}, {kept})"


def test_a_server_with_little_memory_is_visited_too(reader):
    ask = (
        f"from taskatlas.store.reader import Reader; print(Reader({str(reader.catalog)!r}).visit('FROM scores').table)"
    )
    assert "enc/stars" in limited(ask, 1 << 30)


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="only Linux chooses a process by this")
def test_the_system_ends_a_visitor_before_anything_else():
    confine = "from taskatlas.store.visitor import confine; confine()"
    assert limited(f"{confine}; print(open('/proc/self/oom_score_adj').read())", 1 << 40) == "1000"


def test_a_fault_amid_the_rows_is_told(reader):
    with pytest.raises(StoreError, match=r"^Conversion Error: Could not convert string 'x' to INT32\. Mend the query"):
        reader.visit("SELECT (CASE WHEN range > 5000 THEN 'x' ELSE '1' END)::INTEGER FROM range(1000000)")
    with pytest.raises(StoreError, match="needs more than 1 GB of memory"):
        reader.visit("SELECT rpad('x', 60000000, 'y') FROM range(3000)", seconds=60)


def test_very_many_columns_are_told_and_many_are_given(reader):
    assert reader.visit(f"SELECT {'1, ' * 1_999} 1", seconds=60).table.num_columns == 2_000
    with pytest.raises(StoreError, match="needs more than 1 GB of memory"):
        reader.visit(f"SELECT {'1, ' * 1_000_000} 1", seconds=60)


def test_the_process_gets_nothing_that_it_need_not_know(reader, monkeypatch, tmp_path):
    for name in ("TASKATLAS_CATALOG_URI", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "hunter2")
    (tmp_path / "duckdb.py").write_text("raise RuntimeError('a module of the folder')")
    monkeypatch.chdir(tmp_path)
    assert reader.visit("SELECT 1 AS one").table.to_pylist() == [{"one": 1}]
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nenv >&2\nexit 3\n")
    python.chmod(0o755)
    monkeypatch.setattr(visiting.sys, "executable", str(python))
    monkeypatch.setattr(visiting.subprocess, "run", run := Spy(visiting.subprocess.run))
    with pytest.raises(StoreError, match="could not be run"):
        reader.visit("FROM scores")
    printed = run.done.stderr.decode()
    assert f"HOME={visiting.os.environ['HOME']}\n" in printed
    assert "hunter2" not in printed


class Spy:
    """A function that remembers what it returned."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        self.done = self.function(*args, **kwargs)
        return self.done


def test_a_result_of_many_bytes_is_told(reader):
    with pytest.raises(StoreError, match=r"the result is larger than 64 MB. Choose fewer columns, or fewer rows"):
        reader.visit("SELECT repeat('x', 1000000) FROM range(100)", seconds=60)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("DROP VIEW scores", "the catalog can only be read. Begin the query with SELECT"),
        ("FROM read_text('/etc/passwd')", "the catalog can only be read; files, addresses"),
        ("SELECT 1; SELECT 2", "the query holds 2 statements"),
        ("", "the query has no result"),
        ("SELECT ?", "Values were not provided"),
        ("FROM nowhere", "Table with name nowhere does not exist"),
        ("SELECT '\ud800'", "the query holds half a character"),
        ("SELECT error('\u202e🙂')", r"\\u202e🙂"),
    ],
)
def test_a_wrong_query_is_told(reader, query, message):
    with pytest.raises(StoreError, match=message) as raised:
        reader.visit(query)
    assert "\n" not in str(raised.value)


def test_a_query_without_end_in_sight_is_told(reader):
    with pytest.raises(StoreError, match=r"stopped after 1 s|Parser Error|broke DuckDB off"):
        reader.visit("SELECT " + "(" * 100_000, seconds=1)


def test_before_the_first_release(tmp_path):
    with pytest.raises(StoreError, match="there is no release yet"):
        Reader(tmp_path / "catalog.duckdb").visit("FROM scores")


def test_many_at_once_take_turns_and_some_are_sent_away(reader):
    def ask(query):
        try:
            return reader.visit(query, seconds=2).table.num_rows
        except StoreError as error:
            return error.what

    with ThreadPoolExecutor(3) as pool:
        said = list(pool.map(ask, ["SELECT pg_sleep(9)"] * 3))
    assert sorted(said) == ["other visitors' queries are still running", "stopped after 2 s", "stopped after 2 s"]
    assert ask("FROM scores") == 2


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise RuntimeError('a bug')", r"the query could not be run \(RuntimeError: a bug\)"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "the query broke DuckDB off"),
    ],
)
def test_a_process_that_fails_is_told(reader, monkeypatch, tmp_path, code, message):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{code}"\n')
    python.chmod(0o755)
    monkeypatch.setattr(visiting.sys, "executable", str(python))
    with pytest.raises(StoreError, match=message):
        reader.visit("FROM scores")
