"""Spaces: which they are, what is pinned for each, and the texts that vectors are made from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from taskatlas.cards.files import PROJECT_FILE
from taskatlas.embed import METHODS, Options
from taskatlas.embed.basis import Array, arrays_id
from taskatlas.embed.method import Axes, Inputs, Method, last_layer
from taskatlas.embed.tuned.schedule import Tuning
from taskatlas.errors import UnknownNameError
from taskatlas.hashing import digest, text_id
from taskatlas.predict.encode import Encoder
from taskatlas.predict.features import features_for
from taskatlas.predict.identity import weights_content
from taskatlas.predict.model import Example
from taskatlas.predict.predict import distinct
from taskatlas.schemas.cards import Weights
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.context import Context

BASES = "bases"


@dataclass(frozen=True)
class Space:
    """A surrogate with a method and its settings; only vectors of one space may be compared.

    Attributes:
        name: `surrogate/method/` and the first characters of its id.
        space_id: content hash of the surrogate's weights, the method and its settings.
    """

    name: str
    space_id: str
    method: Method


def wanted_methods(context: Context, names: Sequence[str] | None = None) -> list[str]:
    """The methods that a run is asked for, else those of the project's card; each once and in their order.

    Raises:
        UnknownNameError: a name that is no method's.
    """
    wanted, where = (names, "") if names else (context.registry.project.methods, f"{PROJECT_FILE}: methods")
    for name in wanted:
        if name not in METHODS:
            raise UnknownNameError("method", name, METHODS, where=where)
    return list(dict.fromkeys(wanted))


def space_of(context: Context, method: str) -> Space:
    """The space that a method makes with the project's surrogate and settings."""
    project, surrogate = context.registry.project, context.registry.surrogate
    chosen = project.tuning.model_dump(exclude={"spread"})
    options = Options(Axes(project.input_axes, project.output_axes), Tuning(**chosen, seed=project.seed))
    made = METHODS[method](options)
    space_id = space_id_of(surrogate.weights, made)
    return Space(f"{surrogate.name}/{method}/{space_id[:8]}", space_id, made)


def space_id_of(weights: Weights, method: Method) -> str:
    """Content hash of the surrogate's weights, the method and its settings."""
    return digest("space", weights_content(weights), method.name, method.settings)


def is_pinned(context: Context, space: Space) -> bool:
    """Whether the space's basis or initialisation is pinned already."""
    return context.parts.has(BASES, space.space_id)


def pin(context: Context, space: Space, device: str) -> None:
    """Make the basis, or the initialisation, of a new space from the corpus as it is now, and keep it for good.

    It is never made anew, or vectors of different releases could not be compared.
    """
    if is_pinned(context, space):
        return
    corpus = context.parts.read("examples", context.corpus().examples)
    pinned = dict(space.method.pin(inputs(context, corpus, device)))
    context.parts.write_arrays(BASES, space.space_id, pinned)
    made_from = {"basis_id": arrays_id(pinned), "corpus_id": context.corpus().origin_id}
    context.parts.write(BASES, space.space_id, pa.table({}), made_from)


def pinned_of(context: Context, space: Space) -> dict[str, Array]:
    """What a space has pinned."""
    found = context.parts.read_arrays(BASES, space.space_id)
    return {name: np.asarray(array, np.float32) for name, array in found.items()}


def pinned_id(context: Context, space: Space) -> str:
    """Content hash of what a space has pinned, without reading it."""
    return str(context.parts.manifest(BASES, space.space_id)["basis_id"])


def inputs(context: Context, examples: pa.Table, device: str) -> Inputs:
    """Examples as methods see them, in their order."""
    surrogate = context.registry.surrogate
    return Inputs(
        [(example.text, example.text_pair) for example in distinct(examples)],
        lambda: features(context, examples, device),
        lambda: Encoder(surrogate.weights, context.folder, device),
        surrogate.name,
    )


def space_row(context: Context, method: str, dim: int, measured: Mapping[str, Any]) -> pa.Table:
    """The space of a method as a row of the table spaces; `measured` holds the columns of its spread and picture."""
    space, surrogate = space_of(context, method), context.registry.surrogate
    made_from = context.parts.manifest(BASES, space.space_id)
    row = {
        "space": space.name,
        "space_id": space.space_id,
        "surrogate": surrogate.name,
        "revision": surrogate.weights.revision,
        "method": method,
        "settings": json.dumps(space.method.settings, sort_keys=True),
        "basis_id": made_from["basis_id"],
        "basis_corpus_id": made_from["corpus_id"],
        "dim": dim,
        **measured,
    }
    return pa.Table.from_pylist([row], schema=TABLES["spaces"].schema)


def features(context: Context, examples: pa.Table, device: str) -> Array:
    """Examples in the surrogate: the mean-pooled layers, float32 [n, L, d], in their order."""
    weights = context.registry.surrogate.weights
    return features_for(weights, distinct(examples), context.parts, context.folder, device)


def output_vectors(context: Context, texts: Sequence[str], device: str) -> Array:
    """ψ of output texts: float32 [C, d], each of unit length."""
    asked = [Example(text_id(text), text) for text in texts]
    weights = context.registry.surrogate.weights
    return last_layer(features_for(weights, asked, context.parts, context.folder, device, layer=-1))
