"""Forecasts: what the students expect, corrected and held by what was measured on other datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from taskatlas.embed.interval import ForecastResult, calibrate, widened
from taskatlas.forecast.left_out import forecast_left_out
from taskatlas.plan.items import BenchmarkWork
from taskatlas.plan.project import Project
from taskatlas.schemas.parts import RAW_FORECASTS
from taskatlas.schemas.tables import TABLES
from taskatlas.stages.indications import Case, indications


def forecasts(project: Project, work: BenchmarkWork) -> pa.Table:
    """Return the table forecasts.

    Of classes, what students expect is corrected by what the scores on the *other* datasets teach. An interval is
    widened, or narrowed, by the factor that would have held nine of ten measured scores of the other datasets in the
    same metric. A dataset's own scores have no say in its forecasts.
    """
    raw = raw_forecasts(project, work)
    measured = measured_scores(project, work)
    held = {**_calibrated(raw, measured), **_corrected(project, work, raw, measured)}
    rows = [
        {"subject": subject, "dataset": dataset, "metric": metric}
        | {"value": each.value, "low": each.low, "high": each.high, "n": each.n, "fidelity": each.fidelity}
        | {"student": raw[subject, dataset, metric].value}
        for (subject, dataset, metric), each in held.items()
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["forecasts"].schema)


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
    project: Project, work: BenchmarkWork, raw: Mapping[Case, ForecastResult], measured: Mapping[Case, float]
) -> dict[Case, ForecastResult]:
    """Forecasts of classes as other datasets' scores correct them; of datasets too small for that there is none."""
    corrected = {}
    for metric, of_metric in indications(project, work, raw, "cpu").items():
        by_dataset = {each.dataset: each for each in of_metric}
        for dataset, found in forecast_left_out(of_metric, scores_by_dataset(measured, metric)).items():
            columns = (by_dataset[dataset].subjects, found.values, found.sigma)
            for subject, value, sigma in zip(*columns, strict=True):
                case = (subject, dataset, metric)
                corrected[case] = widened(replace(raw[case], value=float(value), sigma=float(sigma)), 1.0)
    return corrected


def raw_forecasts(project: Project, work: BenchmarkWork) -> dict[Case, ForecastResult]:
    """Return what every student expects, before calibration."""
    names = ("metric", "value", "low", "high", "n", "fidelity", "sigma")
    return {
        (row["subject"], row["dataset"], row["metric"]): ForecastResult(**{name: row[name] for name in names})
        for row in _rows(project, "raw_forecasts", work.raw_forecasts, RAW_FORECASTS)
    }


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
