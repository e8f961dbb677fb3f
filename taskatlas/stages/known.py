"""Known scores as evidence on the project's datasets: what somebody else measured there, and what that leads one to
expect of subjects that they measured elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from taskatlas.plan.project import Project
from taskatlas.recommend.known import Known, ReportedScore, in_another_setting, known_from
from taskatlas.recommend.posterior import Estimate
from taskatlas.schemas.cards import OF_PROJECT, DatasetCard


@dataclass(frozen=True)
class KnownOnDataset:
    """What is known on one dataset from elsewhere, whether or not the subjects are the project's.

    Attributes:
        subjects: all that stand on a card which knows a score here in the dataset's metric.
        scores: what somebody else measured here, by subject.
        forecasts: what is expected of those that they measured on other datasets only, by subject.
    """

    subjects: frozenset[str] = frozenset()
    scores: Mapping[str, Known] = field(default_factory=dict)
    forecasts: Mapping[str, Estimate] = field(default_factory=dict)


def known_on_datasets(project: Project, inputs: Mapping[str, Sequence[str]]) -> dict[str, KnownOnDataset]:
    """Return what is known from elsewhere by dataset, in the metric that its subjects are ranked by.

    Only names that are written alike are one dataset, or one subject.

    Args:
        project: the project.
        inputs: keys of the parts known_scores and completed_scores.
    """
    rows = [row for key in inputs["known_scores"] for row in project.parts.read("known_scores", key).to_pylist()]
    forecasts: dict[str, dict[str, Estimate]] = {}
    for key in inputs["completed_scores"]:
        for row in project.parts.read("completed_scores", key).to_pylist():
            there = Estimate(row["value"], row["low"], row["high"], row["n"])
            here = in_another_setting("accuracy", there.value, there.sd, there.n)
            forecasts.setdefault(row["dataset"], {})[row["subject"]] = here
    on_cards: dict[str, set[str]] = {}
    for row in rows:
        on_cards.setdefault(row["card"], set()).add(row["subject"])
    found = {}
    for name, card in project.registry.datasets.items():
        scores = _scores(card, [row for row in rows if row["dataset"] == name])
        beside = {subject for each in scores.values() for of in each.cards for subject in on_cards[of]}
        expected = forecasts.get(name, {}) if card.ranked_by == "accuracy" else {}
        found[name] = KnownOnDataset(frozenset(beside), scores, expected)
    return found


def _scores(card: DatasetCard, rows: Sequence[Mapping[str, Any]]) -> dict[str, Known]:
    """What is known on a dataset by subject, from rows of the table known_scores on it; those of other metrics are no
    evidence, nor are those of another project's surrogate."""
    found: dict[str, list[ReportedScore]] = {}
    for row in rows:
        if row["metric"] == card.ranked_by and card.ranked_by not in OF_PROJECT:
            found.setdefault(row["subject"], []).append(ReportedScore(row["card"], row["value"], row["n"]))
    return {subject: known_from(card.ranked_by, each) for subject, each in found.items()}
