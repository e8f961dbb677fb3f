"""Datasets × subjects as two matrices of one order: how similar they are, and how well subjects do."""

from __future__ import annotations

import altair as alt
import pandas as pd

from taskatlas.analyze.order import leaf_order
from taskatlas.dashboards.charts.scales import DIVERGING, SEQUENTIAL

MOST = 60
"""More columns would be too thin to be seen."""
_NAMED = 30
_GREY = "#7f7f7f"
CHOICES = ("differ most", "promise most")
"""How subjects are chosen where there are more."""
_ROW = 20
_LEGENDS, _LABELS = 116, 116
"""Pixels of a row, and of what stands above and below the rows: a chart that fits its page counts them in."""
_VALUES = ("similarity", "forecast", "measured")


def kept(rows: pd.DataFrame, choice: str) -> pd.DataFrame:
    """The rows of the MOST subjects that differ most between datasets, by the variance of their scores, or of their
    similarities where they have no two scores; or of those that promise most, by their mean forecast.

    Args:
        rows: of the query heatmap_pairs.
        choice: one of CHOICES.
    """
    by = rows.groupby("subject")
    spread = by["score"].var().fillna(by["similarity"].var())
    worth = by["forecast"].mean() if choice == CHOICES[1] else spread
    first = worth.fillna(float("-inf")).sort_values(ascending=False, kind="stable").head(MOST).index
    return rows[rows["subject"].isin(first)]


def ordered(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Datasets and subjects, so that those of like similarities stand together; of like scores in a space without."""
    value = "similarity" if rows["similarity"].notna().any() else "score"
    table = rows.pivot_table(index="dataset", columns="subject", values=value, dropna=False, observed=False)
    datasets, subjects = list(table.index), list(table.columns)
    return (
        [datasets[place] for place in leaf_order(table.to_numpy())],
        [subjects[place] for place in leaf_order(table.to_numpy().T)],
    )


def matrix(rows: pd.DataFrame, value: str, title: str, order: tuple[list[str], list[str]]) -> alt.LayerChart:
    """One matrix: a cell for each pair, a cross where there is no value, and both in the legend.

    Args:
        rows: of the query heatmap_pairs.
        value: similarity, on a scale that is white at 0; or score.
        title: what the value is, for the legend.
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
    said = alt.Legend(
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
        .encode(x=x, y=y, shape=alt.Shape("empty:N", scale=crosses, legend=said), tooltip=about)
    )
    height = _LEGENDS + _ROW * len(datasets) + _LABELS * names_fit
    drawn: alt.LayerChart = alt.layer(full, empty).properties(height=height).configure_view(stroke=None)
    return drawn
