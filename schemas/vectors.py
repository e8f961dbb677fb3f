"""The tables of vectors: spaces, embeddings and their neighbours."""

from __future__ import annotations

import pyarrow as pa

from schemas.columns import FLOATS, column, count, number, table, text

_SPACE = text("space", "Name of the space; only vectors of one space may be compared.")
_METHOD = text("method", "How the vector is made from inputs and outputs: text, crosscov, student, ...")
_KIND = text("entity_kind", "'dataset' or 'subject'.")
_ENTITY = text("entity", "Name of the dataset or subject.")

SPACES = table(
    "spaces",
    "a space: surrogate@revision, method and its settings, with the basis pinned when it was made",
    "space",
    _SPACE,
    text("space_id", "Content hash of the surrogate's weights, the method and its settings."),
    text("surrogate", "Name of the surrogate's card."),
    text("revision", "Pinned revision of the surrogate's weights."),
    _METHOD,
    text("settings", "The method's settings, as JSON."),
    text("basis_id", "Content hash of the pinned basis or initialisation."),
    text("basis_corpus_id", "corpus_id of the corpus that the basis was made from."),
    count("dim", "Length of the space's vectors."),
    count("full_dim", "Length before projection; null for closed forms.", nullable=True),
    number("projection_error", "Mean error of cosines by projection; null for closed forms.", nullable=True),
    number(
        "seed_cosine", "Mean cosine of a subject with itself under other seeds; null for closed forms.", nullable=True
    ),
    number(
        "subject_cosine", "Mean cosine of different subjects, the same seeds; null for closed forms.", nullable=True
    ),
)
EMBEDDINGS = table(
    "embeddings",
    "the vector of a dataset or a subject in a space",
    "space entity_kind entity",
    _KIND,
    _ENTITY,
    text("entity_id", "Content hash of the dataset or subject."),
    _METHOD,
    _SPACE,
    count("dim", "Length of the vector."),
    column("vector", FLOATS, "The vector, of unit length."),
    number("norm", "Length of the vector before it was scaled to unit length."),
    count("n", "Texts that the vector was made from."),
    column("seeds", pa.list_(pa.int64()), "Seeds of trained methods; empty for closed forms."),
    text("config_hash", "Content hash of everything that the vector depends on."),
    number("seconds", "Wall seconds that this vector took, without the work shared by all vectors."),
    text("device", "cpu, cuda or mps."),
)
NEIGHBORS = table(
    "neighbors",
    "one of an entity's nearest entities in a space",
    "space entity_kind entity neighbor_kind neighbor",
    _METHOD,
    _SPACE,
    _KIND,
    _ENTITY,
    text("neighbor_kind", "'dataset' or 'subject'."),
    text("neighbor", "Name of the nearby dataset or subject."),
    number("similarity", "Cosine of the two vectors."),
    count("rank", "1 is the nearest of its kind."),
)
