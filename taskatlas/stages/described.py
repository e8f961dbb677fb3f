"""Described datasets: what a description and the names of the classes say of a dataset without a text.

Descriptions are compared with those of the datasets that have data, and never with texts: who writes a description does
not write like the texts. Only the vector in the space `text` puts it among them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from taskatlas.analyze.completion.about import about
from taskatlas.analyze.completion.conformal import FEWEST
from taskatlas.analyze.completion.described import described_features
from taskatlas.analyze.completion.unseen import forecast
from taskatlas.analyze.similarity import cosines
from taskatlas.embed.basis import Array, Basis
from taskatlas.embed.method import last_layer, unit
from taskatlas.hashing import text_id
from taskatlas.plan.project import Project
from taskatlas.plan.spaces import space_of
from taskatlas.predict.model import Example
from taskatlas.recommend.described import rows_by_description
from taskatlas.recommend.posterior import Estimate
from taskatlas.recommend.rows import Row
from taskatlas.registry.scorable import obstacle
from taskatlas.schemas.cards import DatasetCard, DescribedCard
from taskatlas.schemas.tables import TABLES
from taskatlas.stages import bases

Floats = npt.NDArray[np.float64]
Measured = Mapping[tuple[str, str], float]
"""(subject, dataset) → accuracy."""
FEW = 3
"""Datasets that must be measured before a description says anything of another one."""
SUBJECTS, DATASETS = 100, 50
"""The most that a forecast rests on, those with most scores: a few seconds."""
FEW_WORDS = 5
SPACE = "text"
"""The method of which a description makes a vector: the others need to see what is answered to which text."""


def described(project: Project, inputs: Mapping[str, Sequence[str]]) -> pa.Table:
    """Return the table described.

    Args:
        project: the project.
        inputs: keys of the parts that it is made from, by kind; of bases their content hashes.
    """
    cards = project.registry.described
    space, vectors = space_of(project.registry, SPACE), _vectors(project, inputs["bases"])
    known = sorted(project.registry.datasets)
    alike = _alike(project, known, list(cards)) if known and cards else None
    rows = []
    for place, (name, card) in enumerate(cards.items()):
        said: Row = {"dataset": name, "description": card.description, "instructions": card.instructions}
        said |= {"license": card.license, "language": card.language, "labels": list(card.labels)}
        said |= {"space": space.name if name in vectors else None, "vector": vectors.get(name)}
        if alike is not None:
            nearest = int(alike[place].argmax())
            said |= {"nearest": known[nearest], "similarity": float(alike[place, nearest])}
        rows.append(said)
    return pa.Table.from_pylist(rows, schema=TABLES["described"].schema)


def described_rows(project: Project, measured: Measured, models: Mapping[str, str]) -> list[Row]:
    """Return the rows of the table recommendations on datasets of which there is a description alone.

    Args:
        project: the project.
        measured: the accuracy of subjects on datasets of classes.
        models: the model of every subject.
    """
    registry, rows = project.registry, list[Row]()
    for name, card in registry.described.items():
        able = [
            subject.name
            for subject in project.subjects.values()
            if obstacle(card, subject, registry.labels(subject), registry.output_kind(subject)) is None
        ]
        expected, datasets, scores = _expected(project, name, able, measured)
        rows += rows_by_description(name, expected, models, _note(card, datasets, scores), _unmeasured(datasets))
    return rows


def document(card: DatasetCard | DescribedCard) -> str:
    """Return what a card says of what a text is and what is asked, as one text."""
    instructions = card.instructions if isinstance(card, DescribedCard) else None
    labels = f"Labels: {', '.join(card.class_labels)}" if card.class_labels else None
    return "\n".join(part for part in (card.description, instructions, labels) if part)


def _expected(
    project: Project, name: str, able: Sequence[str], measured: Measured
) -> tuple[dict[str, Estimate | None], int, int]:
    """What each able subject may reach, and how many datasets and scores that rests on."""
    by_count = _by_count([dataset for _, dataset in measured])[:DATASETS]
    there = {case: value for case, value in measured.items() if case[1] in by_count}
    counts = _by_count([subject for subject, _ in there])
    able_first = sorted(counts, key=lambda subject: subject not in able)
    subjects, datasets = sorted(able_first[:SUBJECTS]), sorted(by_count)
    if len(datasets) < FEW or not set(subjects) & set(able):
        return dict.fromkeys(able), len(datasets), 0
    scores: Floats = np.full((len(subjects), len(datasets) + 1), np.nan)
    for (subject, dataset), value in there.items():
        if subject in subjects:
            scores[subjects.index(subject), datasets.index(dataset)] = value
    cards: list[DatasetCard | DescribedCard] = [project.registry.datasets[each] for each in datasets]
    cards.append(project.registry.described[name])
    said = _encoded(project, [document(card) for card in cards])
    features = described_features(said, [_encoded(project, card.class_labels) for card in cards])
    found = forecast(scores, about(subjects, len(cards), features))
    held = np.isfinite(scores).sum(axis=1)
    ends = np.stack([found.value, found.low, found.high])[:, :, 0].T.tolist()
    expected = {
        subject: Estimate(value, low, high, int(n))
        for subject, (value, low, high), n in zip(subjects, ends, held, strict=True)
    }
    return {subject: expected.get(subject) for subject in able}, len(datasets), int(held.sum())


def _by_count(names: Sequence[str]) -> list[str]:
    """Names, the commonest first."""
    return [name for name, _ in Counter(sorted(names)).most_common()]


def _note(card: DescribedCard, datasets: int, scores: int) -> str:
    words = len(card.description.split()) + len((card.instructions or "").split())
    short = f"; {words} words say little: tell what a text is and what is asked" if words < FEW_WORDS else ""
    width = "as wide as it takes where each of these is left out and known by its description"
    if scores < FEWEST:
        width = f"assumed, as it takes {FEWEST} scores to say how wide it has to be, and there are {scores}"
    return (
        f"from its description alone, no text of it was read: what {datasets} measured datasets lead one to expect; "
        f"the interval is {width}{short}"
    )


def _unmeasured(datasets: int) -> str:
    if datasets < FEW:
        return f"{datasets} measured datasets are too few to go by a description: it takes {FEW}"
    return "it was measured on no dataset, so a description says nothing of it"


def _vectors(project: Project, published: Sequence[str]) -> dict[str, list[float]]:
    """The vectors of described datasets, by name; none where the run has no space of that method."""
    space, cards = space_of(project.registry, SPACE), project.registry.described
    if not cards or not project.parts.has("bases", space.space_id):
        return {}
    if project.parts.manifest("bases", space.space_id)["basis_id"] not in published:
        return {}
    mean = Basis.from_arrays(bases.pinned_of(project, space)).input_mean
    said = _encoded(project, [document(card) for card in cards.values()])
    return {name: vector.tolist() for name, vector in zip(cards, unit(said - mean), strict=True)}


def _alike(project: Project, known: Sequence[str], asked: Sequence[str]) -> Array:
    """Cosines of the descriptions of datasets without data with those of the others, float32 [asked, known]."""
    registry = project.registry
    of_known = _encoded(project, [document(registry.datasets[name]) for name in known])
    of_asked = _encoded(project, [document(registry.described[name]) for name in asked])
    return cosines(of_asked, of_known)


def _encoded(project: Project, texts: Sequence[str]) -> Array:
    """Texts in the surrogate, float32 [n, d]."""
    examples = [Example(text_id(text), text) for text in texts]
    return last_layer(bases.surrogate_of(project, "cpu").features(examples))
