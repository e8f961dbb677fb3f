"""The tables of vectors: spaces, embeddings, their neighbours and the pictures of them."""

from __future__ import annotations

import pyarrow as pa

from taskatlas.schemas.columns import FLOATS, column, count, number, table, text

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
    text("layout", "'umap' or 'pca': how the picture in maps was made; null in older releases.", nullable=True),
    number(
        "trustworthiness",
        "How far the picture's neighbours are the space's, by cosine, from 0 to 1 (Venna & Kaski 2001): the 5 nearest, "
        "fewer where there are fewer than 11 entities; null for fewer than 3, and in older releases.",
        nullable=True,
    ),
    text(
        "map_id",
        "Content hash of what its picture is made from: its vectors and the layout; null in older releases.",
        nullable=True,
    ),
)
COORDINATES = table(
    "coordinates",
    "how near a subject is to a dataset in a space: all rows of a subject describe it by named datasets",
    "space subject dataset",
    _SPACE,
    _METHOD,
    text("subject", "Name of the subject."),
    text("dataset", "Name of the dataset."),
    number("cosine", "Cosine of the two vectors, as similarity in neighbors is; 0 where one has no length."),
    number(
        "coordinate",
        "Cosine of the two vectors less the mean vector of the space: what all entities share does not count. Null in "
        "a space of fewer than 3 entities, and of an entity that is the mean.",
        nullable=True,
    ),
)
"""What a catalog makes of the embeddings of a release."""
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
MAPS = table(
    "maps",
    "the position of a dataset or subject in the picture of its space",
    "space entity_kind entity",
    _METHOD,
    _SPACE,
    _KIND,
    _ENTITY,
    number("x", "To the right; pictures of different releases lie upon each other."),
    number("y", "Upwards; in a space's first picture the root mean square distance from the origin is 1."),
)
REGIONS = table(
    "regions",
    "the region of a space in which a dataset or subject lies: entities whose vectors are near each other",
    "space entity_kind entity",
    _METHOD,
    _SPACE,
    _KIND,
    _ENTITY,
    text(
        "region",
        "Its name: the family that most members are of or meant for, and the most central member. It changes where the "
        "members do.",
    ),
    number("centrality", "Cosine with the region's centre, both seen from the mean of the space."),
    count("rank", "1 is the most central of the region."),
    count("members", "Datasets and subjects in the region."),
)
TRAJECTORIES = table(
    "trajectories",
    "where a subject lay in a space in one release: all rows of a subject are its path",
    "space basis_id subject release",
    _SPACE,
    _METHOD,
    text("basis_id", "Content hash of the pinned basis: vectors of another basis are the path of another subject."),
    text("subject", "Name of the subject."),
    text("release", "Tag of the release: v1, v2, ..."),
    number("to_previous", "Cosine with its vector in the release before; null in its first one.", nullable=True),
    number("to_first", "Cosine with its vector in the first release that has one."),
    text("region", "The region in which it lies, as in `regions`; null in older releases.", nullable=True),
    text("nearest", "The dataset that is nearest, as in `neighbors`; null where there is none.", nullable=True),
    number("similarity", "Cosine with that dataset.", nullable=True),
)
"""What a catalog makes of the embeddings of all releases that it holds."""
