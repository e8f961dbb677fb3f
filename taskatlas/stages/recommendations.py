"""Recommendations: which subject, model and labelled dataset to use on each dataset, by all that is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from taskatlas.plan.items import AnswerSet
from taskatlas.plan.plan import Plan
from taskatlas.plan.project import Project
from taskatlas.recommend.evidence import DatasetEvidence
from taskatlas.recommend.posterior import Estimate
from taskatlas.recommend.rows import KnownSources, Row, rows_of
from taskatlas.recommend.words import in_words
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.described import described_rows
from taskatlas.stages.evidence import estimates, evidence_on
from taskatlas.stages.forecast_flags import reasons
from taskatlas.stages.known import known_on_datasets
from taskatlas.stages.knowntransfers import reported_gains
from taskatlas.stages.likeness import compared_sources
from taskatlas.stages.taught import taught_by
from taskatlas.stages.transfers import learnt_first


def recommendations(project: Project, inputs: Mapping[str, Sequence[str]]) -> pa.Table:
    """Return the table recommendations.

    Args:
        project: the project; its ingest stage has run.
        inputs: keys of the parts that it is made from, by kind.
    """
    plan = Plan(project)
    known = _known(plan, inputs, plan.datasets)
    likeness = compared_sources(project, plan.datasets).likeness()
    reported = reported_gains(project, inputs["known_transfers"])
    sources = KnownSources(likeness, taught_by(project), learnt_first(project, inputs), reported)
    models = _models(project)
    rows = [*rows_of(known, models, sources), *described_rows(project, _measured(known), models)]
    return pa.Table.from_pylist(rows, schema=TABLES["recommendations"].schema)


def _measured(known: Mapping[str, DatasetEvidence]) -> dict[tuple[str, str], float]:
    """The accuracies that were measured, by subject and dataset."""
    return {
        (candidate.name, dataset): candidate.measured.value
        for dataset, evidence in known.items()
        if evidence.metric == "accuracy"
        for candidate in evidence.candidates
        if candidate.measured is not None
    }


def subjects_for(plan: Plan, dataset: str) -> list[Row]:
    """Return the rows of the question 'prompt' on a dataset by all that is known now, published or not.

    Args:
        plan: the project's, made after what is new was kept; its benchmark stage has run.
        dataset: name of the dataset.
    """
    known = {dataset: evidence_for(plan, dataset)}
    return [row for row in rows_of(known, _models(plan.project), KnownSources()) if row["question"] == "prompt"]


def evidence_for(plan: Plan, dataset: str) -> DatasetEvidence:
    """Return all that is known of every subject on a dataset now, published or not; for the arguments see
    `subjects_for`."""
    inputs = next(work.inputs for work in plan.added_works if work.kind == "recommendations")
    return _known(plan, inputs, [dataset])[dataset]


def _known(plan: Plan, inputs: Mapping[str, Sequence[str]], datasets: Iterable[str]) -> dict[str, DatasetEvidence]:
    """The evidence on datasets."""
    scored, forecast = _scored(plan), _forecasts(plan.project, inputs["forecasts"])
    elsewhere = known_on_datasets(plan.project, inputs)
    unforecast: dict[str, dict[str, str]] = {}
    for (subject, dataset), reason in reasons(plan.project, inputs["forecasts"]).items():
        unforecast.setdefault(dataset, {})[subject] = reason
    tried: dict[str, dict[str, Sequence[str]]] = {}
    for (subject, dataset), keys in plan.tried.items():
        tried.setdefault(dataset, {})[subject] = keys
    return {
        name: evidence_on(
            plan.project,
            plan.datasets[name],
            scored.get(name, []),
            tried.get(name, {}),
            forecast.get(name, {}),
            elsewhere[name],
            unforecast.get(name, {}),
        )
        for name in datasets
    }


def _models(project: Project) -> dict[str, str]:
    """The model of every subject."""
    return {name: subject.model.name for name, subject in project.subjects.items()}


def first_choices(plan: Plan) -> dict[str, str]:
    """Return what to use on each dataset, without a text too, in words, as the benchmark stage has left it."""
    registry = plan.project.registry
    labels = {name: registry.datasets[name].class_labels for name in plan.datasets}
    labels |= {name: card.class_labels for name, card in registry.described.items()}
    rows: dict[str, list[Row]] = {name: [] for name in labels}
    for key in plan.table_parts["recommendations"]:
        for row in plan.project.parts.read("recommendations", key).to_pylist():
            if row["question"] == "prompt":
                rows[row["dataset"]].append(row)
    return {
        name: in_words(sorted(found, key=lambda row: row["rank"]), labels=labels[name]) for name, found in rows.items()
    }


def _scored(plan: Plan) -> dict[str, list[AnswerSet]]:
    """The answer sets that have scores, by dataset."""
    found: dict[str, list[AnswerSet]] = {}
    for each in plan.all_answer_sets:
        if each.scores:
            found.setdefault(each.text_set[1], []).append(each)
    return found


def _forecasts(project: Project, keys: Sequence[str]) -> dict[str, dict[str, Estimate]]:
    """Forecasts by dataset and subject."""
    found: dict[str, dict[str, Estimate]] = {}
    for key in keys:
        for (subject, dataset), forecast in estimates(project.parts.read("forecasts", key)).items():
            found.setdefault(dataset, {})[subject] = forecast
    return found
