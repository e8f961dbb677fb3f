"""Forecasts: what the students expect, corrected and held by what was measured on other datasets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pyarrow as pa

from taskatlas.embed.interval import NORMAL_90, ForecastResult, calibrate, widened
from taskatlas.forecast.gate import UNLIKE, UNSEEN, blind, gated
from taskatlas.forecast.left_out import forecast_left_out
from taskatlas.plan.items import BenchmarkWork
from taskatlas.plan.project import Project
from taskatlas.schemas.parts import FORECAST_FLAGS, RAW_FORECASTS
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.indications import Case, indications, numbers_are_seen

Pair = tuple[str, str]
"""(subject, dataset)."""


class ForecastTables(NamedTuple):
    """Forecasts, and why there is none of what has a raw forecast: rows of the parts forecasts and forecast_flags."""

    rows: pa.Table
    flags: pa.Table


def forecasts(project: Project, work: BenchmarkWork) -> ForecastTables:
    """Return the table forecasts, and its flags.

    Of classes, what students expect is corrected by what the scores on the *other* datasets teach. An interval is
    widened, or narrowed, by the factor that would have held nine of ten measured scores of the other datasets in the
    same metric. A dataset's own scores have no say in its forecasts.
    """
    raw = raw_forecasts(project, work)
    measured = measured_scores(project, work)
    beyond = beyond_chance(project, work)
    corrected, reasons = _corrected(project, work, raw, measured, beyond)
    reasons |= _unseen_numbers(project, work, raw, beyond)
    rows = [
        {"subject": subject, "dataset": dataset, "metric": metric}
        | {"value": each.value, "low": each.low, "high": each.high, "n": each.n, "fidelity": each.fidelity}
        | {"student": raw[subject, dataset, metric].value}
        for (subject, dataset, metric), each in {**_calibrated(raw, measured), **corrected}.items()
        if (subject, dataset) not in reasons
    ]
    flags = [{"subject": subject, "dataset": of, "reason": reason} for (subject, of), reason in reasons.items()]
    schema = TABLES["forecasts"].schema
    return ForecastTables(pa.Table.from_pylist(rows, schema=schema), pa.Table.from_pylist(flags, schema=FORECAST_FLAGS))


def _calibrated(raw: Mapping[Case, ForecastResult], measured: Mapping[Case, float]) -> dict[Case, ForecastResult]:
    """Students' forecasts with intervals that other datasets' scores have calibrated."""
    pairs = {case: (each, measured[case]) for case, each in raw.items() if case in measured}
    factors: dict[tuple[str, str], float] = {}
    held = {}
    for case, each in raw.items():
        _, dataset, metric = case
        if (dataset, metric) not in factors:
            others = [pair for (_, other, of), pair in pairs.items() if other != dataset and of == metric]
            factors[dataset, metric] = calibrate(others)
        held[case] = widened(each, factors[dataset, metric])
    return held


def _corrected(
    project: Project,
    work: BenchmarkWork,
    raw: Mapping[Case, ForecastResult],
    measured: Mapping[Case, float],
    beyond: Mapping[Pair, float],
) -> tuple[dict[Case, ForecastResult], dict[Pair, str]]:
    """Forecasts of classes as other datasets' scores correct them, and why there are none; of datasets too small for
    that there is neither."""
    corrected, reasons = {}, {}
    for metric, of_metric in indications(project, work, raw, "cpu").items():
        by_dataset = {each.dataset: each for each in of_metric}
        for dataset, found in forecast_left_out(of_metric, scores_by_dataset(measured, metric)).items():
            of = by_dataset[dataset]
            why = gated(of, [beyond[subject, dataset] for subject in of.subjects], found.learnt)
            for subject, value, sigma, reason in zip(of.subjects, found.values, found.sigma, why, strict=True):
                case = (subject, dataset, metric)
                expected = replace(raw[case], value=float(value), sigma=float(sigma))
                corrected[case] = widened(expected, found.reach / NORMAL_90)
                if reason:
                    reasons[subject, dataset] = reason
    return corrected, reasons


def _unseen_numbers(
    project: Project, work: BenchmarkWork, raw: Mapping[Case, ForecastResult], beyond: Mapping[Pair, float]
) -> dict[Pair, str]:
    """Why numbers of a dataset are not forecast."""
    subjects: dict[str, list[str]] = {}
    for subject, dataset, metric in raw:
        if metric == "spearman":
            subjects.setdefault(dataset, []).append(subject)
    reasons = {}
    for dataset, of_dataset in subjects.items():
        sees = numbers_are_seen(project, work, dataset, "cpu")
        for subject in of_dataset:
            if not sees or blind(raw[subject, dataset, "spearman"].fidelity, beyond[subject, dataset]):
                reasons[subject, dataset] = UNLIKE if sees else UNSEEN
    return reasons


def raw_forecasts(project: Project, work: BenchmarkWork) -> dict[Case, ForecastResult]:
    """Return what every student expects, before calibration."""
    names = ("metric", "value", "low", "high", "n", "fidelity", "sigma")
    return {
        (row["subject"], row["dataset"], row["metric"]): ForecastResult(**{name: row[name] for name in names})
        for row in _rows(project, "raw_forecasts", work.raw_forecasts, RAW_FORECASTS)
    }


def beyond_chance(project: Project, work: BenchmarkWork) -> dict[Pair, float]:
    """Return by how many standard errors students agree with their subjects beyond chance, by subject and dataset;
    infinitely many where an older part does not say."""
    rows = _rows(project, "raw_forecasts", work.raw_forecasts, RAW_FORECASTS)
    known = {(row["subject"], row["dataset"]): row["beyond_chance"] for row in rows}
    return {pair: math.inf if beyond is None else beyond for pair, beyond in known.items()}


def measured_scores(project: Project, work: BenchmarkWork) -> Mapping[Case, float]:
    """Return every measured score."""
    rows = _rows(project, "scores", work.scores, TABLES["scores"].schema)
    return {(row["subject"], row["dataset"], row["metric"]): row["value"] for row in rows}


def scores_by_dataset(measured: Mapping[Case, float], metric: str) -> dict[str, dict[str, float]]:
    """Return the measured scores in one metric: dataset → subject → score."""
    scores: dict[str, dict[str, float]] = {}
    for (subject, dataset, of), value in measured.items():
        if of == metric:
            scores.setdefault(dataset, {})[subject] = value
    return scores


def _rows(project: Project, kind: str, keys: Sequence[str], schema: pa.Schema) -> list[dict[str, Any]]:
    tables = [schema.empty_table(), *(project.parts.read(kind, key).cast(schema) for key in keys)]
    rows: list[dict[str, Any]] = pa.concat_tables(tables).to_pylist()
    return rows
