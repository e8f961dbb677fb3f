"""Reading the newest release: SQL and the questions that are asked most, for the CLI, notebooks and dashboards."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from taskatlas.errors import StoreError, UnknownNameError

_NAMES = {
    "dataset": "SELECT dataset FROM datasets ORDER BY 1",
    "subject": "SELECT subject FROM subjects ORDER BY 1",
    "model": "SELECT model FROM models ORDER BY 1",
    "prompt": "SELECT prompt FROM prompts ORDER BY 1",
    "corpus": "SELECT corpus FROM corpora ORDER BY 1",
    "space": "SELECT space FROM spaces ORDER BY 1",
    "method": "SELECT DISTINCT method FROM embeddings ORDER BY 1",
    "release": "SELECT release FROM releases ORDER BY length(release), release",
}
_REBUILD = "run `taskatlas run`, which rebuilds it"


class Reader:
    """Read-only access to a catalog.duckdb.

    Every call opens the file that is in place at that moment, so a long-lived reader sees a new release.

    Args:
        catalog: path of the file; it need not exist yet.
    """

    def __init__(self, catalog: Path | str) -> None:
        self.catalog = Path(catalog)

    def sql(self, query: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> pa.Table:
        """The result of a query, as an Arrow table. Times are in UTC.

        Args:
            query: one statement of DuckDB SQL, with `?`, `$1` or `$name` where values go.
            params: those values; they are bound, never written into the query.

        Raises:
            StoreError: there is no catalog yet, it or its files cannot be read, or the query is wrong or several.
        """
        if not self.catalog.is_file():
            raise StoreError("there is no release yet", where=str(self.catalog), todo="run `taskatlas run`")
        # DuckDB shares one open file between all connections of a process that name its path, even after another file
        # took its place. A database of its own, with the catalog attached, sees the file that is there now.
        with duckdb.connect(":memory:") as connection:
            self._attach(connection)
            try:
                several = len(connection.extract_statements(query))
                found = connection.sql(query, params=params) if several == 1 else None
                if found is not None:
                    return found.to_arrow_table()
            except duckdb.Error as error:
                raise self._told(error, query) from error
        if several > 1:  # DuckDB would run them all, and give the result of the last
            raise StoreError(f"the query holds {several} statements", todo="ask one at a time")
        raise StoreError("the query has no result", todo="end it with a SELECT")

    def names(self, kind: str) -> list[str]:
        """All names of a kind: dataset, subject, model, prompt, corpus, space, method or release.

        Raises:
            UnknownNameError: there is no such kind.
            StoreError: the catalog cannot be read.
        """
        if kind not in _NAMES:
            raise UnknownNameError("kind of name", kind, _NAMES)
        names: list[str] = self.sql(_NAMES[kind]).column(0).to_pylist()
        return names

    def nearest(self, name: str, k: int = 5) -> pa.Table:
        """The k nearest neighbours of a dataset or subject, of each kind in each space.

        Returns:
            method, space, neighbor_kind, neighbor, similarity, rank; crosscov first, then student, text and the others.

        Raises:
            UnknownNameError: no dataset and no subject has that name.
            StoreError: the catalog cannot be read.
        """
        self._check("dataset or subject", name, self.names("dataset") + self.names("subject"))
        return self.sql("FROM nearest($1, k := $2)", (name, k))

    def prompts(self, dataset: str, k: int = 5) -> pa.Table:
        """The k subjects with the best forecast on a dataset: accuracy for classes, Spearman for numbers.

        Returns:
            subject, model, prompt, forecast, low, high, measured (null where nobody measured it), similarity (cosine of
            subject and dataset in the student space, or null); the best forecast first.

        Raises:
            UnknownNameError: no dataset has that name.
            StoreError: the catalog cannot be read.
        """
        self._check("dataset", dataset, self.names("dataset"))
        return self.sql("FROM best_prompts($1, k := $2)", (dataset, k))

    def releases(self) -> pa.Table:
        """The table `releases`, newest last.

        Raises:
            StoreError: the catalog cannot be read.
        """
        return self.sql("FROM releases ORDER BY length(release), release")

    def embeddings(self, method: str | None = None) -> pa.Table:
        """The table `embeddings`, of one method or of all, by space, kind and entity.

        Raises:
            UnknownNameError: no embedding was made by that method.
            StoreError: the catalog cannot be read.
        """
        if method is None:
            return self.sql("FROM embeddings ORDER BY space, entity_kind, entity")
        self._check("method", method, self.names("method"))
        return self.sql("FROM embeddings WHERE method = $1 ORDER BY space, entity_kind, entity", (method,))

    def _attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        path = str(self.catalog).replace("'", "''")
        try:
            connection.execute(f"ATTACH '{path}' AS atlas (READ_ONLY)")
            connection.execute("USE atlas")
            connection.execute("SET TimeZone = 'UTC'")
        except duckdb.Error as error:
            raise StoreError(f"cannot be read ({_line(error)})", where=str(self.catalog), todo=_REBUILD) from error

    def _told(self, error: duckdb.Error, query: str) -> StoreError:
        own = any(name in query for name in re.findall(r'"([^"]+)"', _line(error)))
        if isinstance(error, duckdb.IOException) and not own:
            what = f"the files of the release cannot be read; were they moved or dropped? ({_line(error)})"
            return StoreError(what, where=str(self.catalog), todo=_REBUILD)
        hints = [line for line in str(error).splitlines() if line.startswith(("Did you mean", "Candidate"))]
        todo = hints[0] if hints else 'mend the query; `taskatlas sql "SHOW TABLES"` lists the tables'
        return StoreError(_line(error), todo=todo)

    @staticmethod
    def _check(kind: str, name: str, known: list[str]) -> None:
        if name not in known:
            raise UnknownNameError(kind, name, known)


def _line(error: duckdb.Error) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
