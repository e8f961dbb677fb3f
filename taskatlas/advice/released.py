"""Read what advice on texts of one's own is computed from: one release, and the spaces that it was embedded in.

The release is read by its name (`"examples@v3"`), so that what is read in several queries is of one release, though a
newer one may be published meanwhile. Nothing is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from taskatlas.embed import CLOSED_FORMS, METHODS, Options
from taskatlas.embed.basis import Array, Basis
from taskatlas.embed.method import AXES, Axes, ClosedForm
from taskatlas.errors import DamagedPartError, StoreError
from taskatlas.plan.spaces import space_id_of
from taskatlas.predict.model import Example
from taskatlas.predict.predict import distinct
from taskatlas.project.folders import ProjectFolders
from taskatlas.registry.load import load
from taskatlas.schemas.encoding import SurrogateCard

if TYPE_CHECKING:
    from taskatlas.store.reader import Reader

_TAG = re.compile(r"v\d+")
_CORPUS = """
SELECT text_id, text, text_pair, fields, choices, origin_kind
FROM "examples@" WHERE origin_kind = 'corpus' ORDER BY text_id
"""
_PUBLISH = "run `taskatlas run`, which publishes a release as the cards are now"


@dataclass(frozen=True)
class Released:
    """One release.

    Attributes:
        name: its tag.
        reader: of the project's catalog.
    """

    name: str
    reader: Reader

    @classmethod
    def of(cls, reader: Reader) -> Released:
        """Open the reader's release, or the newest if it names none.

        Raises:
            StoreError: there is none, or the catalog cannot be read.
        """
        names = (
            [reader.release]
            if reader.release
            else reader.sql("SELECT release FROM releases ORDER BY length(release), release")["release"].to_pylist()
        )
        if not names or not _TAG.fullmatch(names[-1]):
            raise StoreError("there is no release yet", where=str(reader.catalog), todo="run `taskatlas run`")
        return cls(names[-1], reader)

    def sql(self, query: str, params: Mapping[str, Any] | Sequence[Any] = ()) -> pa.Table:
        """Run a query that names the release's tables as `"NAME@"`.

        Raises:
            StoreError: the release is there no more, or cannot be read.
        """
        return self.reader.sql(query.replace('@"', f'@{self.name}"'), params)

    def methods(self) -> list[str]:
        """Return the methods of the release's spaces, which a run has to name, or the next release would lack them."""
        names: list[str] = self.sql('SELECT DISTINCT method FROM "spaces@" ORDER BY method')["method"].to_pylist()
        return names

    def corpus(self) -> list[Example]:
        """Return the texts of the corpus in the order in which they were ingested, by which residuals are drawn."""
        return distinct(self.sql(_CORPUS))


@dataclass(frozen=True)
class OwnSpace:
    """A space of the release in which texts of one's own can be embedded.

    Attributes:
        method: as it was when the release was made.
        basis: as it was pinned.
        datasets: names of the N datasets that have a vector in it.
        vectors: of these, float32 [N, dim], of unit length.
    """

    method: ClosedForm
    basis: Basis
    datasets: tuple[str, ...]
    vectors: Array


def spaces_of(released: Released, folder: Path) -> tuple[SurrogateCard, dict[str, OwnSpace]]:
    """Read the surrogate's card, and the release's spaces of methods in closed form, by method.

    Raises:
        CardError: the project's cards do not hold together.
        StoreError: the surrogate's card is gone or changed since the release, or a basis is missing.
    """
    rows = released.sql('SELECT * FROM "spaces@"').to_pylist()
    rows = [row for row in rows if row["method"] in CLOSED_FORMS]
    where = f"release {released.name}"
    if not rows:
        *others, last = CLOSED_FORMS
        todo = f"run `taskatlas run --methods {','.join([*CLOSED_FORMS, *released.methods()])}`"
        raise StoreError(f"it holds no vectors of {', '.join(others)} or {last}", where=where, todo=todo)
    surrogate = load(folder).surrogates.get(rows[0]["surrogate"])
    if surrogate is None:
        raise StoreError(f"its surrogate {rows[0]['surrogate']!r} has no card now", where=where, todo=_PUBLISH)
    spaces = {}
    for row in rows:
        name, axes = row["method"], _axes(json.loads(row["settings"]))
        if space_id_of(surrogate, METHODS[name](Options(axes))) != row["space_id"]:
            what = f"its surrogate {surrogate.name!r}, or how vectors are made, has changed since"
            raise StoreError(what, where=where, todo=_PUBLISH)
        basis = _basis(folder, row, where)
        spaces[name] = OwnSpace(CLOSED_FORMS[name](axes), basis, *_datasets(released, row["space"], row["dim"]))
    return surrogate, spaces


def _basis(folder: Path, space: Mapping[str, Any], where: str) -> Basis:
    """Read the basis of a row of the table spaces.

    A run makes a basis anew that is gone or was set aside. It does not look into one that can be read.
    """
    parts, key = ProjectFolders(folder).parts, space["space_id"]
    path, which = parts.path("bases", key, ".npz"), f"the basis of the {space['method']} vectors of {where}"
    anew = f"begin the space anew with `taskatlas invalidate {space['space']}` and `taskatlas run`"
    try:
        basis = Basis.from_arrays(parts.read_arrays("bases", key))
    except StoreError as error:
        todo = error.todo or f"put the file back from a backup, or {anew}"
        if isinstance(error, DamagedPartError):
            todo = f"run `taskatlas run`, which makes it anew; where that says that it is lost, {anew}"
        raise StoreError(f"{which} cannot be read ({error.what})", where=str(path), todo=todo) from error
    if basis.basis_id != space["basis_id"]:
        other = f"choose a release that was made in it, put the file back from a backup, or {anew}"
        raise StoreError(f"{which} is another one now", where=str(path), todo=other)
    return basis


def _axes(settings: Mapping[str, int]) -> Axes:
    return Axes(settings.get("input_axes", AXES.inputs), settings.get("output_axes", AXES.outputs))


def _datasets(released: Released, space: str, dim: int) -> tuple[tuple[str, ...], Array]:
    rows = released.sql(
        """SELECT entity, vector FROM "embeddings@" WHERE space = $1 AND entity_kind = 'dataset' ORDER BY entity""",
        (space,),
    )
    flat = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return tuple(rows["entity"].to_pylist()), np.asarray(flat, np.float32).reshape(rows.num_rows, dim)
