"""The release that a visitor looks at, and the answers of named queries to it.

Everything is read anew when the catalog's file was replaced: answers are kept under its stamp, for all sessions
together, and those that were asked longest ago make room.
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
from taskatlas.project.settings import Layout, find_project
from taskatlas.store.reader import Reader

NEWEST = "newest"
"""What ?release= says where it follows the newest release."""
_KEPT_BYTES = 256 * 1024**2
"""Of answers, as Arrow counts them."""


@dataclass(frozen=True)
class Answer:
    """What a named query found.

    Attributes:
        query: its name.
        values: of its parameters.
        release: the release that was asked.
        text: its SQL, as it was run; or the Python behind what no query finds.
        table: the rows.
        language: what the text is in, 'sql' or 'python'.
    """

    query: str
    values: dict[str, Value]
    release: str
    text: str
    table: pa.Table
    language: str = "sql"

    @property
    def question(self) -> str:
        """What the query answers, as its first line says."""
        return self.text.splitlines()[0].removeprefix("-- ")

    @property
    def source(self) -> str:
        """The text with its values, as a person would run it on this release."""
        if self.language != "sql":
            return self.text
        return f"-- release {self.release}\n{queries.filled(self.text, self.values)}"

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rows as a pandas frame of one's own."""
        return self.table.to_pandas()


class Catalog(NamedTuple):
    """One state of a catalog's file; answers are kept under it.

    Attributes:
        path: of the file.
        stamp: another one means that a release came.
    """

    path: str
    stamp: str


@dataclass(frozen=True)
class Published:
    """One release of one project, at one moment.

    Attributes:
        folder: of the project.
        stamp: of the catalog's file; another one means that a release came.
        release: its name.
        older: whether there is a newer release.
    """

    folder: Path
    stamp: str
    release: str
    older: bool

    def ask(self, query: str, against: str | None = None, **values: Value) -> Answer:
        """The answer of a named query.

        Args:
            query: its name.
            against: the release that `"table@$before"` means in it; None for the one before this.
            values: of its parameters.

        Raises:
            UnknownNameError: there is no release of the name `against`.
            StoreError: the release cannot be read.
        """
        if against is not None and against not in self.releases:
            raise UnknownNameError("release", against, self.releases)
        text = queries.placed(query, against or self.before, self.releases)
        given, asked = tuple(sorted(values.items())), self.asked
        table = _rows(self.catalog, asked, text, given)
        if self.asked != asked:  # the file was replaced meanwhile: what was read may be of another release
            table = _rows(self.catalog, self.asked, text, given)
        return Answer(query, values, self.release, text, table)

    @cached_property
    def releases(self) -> dict[str, list[str]]:
        """Every release, newest last, with the names of its tables."""
        return {row["release"]: row["tables"] for row in releases(self.folder, self.stamp).to_pylist()}

    @property
    def before(self) -> str | None:
        """The release before this one; None for the first."""
        names = list(self.releases)
        place = names.index(self.release)
        return names[place - 1] if place else None

    @property
    def catalog(self) -> Catalog:
        """The file that is read."""
        return _catalog(self.folder, self.stamp)

    @property
    def asked(self) -> str | None:
        """What a reader is asked for: the newest release need not be named, and is quicker then, but it is the newest
        only as long as the file is the same."""
        return self.release if self.older or stamp_now(self.folder) != self.stamp else None

    @property
    def reader(self) -> Reader:
        """For what visitors type themselves: of this release by its name, as a newer one may come at any moment."""
        return Reader(Layout(self.folder).catalog, self.release)


def _catalog(project: Path, stamp: str) -> Catalog:
    return Catalog(str(Layout(project).catalog), stamp)


def folder() -> Path:
    """The project's folder: TASKATLAS_PROJECT, else as for every command.

    Raises:
        CardError: it holds no project.
    """
    return find_project(None)


def stamp_now(project: Path) -> str:
    """The stamp of the catalog's file as it is now; empty where there is none."""
    return Reader(Layout(project).catalog).stamp()


def releases(project: Path, stamp: str) -> pa.Table:
    """The table releases, newest last.

    Raises:
        StoreError: there is no release yet, or the catalog cannot be read.
    """
    return _rows(_catalog(project, stamp), None, queries.text("releases"), ())


def current(project: Path, stamp: str, wanted: str = NEWEST) -> Published:
    """The release that a visitor wants, or the newest.

    Raises:
        UnknownNameError: there is no release of that name.
        StoreError: there is no release yet, or the catalog cannot be read.
    """
    known: list[str] = releases(project, stamp)["release"].to_pylist()
    if wanted not in {NEWEST, *known}:
        raise UnknownNameError("release", wanted, known)
    chosen = known[-1] if wanted == NEWEST else wanted
    return Published(project, stamp, chosen, older=chosen != known[-1])


# An Arrow table cannot be changed, so all sessions share one. Who asks what is just being read waits for it.
@cached(LRUCache(_KEPT_BYTES, getsizeof=lambda table: table.nbytes + 1), condition=Condition())
def _rows(catalog: Catalog, release: str | None, text: str, values: tuple[tuple[str, Value], ...]) -> pa.Table:
    return Reader(Path(catalog.path), release).sql(text, dict(values))
