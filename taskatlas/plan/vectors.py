"""What the embed stage owes: every vector of a space, and the check of its seeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from taskatlas.embed.tuned.method import TunedMethod
from taskatlas.plan.items import AnswerSet, TextSet, Vector
from taskatlas.plan.project import Project
from taskatlas.plan.spaces import Space
from taskatlas.schemas.graph import GRAPH


@dataclass(frozen=True)
class SpacePlan:
    """All that a space owes.

    Attributes:
        space: the space; its basis is pinned.
        vectors: every vector, of datasets and then of subjects.
        sample: the subjects that seeds are tried on.
        seed_check: key of what came of that; None for closed forms, or where there is nothing to compare.
    """

    space: Space
    vectors: tuple[Vector, ...]
    sample: tuple[Vector, ...]
    seed_check: str | None


def plan_space(
    project: Project, space: Space, basis_id: str, text_sets: Sequence[TextSet], answer_sets: Iterable[AnswerSet]
) -> SpacePlan:
    """Return what a space owes.

    Args:
        project: the project.
        space: the space.
        basis_id: content hash of what it has pinned.
        text_sets: everything that was ingested, the corpus last.
        answer_sets: every answer set that is owed.
    """
    *datasets, corpus = text_sets
    vectors = [*_of_datasets(space, basis_id, datasets)]
    if space.method.reads_outputs:  # else all subjects would get the same vector, as they answer the same texts
        vectors += _of_subjects(project, space, basis_id, datasets, answer_sets)
    sample = _sample(project, vectors)
    keys = [vector.key for vector in sample]
    check = isinstance(space.method, TunedMethod) and len(keys) > 1
    return SpacePlan(
        space, tuple(vectors), tuple(sample), GRAPH["seed_checks"].key(corpus.content_id, keys) if check else None
    )


def _of_datasets(space: Space, basis_id: str, datasets: Iterable[TextSet]) -> Iterator[Vector]:
    for text_set in datasets:
        key = GRAPH["embeddings"].key(space.space_id, basis_id, "dataset", text_set.name, text_set.content_id)
        yield Vector("dataset", text_set.name, text_set.content_id, key)


def _of_subjects(
    project: Project, space: Space, basis_id: str, datasets: Iterable[TextSet], answer_sets: Iterable[AnswerSet]
) -> Iterator[Vector]:
    content_ids = {text_set.name: text_set.content_id for text_set in datasets}
    for answers in answer_sets:
        if answers.text_set[0] == "corpus":
            key = GRAPH["embeddings"].key(space.space_id, basis_id, "subject", answers.key)
            mapping = project.subjects[answers.subject].mapping
            raw = _raw_forecasts_key(key, content_ids, mapping) if space.method.forecasts else None
            yield Vector("subject", answers.subject, answers.subject_id, key, raw, answers.key)


def _raw_forecasts_key(vector: str, datasets: Mapping[str, str], mapping: Mapping[str, Mapping[str, str]]) -> str:
    """The key of a subject's forecasts: its student, the datasets, and how labels are mapped."""
    return GRAPH["raw_forecasts"].key(vector, datasets, {name: dict(labels) for name, labels in mapping.items()})


def _sample(project: Project, vectors: Iterable[Vector]) -> list[Vector]:
    """The subjects that seeds are tried on: some that depend on nothing but their content."""
    subjects = sorted((vector for vector in vectors if vector.kind == "subject"), key=lambda vector: vector.key)
    return subjects[: project.registry.project.tuning.seed_check]
