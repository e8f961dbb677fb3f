"""What the embed stage owes: every vector of a space, and which of them are missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from taskatlas.hashing import digest, digest_set
from taskatlas.registry.registry import Subject
from taskatlas.stages import spaces, spread
from taskatlas.stages.context import Context
from taskatlas.stages.predict import units
from taskatlas.stages.spaces import Space
from taskatlas.stages.students import STUDENTS, students_key

EMBED_VERSION = 1
FLAGS = "flags"


@dataclass(frozen=True)
class Vector:
    """One vector that a space owes.

    Attributes:
        key: content hash of all that the vector depends on.
        students: key of the subject's part of forecasts; None for datasets and in other spaces.
        answers: key of the subject's answers to the corpus; None for datasets.
    """

    kind: str
    entity: str
    entity_id: str
    key: str
    students: str | None = None
    answers: str | None = None
    subject: Subject | None = None


@dataclass(frozen=True)
class Plan:
    """All vectors that a space owes, and those that are missing.

    Attributes:
        spread: key of how far seeds scatter in it; None for closed forms.
        unmeasured: whether that is missing.
    """

    space: Space
    vectors: tuple[Vector, ...]
    todo: tuple[Vector, ...]
    spread: str | None
    unmeasured: bool

    @property
    def missing(self) -> bool:
        """Whether anything is left to do."""
        return bool(self.todo) or self.unmeasured

    @property
    def key(self) -> str:
        """Key of the whole work."""
        parts = (self.spread, *(key for vector in self.vectors for key in (vector.key, vector.students)))
        return digest_set(key for key in parts if key)


def plan(context: Context, method: str) -> Plan:
    """What a method's space owes. Its basis must be pinned."""
    space = spaces.space_of(context, method)
    vectors = (*of_datasets(context, space), *of_subjects(context, space))
    todo = tuple(vector for vector in vectors if not _done(context, vector))
    scatter = spread.spread_key(context, space, [vector.key for vector in sample_of(context, vectors)])
    unmeasured = scatter is not None and not context.parts.has(spread.SPREAD, scatter)
    return Plan(space, vectors, todo, scatter, unmeasured)


def sample_of(context: Context, vectors: Sequence[Vector]) -> list[Vector]:
    """The subjects that seeds are tried on: some that depend on nothing but their content."""
    subjects = sorted((vector for vector in vectors if vector.kind == "subject"), key=lambda vector: vector.key)
    return subjects[: context.registry.project.tuning.spread]


def _done(context: Context, vector: Vector) -> bool:
    if context.parts.has(FLAGS, vector.key):
        return True
    has_students = vector.students is None or context.parts.has(STUDENTS, vector.students)
    return has_students and context.parts.has("embeddings", vector.key)


def of_datasets(context: Context, space: Space) -> Iterator[Vector]:
    """The vectors of datasets that a space owes."""
    pinned = spaces.pinned_id(context, space)
    for name, origin in context.datasets().items():
        key = digest("embedding", EMBED_VERSION, space.space_id, pinned, "dataset", name, origin.origin_id)
        yield Vector("dataset", name, origin.origin_id, key)


def of_subjects(context: Context, space: Space) -> Iterator[Vector]:
    """The vectors of subjects that a space owes; none where its method reads no outputs."""
    if not space.method.reads_outputs:
        return  # all subjects answer the same texts, so all would get the same vector
    pinned = spaces.pinned_id(context, space)
    for unit in units(context):
        if unit.origin.kind == "corpus":
            key = digest("embedding", EMBED_VERSION, space.space_id, pinned, "subject", unit.key)
            students = students_key(context, unit.subject, key) if space.method.name == "student" else None
            yield Vector("subject", unit.subject.name, unit.subject_id, key, students, unit.key, unit.subject)
