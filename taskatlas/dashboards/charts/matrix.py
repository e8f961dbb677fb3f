"""Draw datasets × subjects as matrices of one order: how similar they are, and how well subjects do."""

from __future__ import annotations

import altair as alt
import pandas as pd

from taskatlas.analyze.order import leaf_order
from taskatlas.dashboards.charts.scales import DIVERGING, SEQUENTIAL

MOST = 60
"""Subjects that are drawn: more columns would be too thin to be seen."""
_NAMED = 30
_GREY = "#7f7f7f"
CHOICES = ("differ most", "promise most")
"""Criteria by which subjects are selected where there are more."""
_ROW = 20
_LEGENDS, _LABELS = 116, 116
"""Pixels of a row, and of the legends and labels above and below the rows, which count as height of the chart."""
_VALUES = ("similarity", "forecast", "measured")


def select_subjects(rows: pd.DataFrame, choice: str) -> pd.DataFrame:
    """Return the rows of MOST subjects, by one of two criteria.

    Those that differ most have the largest variance of scores over datasets, or of similarities where they have fewer
    than two scores. Those that promise most have the highest mean forecast.

    Args:
        rows: of the query heatmap_pairs.
        choice: one of CHOICES.
    """
    by = rows.groupby("subject")
    variance = by["score"].var().fillna(by["similarity"].var())
    worth = by["forecast"].mean() if choice == CHOICES[1] else variance
    first = worth.fillna(float("-inf")).sort_values(ascending=False, kind="stable").head(MOST).index
    return rows[rows["subject"].isin(first)]


def leaf_orders(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Order datasets and subjects so that similar ones are neighbours: by their cosines, or else by their scores.

    Args:
        rows: of the query heatmap_pairs.

    Returns:
        Datasets and subjects, both as `leaf_order` orders them.
    """
    value = "similarity" if rows["similarity"].notna().any() else "score"
    table = rows.pivot_table(index="dataset", columns="subject", values=value, dropna=False, observed=False)
    datasets, subjects = list(table.index), list(table.columns)
    return (
        [datasets[index] for index in leaf_order(table.to_numpy())],
        [subjects[index] for index in leaf_order(table.to_numpy().T)],
    )


def matrix(rows: pd.DataFrame, value: str, title: str, order: tuple[list[str], list[str]]) -> alt.LayerChart:
    """Draw one matrix: a cell for each pair, a cross where there is no value, and both in the legend.

    Args:
        rows: of the query heatmap_pairs.
        value: similarity, on a scale that is white at 0; or score.
        title: of the value, for the legend.
        order: datasets from above, subjects from the left.
    """
    datasets, subjects = order
    names_fit = len(subjects) <= _NAMED
    named = alt.Axis(title=None, labelAngle=-90, labelLimit=100, labelOverlap=False, labelFlush=False, ticks=False)
    x = alt.X("subject:N", scale=alt.Scale(domain=subjects), axis=named if names_fit else None)
    labels = alt.Axis(title=None, labelLimit=120, labelOverlap=False, labelFlush=False, ticks=False)
    y = alt.Y("dataset:N", scale=alt.Scale(domain=datasets), axis=labels)
    reach = float(rows[value].abs().max()) if rows[value].notna().any() else 1.0
    colours = alt.Scale(scheme=SEQUENTIAL)
    if value == "similarity":
        colours = alt.Scale(scheme=DIVERGING, domain=[-(reach or 1.0), reach or 1.0])
    pairs = pd.MultiIndex.from_product([datasets, subjects], names=["dataset", "subject"])
    cells = rows.set_index(["dataset", "subject"]).reindex(pairs).reset_index()
    cells["empty"] = f"no {title}"
    about = [alt.Tooltip("dataset:N"), alt.Tooltip("subject:N")]
    about += [alt.Tooltip(f"{name}:Q", format=".3f") for name in _VALUES]
    key = alt.Legend(title=title, gradientLength=160, titleLimit=260, orient="top")
    full = (
        alt.Chart(cells[cells[value].notna()])
        .mark_rect()
        .encode(x=x, y=y, color=alt.Color(f"{value}:Q", scale=colours, legend=key), tooltip=about)
    )
    crosses = alt.Scale(domain=[f"no {title}"], range=["M-.7,-.7L.7,.7M-.7,.7L.7,-.7"])
    cross_legend = alt.Legend(
        title=None,
        orient="bottom",
        symbolStrokeColor=_GREY,
        symbolFillColor="transparent",
        symbolStrokeWidth=1,
        labelLimit=240,
    )
    empty = (
        alt.Chart(cells[cells[value].isna()])
        .mark_point(filled=False, color=_GREY, opacity=0.8, size=14, strokeWidth=1, aria=False)
        .encode(x=x, y=y, shape=alt.Shape("empty:N", scale=crosses, legend=cross_legend), tooltip=about)
    )
    height = _LEGENDS + _ROW * len(datasets) + _LABELS * names_fit
    chart: alt.LayerChart = alt.layer(full, empty).properties(height=height).configure_view(stroke=None)
    return chart
