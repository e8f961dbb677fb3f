"""The rows of the table `recommendations`: the candidates of each question on each dataset, in their order."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from taskatlas.recommend.baseline import label_called
from taskatlas.recommend.candidates import Candidate
from taskatlas.recommend.evidence import DatasetEvidence
from taskatlas.recommend.merits import Floats
from taskatlas.recommend.posterior import Estimate
from taskatlas.recommend.rank import Ranked, ranked
from taskatlas.recommend.words import REPORTED

Row = dict[str, Any]


class LearntFirst(NamedTuple):
    """What was measured of a dataset after another one, its source, was learnt first.

    Attributes:
        estimate: of the score.
        merits: what each of the n test texts adds to it, float64 [n]; NaN where the source holds the text.
        gain: what that is more than without the source, in words.
    """

    estimate: Estimate
    merits: Floats
    gain: str


class ReportedGain(NamedTuple):
    """What somebody else measured of a dataset after another one was learnt first.

    Attributes:
        order: the mean over setups of the share of other sources that gained less, in [0, 1].
        better: in so many setups the source was a gain.
        setups: in which it was measured.
    """

    order: float
    better: int
    setups: int


@dataclass(frozen=True)
class KnownSources:
    """What is known of datasets as sources.

    Attributes:
        likeness: dataset → source → what it promises by vectors; higher is better.
        taught: the subjects that have seen labels of a dataset, by its name.
        transfers: target → source → what was measured here; where there is some, no subject stands in for any.
        reported: target → source → what somebody else measured; it counts where nothing was measured here.
    """

    likeness: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    taught: Mapping[str, set[str]] = field(default_factory=dict)
    transfers: Mapping[str, Mapping[str, LearntFirst]] = field(default_factory=dict)
    reported: Mapping[str, Mapping[str, ReportedGain]] = field(default_factory=dict)


def rows_of(
    known: Mapping[str, DatasetEvidence],
    models: Mapping[str, str],
    sources: KnownSources,
) -> Iterator[Row]:
    """Yield all rows.

    Args:
        known: the evidence on every dataset, by its name.
        models: the model of every subject, by its name; one of which only scores are known is its own model.
        sources: what is known of datasets as sources.
    """
    orders = {
        name: ranked(each.candidates, each.merits, each.of_baseline, each.baseline) for name, each in known.items()
    }
    for dataset, evidence in known.items():
        yield from _prompts(dataset, evidence, orders[dataset])
        yield from _models(models, dataset, evidence, orders[dataset])
        near = sources.likeness.get(dataset, {})
        if measured := sources.transfers.get(dataset):
            yield from _measured_sources(dataset, evidence, measured, near, orders.keys() - {dataset})
        elif reported := sources.reported.get(dataset):
            yield from _reported_sources(dataset, evidence, reported, near, orders.keys() - {dataset})
        else:
            yield from _sources(dataset, evidence, orders, near, sources.taught)


def _prompts(dataset: str, evidence: DatasetEvidence, order: Sequence[Ranked]) -> Iterator[Row]:
    for each in order:
        name = each.candidate.name
        yield _row("prompt", dataset, evidence, each, subject=name, note=evidence.notes.get(name))


def _models(
    models: Mapping[str, str], dataset: str, evidence: DatasetEvidence, order: Sequence[Ranked]
) -> Iterator[Row]:
    """Each model by the first of its subjects."""
    seen: set[str] = set()
    for each in order:
        subject = each.candidate.name
        model = models.get(subject, subject)
        if model not in seen:
            seen.add(model)
            row = _row("model", dataset, evidence, each, subject=subject, note=evidence.notes.get(subject))
            yield row | {"candidate": model, "rank": len(seen)}


def _sources(
    dataset: str,
    evidence: DatasetEvidence,
    orders: Mapping[str, Sequence[Ranked]],
    likeness: Mapping[str, float],
    taught: Mapping[str, set[str]],
) -> Iterator[Row]:
    """Each other dataset by the subject that shows what it is good for here; in order of likeness where none does."""
    here = [each.candidate.name for each in orders[dataset] if each.candidate.posterior is not None]
    subjects: dict[str, str | None] = {}
    notes: dict[str, str] = {}
    for source in sorted(orders.keys() - {dataset}, key=lambda name: (-likeness.get(name, -math.inf), name)):
        fitted = [subject for subject in here if subject in taught.get(source, ())]
        does_well = _best_there(orders[source], set(here) - taught.get(dataset, set()))
        subjects[source] = fitted[0] if fitted else does_well
        notes[source] = "fitted on it" if fitted else "best there" if does_well else "no subject links the two"
    known = {source: subject for source, subject in subjects.items() if subject is not None or source in likeness}
    candidates, merits = evidence.standing_in(known)
    for each in ranked(candidates, merits, evidence.of_baseline, evidence.baseline):
        source = each.candidate.name
        row = _row("source", dataset, evidence, each, subject=known[source], note=notes[source])
        yield row | {"similarity": likeness.get(source)}


def _measured_sources(
    dataset: str,
    evidence: DatasetEvidence,
    measured: Mapping[str, LearntFirst],
    likeness: Mapping[str, float],
    sources: Collection[str],
) -> Iterator[Row]:
    """Each other dataset by what was measured after it; those of which nothing was, in order of likeness."""
    names = sorted({*measured, *sources}, key=lambda name: (-likeness.get(name, -math.inf), name))
    there = {name: measured[name].estimate for name in names if name in measured}
    candidates = [Candidate(name, evidence.metric, there.get(name)) for name in names]
    merits = np.full((len(names), evidence.merits.shape[1]), np.nan)
    for place, name in enumerate(names):
        if name in measured:
            merits[place] = measured[name].merits
    for each in ranked(candidates, merits, evidence.of_baseline, evidence.baseline):
        source = each.candidate.name
        note = measured[source].gain if source in measured else "not measured as a source"
        row = _row("source", dataset, evidence, each, subject=None, note=note)
        yield row | {"similarity": likeness.get(source)}


def _reported_sources(
    dataset: str,
    evidence: DatasetEvidence,
    reported: Mapping[str, ReportedGain],
    likeness: Mapping[str, float],
    sources: Collection[str],
) -> Iterator[Row]:
    """Each other dataset by what somebody else measured after it; the others after those, in order of likeness. Their
    gains are no scores here."""

    def order(name: str) -> tuple[float, float, str]:
        beaten = reported[name].order if name in reported else -1.0
        return -beaten, -likeness.get(name, -math.inf), name

    names = sorted(sources, key=order)
    candidates = [Candidate(name, evidence.metric, None) for name in names]
    merits = np.full((len(names), evidence.merits.shape[1]), np.nan)
    for each in ranked(candidates, merits, evidence.of_baseline, evidence.baseline):
        source = each.candidate.name
        gain = reported.get(source)
        note = f"{REPORTED}a gain in {gain.better} of {gain.setups} setups" if gain else "not reported"
        row = _row("source", dataset, evidence, each, subject=None, note=note)
        yield row | {"similarity": likeness.get(source)}


def _best_there(order: Sequence[Ranked], allowed: set[str]) -> str | None:
    """The first measured subject of another dataset's order that something is known of here. What was fitted on the
    dataset itself says nothing of the other one."""
    names = (each.candidate.name for each in order if each.candidate.measured is not None)
    return next((name for name in names if name in allowed), None)


def _row(
    question: str, dataset: str, evidence: DatasetEvidence, each: Ranked, *, subject: str | None, note: str | None
) -> Row:
    candidate, baseline = each.candidate, evidence.baseline
    known, expected = candidate.known, candidate.posterior
    row = {"question": question, "dataset": dataset, "candidate": candidate.name, "rank": each.rank}
    row |= {"verdict": each.verdict, "evidence": candidate.evidence, "subject": subject, "metric": candidate.metric}
    row |= {name: getattr(expected, name) if expected else None for name in ("expected", "low", "high")}
    row |= {"known": known.estimate.value if known else None, "known_from": ", ".join(known.cards) if known else None}
    estimates = {name: getattr(candidate, name) for name in ("measured", "tried", "forecast")}
    row |= {name: estimate.value if estimate else None for name, estimate in estimates.items()} | {"n": candidate.n}
    if baseline.only is not None:
        what = label_called(evidence.metric)
        note = f"the test split holds one {what} alone, {baseline.only}, so scores there tell nothing"
        return row | {"baseline": None, "baseline_label": None, "note": note}
    return row | {"baseline": baseline.score, "baseline_label": baseline.label, "note": note}
