"""What is known of every subject on a dataset: measured and forecast scores, and its answers text by text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from taskatlas.plan.answers import can_score
from taskatlas.plan.items import AnswerSet, TextSet
from taskatlas.plan.project import Project
from taskatlas.recommend.baseline import Baseline, answer_in_brief, of_classes, of_numbers, of_texts
from taskatlas.recommend.candidates import Candidate
from taskatlas.recommend.evidence import UNFORECAST, DatasetEvidence
from taskatlas.recommend.merits import Floats
from taskatlas.recommend.posterior import Estimate
from taskatlas.schemas.cards import DatasetCard
from taskatlas.stages.known import KnownOnDataset
from taskatlas.stages.predict import split_of
from taskatlas.stages.scoring import AnsweredTexts, answered_texts, merits_of, only_label
from taskatlas.stages.tried import tried_on
from taskatlas.stages.worth import worth_of_anybodys

_NEVER = "none of its answers is a label here"


def evidence_on(
    project: Project,
    dataset: TextSet,
    answer_sets: Sequence[AnswerSet],
    tried: Mapping[str, Sequence[str]],
    forecasts: Mapping[str, Estimate],
    elsewhere: KnownOnDataset,
    unforecast: Mapping[str, str],
) -> DatasetEvidence:
    """Return what is known of every subject on a dataset, and of those of which only scores are known.

    Args:
        project: the project.
        dataset: the dataset.
        answer_sets: those to its test split that have scores.
        tried: keys of the batches of calls that were tried, by subject.
        forecasts: of students, by subject; where there is none, what known scores lead one to expect stands in.
        elsewhere: what is known from elsewhere.
        unforecast: why a student says nothing, by subject.
    """
    card = project.registry.datasets[dataset.name]
    train, test = (split_of(project, dataset.examples, split) for split in ("train", "test"))
    baseline, of_baseline = _baseline(project, card, train, test)
    answered = {each.subject: each for each in answer_sets}
    expected = {**elsewhere.forecasts, **forecasts}
    names = sorted(answered.keys() | tried.keys() | expected.keys() | _matching(project, card) | elsewhere.subjects)
    merits, notes = np.full((len(names), test.num_rows), np.nan), {}
    candidates = []
    for row, name in enumerate(names):
        measured, estimate, texts, asked = None, None, None, test.num_rows
        if name in answered and baseline.only is None:
            texts, measured = _texts(project, card, answered[name], test), _measured(project, answered[name])
        elif name in tried and baseline.only is None:
            texts, asked, estimate = tried_on(project, card, project.subjects[name], tried[name], test)
        if texts:
            merits[row, texts.rows] = merits_of(project, card, texts) if len(texts.rows) else np.nan
            if note := _note(card, texts, asked):
                notes[name] = note
        known, forecast = elsewhere.scores.get(name), expected.get(name)
        if notes.get(name) == _NEVER:  # no score can speak for what never gives an answer
            measured = estimate = forecast = None
            merits[row] = np.nan
        candidate = Candidate(name, card.ranked_by, measured, forecast, known, estimate)
        if name in elsewhere.subjects and candidate.evidence is None:
            notes.setdefault(name, "known on other datasets, on too few to expect anything here")
        if name in unforecast and candidate.evidence is None:
            notes.setdefault(name, f"{UNFORECAST}{unforecast[name]}")
        candidates.append(candidate)
    return DatasetEvidence(tuple(candidates), merits, of_baseline, baseline, notes, card.ranked_by)


def estimates(rows: pa.Table, metrics: Sequence[str] = ("accuracy", "spearman")) -> dict[tuple[str, str], Estimate]:
    """Return scores or forecasts as estimates, by subject and dataset; those that are no number are left out.

    Args:
        rows: in the schema of the table scores or forecasts.
        metrics: of which at most one is there for a subject and dataset.
    """
    return {
        (row["subject"], row["dataset"]): Estimate(row["value"], row["low"], row["high"], row["n"])
        for row in rows.to_pylist()
        if row["metric"] in metrics and math.isfinite(row["value"])
    }


def _baseline(project: Project, card: DatasetCard, train: pa.Table, test: pa.Table) -> tuple[Baseline, Floats]:
    if card.labels == "number":
        return of_numbers(test["value"].to_pylist()), np.zeros(test.num_rows)
    if card.labels == "text":
        return _baseline_of_texts(project, card, test)
    baseline = of_classes(train["label"].to_pylist(), test["label"].to_pylist())
    return baseline, np.asarray([label == baseline.label for label in test["label"].to_pylist()], np.float64)


def _baseline_of_texts(project: Project, card: DatasetCard, test: pa.Table) -> tuple[Baseline, Floats]:
    worth = worth_of_anybodys(project, card, test, "cpu")
    baseline = of_texts(worth, only_label(card, test) or None)
    return baseline, worth[str(baseline.label)]


def _matching(project: Project, card: DatasetCard) -> set[str]:
    """The subjects whose answers can be matched with a dataset's labels, whether or not anything is known of them."""
    registry = project.registry
    return {
        name
        for name, subject in project.subjects.items()
        if can_score(card, subject, registry.labels(subject), registry.output_kind(subject))
    }


def _texts(project: Project, card: DatasetCard, answers: AnswerSet, test: pa.Table) -> AnsweredTexts:
    subject = project.subjects[answers.subject]
    predictions = project.parts.read("predictions", answers.key)
    return answered_texts(card, subject, project.registry.labels(subject), test, predictions)


def _measured(project: Project, answers: AnswerSet) -> Estimate | None:
    assert answers.scores is not None, "only answer sets with scores come here"
    metric = project.registry.datasets[answers.text_set[1]].ranked_by
    return next(iter(estimates(project.parts.read("scores", answers.scores), (metric,)).values()), None)


def _note(card: DatasetCard, texts: AnsweredTexts, asked: int) -> str:
    """What is odd about a subject's answers to test texts, of so many that it was asked about; empty for nothing."""
    if not len(texts.rows):
        return "answered no test text"
    given = set(texts.answers.tolist())
    if card.class_labels and given == {-1}:
        return _NEVER
    if len(given) == 1 and len(texts.rows) > 1:
        what = _in_words(card, given.pop())
        return f"answers {what} to every text"
    return f"answered {len(texts.rows)} of {asked} test texts" if len(texts.rows) < asked else ""


def _in_words(card: DatasetCard, answer: object) -> str:
    if card.labels == "number":
        return "the same"
    return answer_in_brief(str(answer)) if card.labels == "text" else card.class_labels[int(str(answer))]
