"""python -m benchmarks.siblings: is the dataset nearest to a dataset one of its own family?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks import hidden
from benchmarks.bank import Dataset, Text, corpus, load
from benchmarks.features import Features
from benchmarks.report import Section, shown, write
from benchmarks.spaces import Spaces
from taskatlas.analyze.metrics import sibling_shares, siblings
from taskatlas.analyze.similarity import cosines
from taskatlas.embed import CLOSED_FORMS
from taskatlas.embed.outputs import Outputs, from_labels, from_numbers

SUMMARY = (
    "Nearest by cosine among all other members, from at most 400 labelled train texts per dataset; surrogate "
    "all-MiniLM-L6-v2; corpus of 100 texts per family. Labels used: those of the members' train texts. No subject is "
    "involved. Intervals: 90%, bootstrap over members."
)

FAMILIES = (
    "Members: the 20 datasets. Asked of those whose family in tasks.json has another member: sst2, mr, cr, mpqa "
    "(sentiment), sick, snli (inference). sick_score has the very texts of sick, and is of another family."
)
BY_TOPIC = (
    "Members: each dataset cut in two at the median, class by class, of its texts' widest principal axis, so that the "
    "halves are about different things; about 200 texts each. A hit is any half of the same family."
)
BY_CHANCE = "Members: each dataset cut in two by every other text; easy, as both halves are about the same things."

BY_DRAWS = (
    f"Members: the 20 datasets, of each at most {hidden.DRAWN} of its texts, drawn at random {hidden.DRAWS} times; hit "
    "rate over the six that have a sibling, with its 90% bootstrap interval over draws."
)

HIDDEN = "names hidden"
NAMES = "label names alone"
REMARK = (
    "Datasets of a family share label names, and crosscov and student read them; the row 'label names alone' is what "
    "that gives away. Whether vectors say more than names is what `benchmarks.choice` measures."
)


class Member(NamedTuple):
    """Labelled texts that get one vector: a dataset, or half of one."""

    name: str
    family: str
    texts: list[Text]
    labels: list[str | float]

    @property
    def outputs(self) -> Outputs:
        """Its labels."""
        if isinstance(self.labels[0], float):
            return from_numbers([float(label) for label in self.labels])
        names = [str(label) for label in self.labels]
        return from_labels(names, sorted(set(names)))


def whole(dataset: Dataset) -> list[Member]:
    """A dataset as it is."""
    return [Member(dataset.name, dataset.family, list(dataset.train.texts), list(dataset.train.labels))]


def halves(dataset: Dataset, group: Sequence[bool]) -> list[Member]:
    """A dataset cut in two; each half is the other's sibling."""
    rows = [[i for i, side in enumerate(group) if side == wanted] for wanted in (False, True)]
    texts, labels = dataset.train.texts, dataset.train.labels
    return [
        Member(f"{dataset.name}/{number}", dataset.family, [texts[i] for i in half], [labels[i] for i in half])
        for number, half in enumerate(rows)
    ]


def by_chance(dataset: Dataset) -> list[Member]:
    """Every other text in the other half."""
    return halves(dataset, [i % 2 == 1 for i in range(len(dataset.train.texts))])


def by_topic(features: Features) -> Callable[[Dataset], list[Member]]:
    """Cut each class at the median of the texts' widest principal axis, so that the halves are about different things
    and have the same share of every class."""

    def cut(dataset: Dataset) -> list[Member]:
        phi = features.of(dataset.train.texts)[:, -1]
        phi = phi / np.linalg.norm(phi, axis=1, keepdims=True)
        along = (phi - phi.mean(axis=0)) @ np.linalg.svd(phi - phi.mean(axis=0), full_matrices=False)[2][0]
        labels = dataset.train.labels
        classes = ["number" if isinstance(label, float) else label for label in labels]
        middle = {name: np.median([x for x, c in zip(along, classes, strict=True) if c == name]) for name in classes}
        return halves(dataset, [bool(x > middle[c]) for x, c in zip(along, classes, strict=True)])

    return cut


def nearest(spaces: Spaces, members: list[Member]) -> dict[str, dict[int, int]]:
    """Per method: member → its nearest, for members that have a sibling."""
    vectors = [spaces.of_dataset(member.texts, member.outputs) for member in members]
    families = [member.family for member in members]
    return {m: siblings(cosines(np.stack([v[m] for v in vectors])), families) for m in CLOSED_FORMS}


