"""The Python interface, for notebooks: `atlas = taskatlas.open("my-atlas"); atlas.nearest("cafe_reviews")`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.installed.extras import needed
from taskatlas.project.find import find_project
from taskatlas.project.folders import ProjectFolders

if TYPE_CHECKING:
    import pandas as pd

    from taskatlas.advice.advice import Advice
    from taskatlas.recommend.recommendation import Recommendation
    from taskatlas.store.reader import Reader


@dataclass(frozen=True)
class Embeddings:
    """The vectors of one or more spaces.

    Attributes:
        table: rows of the table embeddings, as Arrow.
    """

    table: pa.Table

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a pandas frame; the column vector holds one float32 array per row.

        Raises:
            TaskatlasError: pandas is not installed.
        """
        with needed():
            return self.table.to_pandas()

    def to_numpy(self) -> npt.NDArray[np.float32]:
        """The vectors, float32 [n, dim], in the order of the rows.

        Raises:
            ValueError: the rows are of spaces with vectors of different lengths; name one method.
        """
        dims = sorted(set(self.table["dim"].to_pylist()))
        if len(dims) > 1:
            raise ValueError(f"vectors of lengths {dims} are of different spaces; name one: embeddings(method=...)")
        flat = self.table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return np.asarray(flat, np.float32).reshape(self.table.num_rows, dims[0] if dims else 0)

    @property
    def names(self) -> list[str]:
        """The datasets' and subjects' names, in the order of the rows."""
        names: list[str] = self.table["entity"].to_pylist()
        return names


@dataclass(frozen=True)
class Atlas:
    """The releases of one project, read-only. Every call reads the newest release."""

    folder: Path

    def sql(self, query: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> pa.Table:
        """The result of a DuckDB query; values for `?`, `$1` or `$name` are bound, never written into it.

        Raises:
            StoreError: there is no release yet, or the query is wrong or does anything but read the catalog.
        """
        return self._reader.sql(query, params)

    def nearest(self, name: str, k: int = 5) -> pa.Table:
        """The k nearest datasets and subjects of one, in every space.

        Returns:
            method, space, neighbor_kind, neighbor, similarity, rank.

        Raises:
            UnknownNameError: no dataset and no subject has that name.
        """
        return self._reader.nearest(name, k)

    def recommend(
        self, question: str, dataset: str, max_cost: float | None = None, max_seconds: float | None = None
    ) -> Recommendation:
        """Which prompt, model or source dataset to use on a dataset, by all that is known.

        Args:
            question: 'prompt', 'model' or 'source'.
            dataset: name of the dataset.
            max_cost: the most that 1,000 answers may cost; None for any.
            max_seconds: the most that 1,000 answers may take, at the median of the seconds per answer; None for any.

        Returns:
            what to do in words, by the release and by what was tried since, and the candidates by rank; see
            `taskatlas.recommend.recommendation`.

        Raises:
            UnknownNameError: there is no such question or dataset.
            InputError: `max_cost` is no cost, or `max_seconds` no time.
            StoreError: there is no release yet, or it is older than recommendations.
        """
        from taskatlas.plan.since import tried_since
        from taskatlas.recommend.recommendation import recommend

        reader = self._reader
        found = recommend(reader, question, dataset, max_cost, max_seconds)
        since = tried_since(ProjectFolders(self.folder), question, dataset, reader.names("release")[-1])
        return replace(found, tried_since=since)

    def advise(self, texts: str | Iterable[str], labels: Iterable[str] | None = None) -> Advice:
        """Which subjects and datasets to try on texts of one's own, computed here; nothing of them is kept.

        Args:
            texts: at most 200, as a list, an array or a column of a frame; or what the dashboard's page takes: one text
                per line, its label after a tab or ` | `.
            labels: one per text; 4 texts of 2 classes or more.

        Returns:
            tables and notes; see `taskatlas.advice.advice`.

        Raises:
            InputError: too many texts or too few, or labels that do not fit them.
            StoreError: there is no release yet, or its surrogate is not the card's any more.
            TaskatlasError: the extra `run` is not installed.
        """
        with needed():
            from taskatlas.advice.adviser import Adviser
            from taskatlas.advice.texts import own_texts, parse

        own = parse(texts) if isinstance(texts, str) and labels is None else own_texts(texts, labels)
        return Adviser.of(self.folder, self._reader).advise(own)

    def embeddings(self, method: str | None = None) -> Embeddings:
        """The vectors of one method's space, or of all spaces.

        Raises:
            UnknownNameError: no vector was made by that method.
        """
        return Embeddings(self._reader.embeddings(method))

    def releases(self) -> pa.Table:
        """The published releases, newest last."""
        return self._reader.releases()

    @property
    def _reader(self) -> Reader:
        from taskatlas.store.reader import Reader

        return Reader(ProjectFolders(self.folder).catalog)


def open_atlas(folder: Path | str | None = None) -> Atlas:
    """The atlas of a project; of the starter project where no folder is given.

    Raises:
        CardError: the folder holds no project.
    """
    return Atlas(find_project(Path(folder) if folder is not None else None))
