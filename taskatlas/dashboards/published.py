"""Open the release that a visitor looks at, and run named queries on it.

Everything is read anew when the catalog's file was replaced: results are cached under its stamp, for all sessions
together, and the least recently used make room.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Condition
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
from cachetools import LRUCache, cached

from taskatlas.dashboards import queries
from taskatlas.dashboards.queries import Value
from taskatlas.errors import UnknownNameError
from taskatlas.project.find import find_project
from taskatlas.project.folders import ProjectFolders
from taskatlas.store.reader import Reader

NEWEST = "newest"
"""The value of ?release= that follows the newest release."""
_CACHED_BYTES = 256 * 1024**2
"""Of results, as Arrow counts them."""


@dataclass(frozen=True)
class QueryResult:
    """The rows of a named query, with the code that gives them.

    Attributes:
        query: name of the query.
        values: of its parameters.
        release: on which it was run.
        text: its SQL, as it was run; or the Python that gives rows which come from no query.
        table: the rows.
        language: of the text, 'sql' or 'python'.
    """

    query: str
    values: dict[str, Value]
    release: str
    text: str
    table: pa.Table
    language: str = "sql"

    @property
    def question(self) -> str:
        """The question that the query answers: its first line."""
        return self.text.splitlines()[0].removeprefix("-- ")

    @property
    def source(self) -> str:
        """The text with its values written in, as a person would run it on this release."""
        if self.language != "sql":
            return self.text
        return f"-- release {self.release}\n{queries.inline(self.text, self.values)}"

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rows as a pandas frame, which the caller may change."""
        return self.table.to_pandas()


class Catalog(NamedTuple):
    """One state of a catalog's file; results are cached under it.

    Attributes:
        path: of the file.
        stamp: of the file; it changes with every release.
    """

    path: str
    stamp: str


@dataclass(frozen=True)
class Published:
    """One release of one project, at one moment.

    Attributes:
        folder: of the project.
        stamp: of the catalog's file; it changes with every release.
        release: name of the release.
        older: whether there is a newer release.
    """

    folder: Path
    stamp: str
    release: str
    older: bool

    def query(self, name: str, /, against: str | None = None, **values: Value) -> QueryResult:
        """Run a named query.

        Args:
            name: of the query.
            against: the release that `"table@$before"` means in it; None for the one before this.
            values: of its parameters.

        Raises:
            UnknownNameError: there is no release of the name `against`.
            StoreError: the release cannot be read.
        """
        if against is not None and against not in self.releases:
            raise UnknownNameError("release", against, self.releases)
        text = queries.resolve(name, against or self.before, self.releases)
        parameters, pinned = tuple(sorted(values.items())), self.pinned
        table = _rows(self.catalog, pinned, text, parameters)
        if self.pinned != pinned:  # the file was replaced meanwhile: what was read may be of another release
            table = _rows(self.catalog, self.pinned, text, parameters)
        return QueryResult(name, values, self.release, text, table)

    @cached_property
    def releases(self) -> dict[str, list[str]]:
        """Every release, newest last, with the names of its tables."""
        return {row["release"]: row["tables"] for row in releases(self.folder, self.stamp).to_pylist()}

    @property
    def before(self) -> str | None:
        """The release before this one; None for the first."""
        names = list(self.releases)
        index = names.index(self.release)
        return names[index - 1] if index else None

    @property
    def catalog(self) -> Catalog:
        """The catalog in its state at that moment."""
        return _catalog(self.folder, self.stamp)

    @property
    def pinned(self) -> str | None:
        """The release by which a reader is opened. None means the newest, which is quicker to read, but it is this one
        only as long as the file is the same."""
        return self.release if self.older or current_stamp(self.folder) != self.stamp else None

    @property
    def reader(self) -> Reader:
        """A reader for what visitors type themselves, pinned to this release, as a newer one may come at any moment."""
        return Reader(ProjectFolders(self.folder).catalog, self.release)


def _catalog(project: Path, stamp: str) -> Catalog:
    return Catalog(str(ProjectFolders(project).catalog), stamp)


def project_folder() -> Path:
    """Find the project's folder: TASKATLAS_PROJECT, else as for every command.

    Raises:
        CardError: it holds no project.
    """
    return find_project(None)


def current_stamp(project: Path) -> str:
    """Return the stamp of the catalog's file as it is now; empty where there is none."""
    return Reader(ProjectFolders(project).catalog).stamp()


def releases(project: Path, stamp: str) -> pa.Table:
    """Read the table releases, newest last.

    Raises:
        StoreError: there is no release yet, or the catalog cannot be read.
    """
    return _rows(_catalog(project, stamp), None, queries.text("releases"), ())


def open_release(project: Path, stamp: str, name: str = NEWEST) -> Published:
    """Open a release by its name, or the newest.

    Args:
        project: its folder.
        stamp: of the catalog's file, from `current_stamp`.
        name: of the release, or NEWEST.

    Raises:
        UnknownNameError: there is no release of that name.
        StoreError: there is no release yet, or the catalog cannot be read.
    """
    known: list[str] = releases(project, stamp)["release"].to_pylist()
    if name not in {NEWEST, *known}:
        raise UnknownNameError("release", name, known)
    release = known[-1] if name == NEWEST else name
    return Published(project, stamp, release, older=release != known[-1])


# An Arrow table cannot be changed, so all sessions share one. A second call while the first still reads waits for it.
@cached(LRUCache(_CACHED_BYTES, getsizeof=lambda table: table.nbytes + 1), condition=Condition())
def _rows(catalog: Catalog, release: str | None, text: str, values: tuple[tuple[str, Value], ...]) -> pa.Table:
    return Reader(Path(catalog.path), release).sql(text, dict(values))
