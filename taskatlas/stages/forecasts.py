"""Forecasts: what the students expect, with intervals that are as wide as they had to be on other datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from taskatlas.embed.interval import ForecastResult, calibrate, widened
from taskatlas.plan.items import BenchmarkWork
from taskatlas.plan.project import Project
from taskatlas.schemas.parts import RAW_FORECASTS
from taskatlas.schemas.tables import TABLES

Case = tuple[str, str, str]
"""(subject, dataset, metric)."""


def calibrated(project: Project, work: BenchmarkWork) -> pa.Table:
    """Return the table forecasts.

    An interval is widened, or narrowed, by the factor that would have held nine of ten measured scores of the *other*
    datasets in the same metric; a dataset's own scores have no say in its forecasts.
    """
    forecasts = raw_forecasts(project, work)
    measured = measured_scores(project, work)
    pairs = {case: (raw, measured[case]) for case, raw in forecasts.items() if case in measured}
    factors: dict[tuple[str, str], float] = {}
    rows = []
    for case, raw in forecasts.items():
        subject, dataset, metric = case
        if (dataset, metric) not in factors:
            others = [pair for (_, other, of), pair in pairs.items() if other != dataset and of == metric]
            factors[dataset, metric] = calibrate(others)
        wide = widened(raw, factors[dataset, metric])
        row = {"subject": subject, "dataset": dataset, "metric": metric, "value": raw.value, "n": raw.n}
        rows.append(row | {"low": wide.low, "high": wide.high, "fidelity": raw.fidelity})
    return pa.Table.from_pylist(rows, schema=TABLES["forecasts"].schema)


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


def _rows(project: Project, kind: str, keys: Sequence[str], schema: pa.Schema) -> list[dict[str, Any]]:
    tables = [schema.empty_table(), *(project.parts.read(kind, key).cast(schema) for key in keys)]
    rows: list[dict[str, Any]] = pa.concat_tables(tables).to_pylist()
    return rows
