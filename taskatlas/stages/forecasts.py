"""Forecasts: what the students expect, with intervals that are as wide as they had to be on other datasets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from taskatlas.embed.interval import ForecastResult, calibrate, widened
from taskatlas.hashing import digest
from taskatlas.schemas.tables import TABLES
from taskatlas.stages import predict
from taskatlas.stages.context import Context
from taskatlas.stages.students import SCHEMA, STUDENTS
from taskatlas.stages.vectors import published_vectors

CALIBRATE_VERSION = 1
Place = tuple[str, str, str]
"""(subject, dataset, metric)."""


def forecasts_key(context: Context) -> str:
    """Key of the calibrated forecasts: the students, and the measured scores that they are calibrated by."""
    return digest("forecasts", CALIBRATE_VERSION, sorted(_student_keys(context)), sorted(_score_keys(context)))


def calibrated(context: Context) -> pa.Table:
    """The table forecasts.

    An interval is widened, or narrowed, by the factor that would have held nine of ten measured scores of the *other*
    datasets in the same metric; a dataset's own scores have no say in its forecasts.
    """
    expected = forecasts_of(context)
    measured = measured_scores(context)
    pairs = {place: (found, measured[place]) for place, found in expected.items() if place in measured}
    factors: dict[tuple[str, str], float] = {}
    rows = []
    for place, found in expected.items():
        subject, dataset, metric = place
        if (dataset, metric) not in factors:
            others = [pair for (_, other, of), pair in pairs.items() if other != dataset and of == metric]
            factors[dataset, metric] = calibrate(others)
        wide = widened(found, factors[dataset, metric])
        row = {"subject": subject, "dataset": dataset, "metric": metric, "value": found.value, "n": found.n}
        rows.append(row | {"low": wide.low, "high": wide.high, "fidelity": found.fidelity})
    return pa.Table.from_pylist(rows, schema=TABLES["forecasts"].schema)


def forecasts_of(context: Context) -> dict[Place, ForecastResult]:
    """What every student expects, before calibration."""
    rows = _rows(context, STUDENTS, _student_keys(context), SCHEMA)
    names = ("metric", "value", "low", "high", "n", "fidelity", "sigma")
    return {
        (row["subject"], row["dataset"], row["metric"]): ForecastResult(**{name: row[name] for name in names})
        for row in rows
    }


def measured_scores(context: Context) -> Mapping[Place, float]:
    """Every measured score."""
    rows = _rows(context, "scores", _score_keys(context), TABLES["scores"].schema)
    return {(row["subject"], row["dataset"], row["metric"]): row["value"] for row in rows}


def _rows(context: Context, kind: str, keys: list[str], schema: pa.Schema) -> list[dict[str, Any]]:
    found = pa.concat_tables([schema.empty_table(), *(context.parts.read(kind, key).cast(schema) for key in keys)])
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def _student_keys(context: Context) -> list[str]:
    keys = [vector.students for _, vector in published_vectors(context) if vector.students]
    return [key for key in keys if context.parts.has(STUDENTS, key)]


def _score_keys(context: Context) -> list[str]:
    return [unit.scores for unit in predict.units(context) if unit.scores]
