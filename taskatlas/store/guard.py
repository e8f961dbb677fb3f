"""What keeps a query to the releases: nothing but reading, and of no file but theirs.

DuckDB can shut itself off from files and the network, all but locations that it is given, and never open again. It
would still write to those locations, so a query is looked at before it runs: only statements that read are let through.
Since 2.0 a SELECT can hold a COPY in its WITH, so the tree of a query that might is looked at, too, and the functions
that make SQL of text are refused, as they could hide one from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from taskatlas.errors import StoreError

CLOSED: Mapping[str, str | bool] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,  # a name in a query is never a variable of the program
    "temp_directory": "",
}
"""Settings that every connection starts with: no downloads, no variables, no files for what memory does not hold."""

INSTALL_HTTPFS = """install it once while online, with `python -c "import duckdb; duckdb.sql('INSTALL httpfs')"`"""
"""Advice. DuckDB's own command may be absent, or of another version, whose extensions this one cannot load."""

_PIVOT = re.compile(r"\bpivot\b", re.IGNORECASE)
_READS = re.compile(r"[\s(]*(?:DESCRIBE|FROM|PIVOT|SELECT|SHOW|SUMMARIZE|TABLE|UNPIVOT|WITH)\b", re.IGNORECASE)
_EXPLAIN = re.compile(r"EXPLAIN\b(?:\s+ANALYZE\b)?", re.IGNORECASE)
_OPTIONS = re.compile(r"""\s*\((?:[A-Z_,\s]|'[A-Z_]*'|"[A-Z_]*")*\)""", re.IGNORECASE)
"""Of EXPLAIN. Words alone, as no two readers disagree on where they end: in another text a bracket may be hidden."""
_STRING = re.compile("'[^']*'")
_UNLIKE = re.compile(r"""[\\$"]|--|/\*""")
"""What a text between quotes may begin or end by unlike _STRING."""
_SUSPECT = re.compile(r"copy|query|json_execute_serialized_sql|external_resource", re.IGNORECASE)
_REFUSED_FUNCTION = re.compile(r"query|json_execute_serialized_sql|.*external_resource.*", re.IGNORECASE)
_ONLY_READ = "the catalog can only be read"
_HOW = "begin the query with SELECT, FROM, WITH, SHOW, DESCRIBE, SUMMARIZE, PIVOT or EXPLAIN"


def shut(connection: duckdb.DuckDBPyConnection, locations: Sequence[str]) -> None:
    """Close a connection to all files and addresses but `locations`, and lock its settings.

    Args:
        connection: with everything attached that it is to read; its own catalogs stay open to it.
        locations: folders, which end with a slash, and files: absolute paths or URIs.

    Raises:
        StoreError: the locations are on a server, and DuckDB has not installed what reads them.
    """
    if any("://" in location and not location.startswith("file://") for location in locations):
        try:
            connection.execute("LOAD httpfs")
        except duckdb.Error as error:
            what = "DuckDB cannot read files of a server without its extension httpfs"
            raise StoreError(what, todo=INSTALL_HTTPFS) from error
        connection.execute("FROM duckdb_secrets()").fetchall()  # read now: they lie in a file
    folders = ", ".join(_text(location) for location in locations if location.endswith("/"))
    files = ", ".join(_text(location) for location in locations if not location.endswith("/"))
    connection.execute(f"SET allowed_directories = [{folders}]")
    connection.execute(f"SET allowed_paths = [{files}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def check(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Check that a query is one statement that does nothing but read.

    Raises:
        StoreError: it is none, several, or one that does something else.
        duckdb.Error: it is not SQL.
    """
    statements = _statements(connection, query)
    if len(statements) > 1:  # DuckDB would run them all, and give the result of the last
        raise StoreError(f"the query holds {len(statements)} statements", todo="ask one at a time")
    if not statements:
        raise StoreError("the query has no result", todo="end it with a SELECT")
    if start := _EXPLAIN.match(statements[0][1]):  # ANALYZE runs what it explains
        statements = _statements(connection, _explained(statements[0][1][start.end() :]))
    kind, text = statements[0] if len(statements) == 1 else (None, "")
    reads = kind == duckdb.StatementType.SELECT  # as are SHOW, DESCRIBE and SUMMARIZE
    # a PIVOT lists its values first, also one that CREATE TABLE AS and COPY hold
    pivots = kind == duckdb.StatementType.MULTI and _PIVOT.search(text) and _READS.match(text)
    if not (reads or pivots):
        raise StoreError(_ONLY_READ, todo=_HOW)
    if suspect := _SUSPECT.search(text):
        _check_tree(connection, text, suspect.group())


def refusal(error: duckdb.PermissionException) -> StoreError:
    """Return the error for a query that asked for a file, an address or an extension."""
    line = next(line for line in str(error).splitlines() if line.strip())
    what = f"{_ONLY_READ}; files, addresses and extensions are closed to queries ({line})"
    return StoreError(what, todo='ask its tables; `taskatlas sql "SHOW TABLES"` lists them')


def _statements(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[duckdb.StatementType, str]]:
    """Return the kind and text of every statement; the text begins with its first word, after blanks and comments."""
    try:
        query.encode()
        return [(statement.type, statement.query) for statement in connection.extract_statements(query)]
    except UnicodeEncodeError as error:
        raise StoreError("the query holds half a character", todo="type it anew") from error
    except ValueError as error:  # a kind that has no name in Python
        raise StoreError(_ONLY_READ, todo=_HOW) from error


def _explained(text: str) -> str:
    """Return what follows EXPLAIN, without its options; what stands in brackets may be the query itself."""
    options = None if _READS.match(text) else _OPTIONS.match(text)
    return text[options.end() :] if options else text


def _check_tree(connection: duckdb.DuckDBPyConnection, query: str, suspect: str) -> None:
    row = connection.execute("SELECT json_serialize_sql($1)", [query]).fetchall()[0]
    try:
        tree = json.loads(row[0])
    except RecursionError as error:
        raise StoreError("the query is nested too deeply", todo="write it with fewer brackets") from error
    if tree["error"]:  # a PIVOT whose values DuckDB has yet to find
        if not _UNLIKE.search(query) and not _SUSPECT.search(_STRING.sub("''", query)):
            return  # texts alone hold the word, and a text is never run
        what = f"a PIVOT that holds {suspect!r} cannot be told from one that writes"
        raise StoreError(what, todo="name its values with IN (...), or leave that word out")
    for node in _nodes(tree["statements"]):
        if str(node.get("type", "")).endswith("_QUERY_NODE"):  # COPY, INSERT, UPDATE, DELETE; a query is SELECT_NODE
            raise StoreError(_ONLY_READ, todo="leave out of WITH whatever writes")
        function = str(node.get("function_name", ""))
        if _REFUSED_FUNCTION.fullmatch(function):
            raise StoreError(f"{_ONLY_READ}; the function {function} may write", todo="write the query out")


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
