"""Reading a release: SQL and the questions that are asked most, for the CLI, notebooks and dashboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from taskatlas.errors import StoreError, UnknownNameError
from taskatlas.store.guard import check
from taskatlas.store.runs import runs_file
from taskatlas.store.session import open_catalog, query_error
from taskatlas.store.visit import Visit, visit

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
_RECOMMENDED = """
    SELECT r.*, 1000 * c.cost / nullif(c.answers, 0) AS cost, 1000 * c.seconds_median AS seconds
    FROM recommendations AS r
    LEFT JOIN costs AS c ON c.subject = r.subject
    WHERE r.question = $1 AND r.dataset = $2
    ORDER BY r.rank
"""


class Reader:
    """Read-only access to a catalog.duckdb.

    Every call opens the file that is in place at that moment, so a long-lived reader sees a new release. Queries see
    the catalog and nothing else: no other file, no address, no variable of the program.

    Args:
        catalog: path of the file; it need not exist yet.
        release: the release that tables and macros mean, such as v3; None for the newest. A table that it lacks is
            empty. `releases` and `runs` are those of all, and `"scores@v2"` the scores of v2, whatever this is. An
            unknown one is an UnknownNameError of the first call.
    """

    def __init__(self, catalog: Path | str, release: str | None = None) -> None:
        self.catalog = Path(catalog)
        self.release = release

    def stamp(self) -> str:
        """Return a text that changes when another catalog replaces the file, or a run ends; '' without a catalog."""
        catalog = _stamp(self.catalog)
        return catalog and f"{catalog}/{_stamp(runs_file(self.catalog))}"

    def sql(self, query: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> pa.Table:
        """Run a query and return its result as an Arrow table. Times are in UTC.

        Args:
            query: one statement of DuckDB SQL that reads, with `?`, `$1` or `$name` where values go.
            params: those values; they are bound, never written into the query.

        Raises:
            StoreError: there is no catalog yet, it or its files cannot be read, or the query is wrong, is several or
                does anything but read the catalog.
        """
        with open_catalog(self.catalog, self.release, {}) as connection:
            try:
                check(connection, query)
                return connection.sql(query, params=params).to_arrow_table()
            except duckdb.Error as error:
                raise query_error(error, self.catalog) from error

    def visit(self, query: str, *, seconds: float = 10.0, rows: int = 10_000) -> Visit:
        """Run a query that a stranger typed, in a process of its own with 1 GB of memory for DuckDB.

        Args:
            query: as for sql(), without values.
            seconds: when it is stopped.
            rows: how many rows of the result are kept.

        Raises:
            UnknownNameError: there is no such release.
            StoreError: as for sql(); or it took too long, needs too much memory, or its rows are more than 64 MB.
        """
        if self.release is not None:
            self._check("release", self.release, Reader(self.catalog).names("release"))
        return visit(self.catalog, self.release, query, seconds=seconds, rows=rows)

    def names(self, kind: str) -> list[str]:
        """Return all names of a kind, sorted: dataset, subject, model, prompt, corpus, space, method or release.

        Raises:
            UnknownNameError: there is no such kind.
            StoreError: the catalog cannot be read.
        """
        if kind not in _NAMES:
            raise UnknownNameError("kind of name", kind, _NAMES)
        names: list[str] = self.sql(_NAMES[kind]).column(0).to_pylist()
        return names

    def nearest(self, name: str, k: int = 5) -> pa.Table:
        """Return the k nearest neighbours of a dataset or subject, of each kind in each space.

        Returns:
            Columns method, space, neighbor_kind, neighbor, similarity, rank; methods in the order of the
            table `methods`.

        Raises:
            UnknownNameError: no dataset and no subject has that name.
            StoreError: the catalog cannot be read.
        """
        self._check("dataset or subject", name, self.names("dataset") + self.names("subject"))
        return self.sql("FROM nearest($1, k := $2)", (name, k))

    def recommendations(self, question: str, dataset: str) -> pa.Table:
        """Return what is recommended for a question on a dataset, by rank.

        Args:
            question: 'prompt', 'model' or 'source'.
            dataset: name of the dataset.

        Returns:
            The columns of the table `recommendations`, and cost and seconds: of 1,000 answers of the subject, by the
            median of the seconds; null where they are not known.

        Raises:
            UnknownNameError: there is no such question or dataset.
            StoreError: the catalog cannot be read, or the release has no recommendations as it is too old.
        """
        self._check("question", question, ["prompt", "model", "source"])
        self._check("dataset", dataset, self.recommended())
        if self._is_older("recommendations"):
            what = "was published before recommendations were made"
            raise StoreError(what, where=f"release {self.release or 'shown'}", todo="run `taskatlas run`")
        return self.sql(_RECOMMENDED, (question, dataset))

    def labels(self, dataset: str) -> list[str]:
        """Return the class names of a dataset, with data or described alone; none of numbers and texts.

        Raises:
            UnknownNameError: there is no such dataset.
            StoreError: the catalog cannot be read.
        """
        self._check("dataset", dataset, self.recommended())
        table = "datasets" if dataset in self.names("dataset") else "described"
        labels = f"SELECT labels FROM {table} WHERE dataset = $1"  # noqa: S608 - a name of ours
        found: list[str] = self.sql(labels, (dataset,))["labels"][0].as_py()
        return found

    def recommended(self) -> list[str]:
        """Return the datasets that something can be recommended for: all, and those that are described alone.

        Raises:
            StoreError: the catalog cannot be read.
        """
        views = "SELECT count(*) AS n FROM duckdb_views() WHERE view_name = 'described'"
        if not self.sql(views)["n"][0].as_py():  # of a catalog from before there were some
            return self.names("dataset")
        described: list[str] = self.sql("SELECT dataset FROM described ORDER BY 1").column(0).to_pylist()
        return [*self.names("dataset"), *described]

    def _is_older(self, table: str) -> bool:
        """Whether the release, or all of the catalog, is older than a table that follows from scores and forecasts."""
        views = "SELECT count(*) AS n FROM duckdb_views() WHERE view_name = $1"
        if not self.sql(views, (table,))["n"][0].as_py():
            return True
        known = "SELECT count(*) AS n FROM (SELECT 1 FROM scores UNION ALL SELECT 1 FROM forecasts)"
        made = f"SELECT count(*) AS n FROM {table}"  # noqa: S608 - a name of ours
        return bool(self.sql(known)["n"][0].as_py()) and not self.sql(made)["n"][0].as_py()

    def releases(self) -> pa.Table:
        """Return the table `releases`, newest last.

        Raises:
            StoreError: the catalog cannot be read.
        """
        return self.sql("FROM releases ORDER BY length(release), release")

    def embeddings(self, method: str | None = None) -> pa.Table:
        """Return the table `embeddings`, of one method or of all, by space, kind and entity.

        Raises:
            UnknownNameError: no embedding was made by that method.
            StoreError: the catalog cannot be read.
        """
        if method is None:
            return self.sql("FROM embeddings ORDER BY space, entity_kind, entity")
        self._check("method", method, self.names("method"))
        return self.sql("FROM embeddings WHERE method = $1 ORDER BY space, entity_kind, entity", (method,))

    @staticmethod
    def _check(kind: str, name: str, known: list[str]) -> None:
        if name not in known:
            raise UnknownNameError(kind, name, known)


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"
