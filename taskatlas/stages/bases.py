"""Bases: what is pinned for each space, and the texts that vectors are made from."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from taskatlas.embed.basis import Array, arrays_id
from taskatlas.embed.method import Inputs
from taskatlas.errors import StoreError
from taskatlas.plan.items import TextSet
from taskatlas.plan.project import Project
from taskatlas.plan.spaces import Space
from taskatlas.predict.predict import distinct
from taskatlas.predict.surrogate import Surrogate
from taskatlas.schemas.inputs import second_text
from taskatlas.schemas.tables import TABLES


def pin(project: Project, space: Space, corpus: TextSet, device: str, published: Collection[str] = ()) -> None:
    """Make the basis, or the initialisation, of a new space from the corpus as it is now, and keep it for good.

    It is never made anew from another corpus, or vectors of different releases could not be compared.

    Args:
        project: the project.
        space: the space.
        corpus: the ingested corpus.
        device: as in `predict.device.choose_device`.
        published: content hashes of the bases with which vectors of the space were published; where there are some, the
            basis was lost, and what is made now has to be one of them.

    Raises:
        StoreError: the basis was lost, and the corpus of today does not give it again.
    """
    examples = project.parts.read("examples", corpus.examples)
    pinned = dict(space.method.pin(inputs(project, examples, device)))
    basis_id = arrays_id(pinned)
    if published and basis_id not in published:
        raise StoreError(
            f"the basis of the space {space.name} is lost, and vectors that were published were made with it: new ones "
            "could not be compared with them, and the corpus of today does not give it again",
            where=str(project.parts.path("bases", space.space_id, ".npz")),
            todo=f"put it back from a backup, or begin the space anew with `taskatlas invalidate {space.name}`",
        )
    project.parts.write_arrays("bases", space.space_id, pinned)
    made_from = {"basis_id": basis_id, "corpus_id": corpus.content_id}
    project.parts.write("bases", space.space_id, pa.table({}), made_from)


def pinned_of(project: Project, space: Space) -> dict[str, Array]:
    """Return what a space has pinned, float32."""
    arrays = project.parts.read_arrays("bases", space.space_id)
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}


def inputs(project: Project, examples: pa.Table, device: str) -> Inputs:
    """Return examples as methods see them, in their order."""
    surrogate = surrogate_of(project, device)
    return Inputs(
        surrogate.prefixed([(example.text, second_text(example)) for example in distinct(examples)]),
        lambda: features(project, examples, device),
        surrogate.to_tune,
        project.registry.surrogate.name,
    )


def surrogate_of(project: Project, device: str) -> Surrogate:
    """Return the project's surrogate."""
    return Surrogate(project.registry.surrogate, project.folder, project.parts, device)


def features(project: Project, examples: pa.Table, device: str) -> Array:
    """Return examples in the surrogate: its pooled layers, float32 [n, L, d], in their order."""
    return surrogate_of(project, device).features(distinct(examples))


def output_vectors(project: Project, texts: Sequence[str], device: str) -> Array:
    """Return ψ of output texts: float32 [C, d], each of unit length."""
    return surrogate_of(project, device).psi(texts)


def space_row(project: Project, space: Space, dim: int, measured: Mapping[str, Any]) -> pa.Table:
    """Return a space as a row of the table spaces; `measured` holds the columns of its seed check and its picture."""
    surrogate = project.registry.surrogate
    made_from = project.parts.manifest("bases", space.space_id)
    row = {
        "space": space.name,
        "space_id": space.space_id,
        "surrogate": surrogate.name,
        "revision": surrogate.weights.revision,
        "method": space.method.name,
        "settings": json.dumps(space.method.settings, sort_keys=True),
        "basis_id": made_from["basis_id"],
        "basis_corpus_id": made_from["corpus_id"],
        "dim": dim,
        **measured,
    }
    return pa.Table.from_pylist([row], schema=TABLES["spaces"].schema)
