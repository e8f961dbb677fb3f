"""Write one HTML file that shows a release: `taskatlas report`. No script, no server, no request to anywhere."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import altair as alt
import jinja2

from taskatlas.dashboards.charts import Chart
from taskatlas.dashboards.charts.candidates import candidates
from taskatlas.dashboards.charts.evidence import panel
from taskatlas.dashboards.charts.picture import picture
from taskatlas.dashboards.choices import changed_choices
from taskatlas.dashboards.published import NEWEST, Published, QueryResult, current_stamp, open_release, releases
from taskatlas.errors import StoreError
from taskatlas.recommend.words import in_words

_TEMPLATE = Path(__file__).with_name("report.html.jinja")
_WIDTH = 640
"""Pixels of a chart, without its labels."""
_MOST = 50
"""Rows of a table: a release of a thousand subjects still fits a mail."""


class Figure(NamedTuple):
    """A chart as an SVG in the address of an image, and its description."""

    address: str
    about: str


def write(folder: Path, output: Path, release: str | None = None) -> str:
    """Write the report of a release, and return its name.

    Args:
        folder: of the project.
        output: the file; one that is there is replaced once the report is whole.
        release: which; the newest by default.

    Raises:
        UnknownNameError: there is no such release.
        StoreError: there is no release yet, it cannot be read, or the file cannot be written.
    """
    if os.path.isdir(output):  # noqa: PTH112 - False where the path itself is a fault; before all that work
        raise StoreError("is a folder", where=str(output), todo="give the name of a file, such as report.html")
    opened = open_release(folder, current_stamp(folder), release or NEWEST)
    text = _environment().get_template(_TEMPLATE.name).render(_content(opened))
    _replace(output, text)
    return opened.release


def _replace(output: Path, text: str) -> None:
    beside = output.parent / f".{output.name}.part"
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_text(text, encoding="utf-8")
            beside.replace(output)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot be written ({error.strerror or error})", where=str(output)) from error


def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(_TEMPLATE.parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["cell"] = _cell
    return environment


def _cell(value: Any) -> str:
    """Format a value as a cell shows it."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def _content(release: Published) -> dict[str, Any]:
    row = next(row for row in releases(release.folder, release.stamp).to_pylist() if row["release"] == release.release)
    return {
        "project": row["project"],
        "release": release.release,
        "published_at": f"{row['published_at']:%-d %b %Y, %H:%M} UTC",
        "version": row["taskatlas_version"],
        "before": release.before,
        "counts": release.query("overview_counts").table.to_pylist(),
        "flags": release.query("overview_flags", newest=int(not release.older)),
        "changes": release.query("overview_changes"),
        "choices": (choices := release.query("overview_choices")),
        "changed_choices": changed_choices(choices.table),
        "moved": release.query("overview_moved"),
        "best": release.query("example_best"),
        "datasets": list(_datasets(release)),
        "maps": list(_maps(release)),
        "panels": list(_panels(release)),
        "evidence": release.query("evidence_benchmarks"),
        "most": _MOST,
    }


def _datasets(release: Published) -> Iterator[dict[str, Any]]:
    for row in release.query("datasets").table.to_pylist():
        result = release.query("choose_subjects", dataset=row["dataset"])
        rows = result.table.to_pylist()
        told = {"name": row["dataset"], "text": in_words(rows, labels=row["labels"]), "figure": None}
        if rows:
            metric = rows[0]["metric"]
            about = f"Expected {metric} of the first subjects on {row['dataset']}, with measured and forecast scores"
            told |= {"metric": metric, "result": result, "figure": _figure(candidates(result.frame, metric), about)}
        yield told


def _maps(release: Published) -> Iterator[dict[str, Any]]:
    for row in release.query("spaces").table.to_pylist():
        if row["points"]:
            points = release.query("map_points", space=row["space"], means=0, score=None, dataset=None)
            about = f"{row['points']} datasets and subjects by {row['name']}, coloured by family"
            yield {"method": row["name"], "figure": _figure(picture(points.frame, "family"), about)}


def _panels(release: Published) -> Iterator[dict[str, Any]]:
    for row in release.query("evidence_best").table.to_pylist():
        result: QueryResult = release.query("evidence_panel", benchmark=row["benchmark"], metric=row["metric"])
        if result.table.num_rows:
            about = f"{row['metric']} of every method for the question {row['benchmark']}, with 90% intervals"
            yield {**row, "figure": _figure(panel(result.frame, row["metric"]), about)}


def _figure(chart: Chart, about: str) -> Figure:
    file = io.StringIO()
    with alt.data_transformers.enable("default", max_rows=None):
        chart.properties(width=_WIDTH).save(file, format="svg")
    encoded = base64.b64encode(file.getvalue().encode()).decode()
    return Figure(f"data:image/svg+xml;base64,{encoded}", about)