def by_names(spaces: Spaces, members: list[Member]) -> dict[str, dict[int, int]]:
    """As `nearest`, by the mean of ψ over the labels alone, blind to inputs: what label names give away."""
    outputs = [member.outputs for member in members]
    means = [spaces.features.phi(o.texts).T @ o.weights.mean(axis=0) for o in outputs]
    seen = np.stack(means) - spaces.spaces["text"].basis.output_mean
    return {NAMES: siblings(cosines(seen), [member.family for member in members])}


def without_family(
    datasets: dict[str, Dataset], features: Features, members: list[Member]
) -> dict[str, dict[int, int]]:
    """As `nearest`, each family's members in spaces whose corpus holds no text of that family."""
    nearest_others: dict[str, dict[int, int]] = {name: {} for name in CLOSED_FORMS}
    families = [member.family for member in members]
    for family in sorted({family for family in families if families.count(family) > 1}):
        near = nearest(Spaces(corpus(datasets, [family]), features), members)
        for name in CLOSED_FORMS:
            nearest_others[name] |= {index: other for index, other in near[name].items() if families[index] == family}
    return nearest_others


def names_hidden(features: Features, members: list[Member]) -> dict[str, dict[int, float]]:
    """Way → member → its hit, label names hidden."""
    texts = [hidden.labelled(member.texts, features.of(member.texts), member.outputs) for member in members]
    families = [member.family for member in members]
    return {way: sibling_shares(near, families) for way, near in hidden.similarities(texts).items()}


def draws(datasets: dict[str, Dataset], features: Features) -> Section:
    """The table of draws of 200 texts per dataset, label names hidden."""
    members = [member for dataset in datasets.values() for member in whole(dataset)]
    texts = {m.name: hidden.labelled(m.texts, features.of(m.texts), m.outputs) for m in members}
    rates = hidden.over_draws(texts, [member.family for member in members])
    rows = [(way, HIDDEN, shown(values), f"{min(values):.2f}") for way, values in rates.items()]
    return Section("Families, fewer texts", BY_DRAWS, ("method", "labels", "hit rate", "worst draw"), rows)


def section(
    title: str,
    definition: str,
    members: list[Member],
    by_kind: dict[str, dict[str, dict[int, int]]],
    hits_hidden: dict[str, dict[int, float]],
) -> Section:
    """One table: hits per method and corpus, and the rate of chance."""
    rows, remarks, families = [], [REMARK, hidden.REMARK], [member.family for member in members]
    for kind, near in by_kind.items():
        for name, pairs in near.items():
            hits = [float(families[i] == families[j]) for i, j in pairs.items()]
            rows.append((name, kind, f"{sum(hits):.0f} of {len(hits)}", shown(hits)))
            missed = [f"{members[i].name} → {members[j].name}" for i, j in pairs.items() if families[i] != families[j]]
            remarks += [f"{name}, {kind}: missed {', '.join(missed[:12])}"] if missed else []
    for way, of_way in hits_hidden.items():
        rows.append((way, HIDDEN, f"{sum(of_way.values()):.1f} of {len(of_way)}", shown(list(of_way.values()))))
        missed = [members[index].name for index, hit in of_way.items() if hit < 1]
        remarks += [f"{way}, {HIDDEN}: missed {', '.join(missed[:12])}"] if missed else []
    indices = next(iter(next(iter(by_kind.values())).values()))
    chance = [(families.count(families[i]) - 1) / (len(families) - 1) for i in indices]
    rows.append(("random", "–", f"{sum(chance):.1f} of {len(chance)}", shown(chance)))
    return Section(title, definition, ("method", "corpus", "hits", "hit rate"), rows, remarks)


def main() -> None:
    """Run, print and write results/siblings.*."""
    datasets, features = load(), Features()
    every = Spaces(corpus(datasets, []), features)
    sections: list[Section] = []
    plans: list[tuple[str, str, Callable[[Dataset], list[Member]]]] = [
        ("Families", FAMILIES, whole),
        ("Halves by topic", BY_TOPIC, by_topic(features)),
        ("Halves by chance", BY_CHANCE, by_chance),
    ]
    for title, definition, cut in plans:
        members = [member for dataset in datasets.values() for member in cut(dataset)]
        by_kind = {"all families": by_names(every, members) | nearest(every, members)}
        if cut is not by_chance:
            by_kind["without the asked family"] = without_family(datasets, features, members)
        sections.append(section(title, definition, members, by_kind, names_hidden(features, members)))
    write("siblings", SUMMARY, [*sections, draws(datasets, features)], {})


if __name__ == "__main__":
    main()
