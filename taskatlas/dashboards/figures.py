"""Show figures: a chart or a table, with its SQL and its rows as CSV beneath, or a notice where there are no rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from taskatlas.dashboards import grid
from taskatlas.dashboards.charts import Chart
from taskatlas.dashboards.published import QueryResult

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&@])")


def escape(text: object) -> str:
    r"""Escape a name so that Markdown shows it as it is, on one line.

    >>> print(escape("a_b [c]"))
    a\_b \[c\]
    """
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def chart(
    result: QueryResult,
    draw: Callable[[pd.DataFrame], Chart],
    *,
    about: str,
    empty: str,
    key: str | None = None,
    on_pick: Callable[[], None] | None = None,
) -> None:
    """Show the chart of a result.

    Args:
        result: of a query.
        draw: makes the chart from its rows.
        about: describes the chart, for those who do not see it.
        empty: notice in place of a chart without rows.
        key: of the figure, where a page shows the same query twice.
        on_pick: called when a visitor changes a selection of the chart, which the session's state holds under `key`.
    """
    if not result.table.num_rows:
        show_empty(empty)
        return
    if on_pick is None:
        st.altair_chart(draw(result.frame), width="stretch", alt=about)
    else:
        st.altair_chart(draw(result.frame), width="stretch", alt=about, key=key, on_select=on_pick)
    show_source(result, key)


def table(
    result: QueryResult,
    columns: Mapping[str, Any] | None = None,
    *,
    empty: str,
    key: str | None = None,
    height: int = 0,
) -> None:
    """Show the rows of a result as a grid.

    Args:
        result: of a query.
        columns: name of each column that is shown → its title or configuration, in their order; all by default.
        empty: notice in place of a grid without rows.
        key: of the figure, where a page shows the same query twice.
        height: in pixels; 0 for as high as its rows.
    """
    if not result.table.num_rows:
        show_empty(empty)
        return
    st.dataframe(
        result.frame,
        hide_index=True,
        column_order=list(columns) if columns else None,
        column_config=dict(columns) if columns else None,
        placeholder="–",
        height=height or "auto",
    )
    show_source(result, key)


def show_empty(notice: str) -> None:
    """Show a notice where there is nothing to show."""
    st.info(notice, icon=":material/inbox:")


def show_source(result: QueryResult, key: str | None = None) -> None:
    """Offer the SQL behind a figure, and its rows as CSV."""
    name = key or result.query
    with st.container(horizontal=True, horizontal_alignment="left", gap="small"):
        label = "SQL" if result.language == "sql" else "Python"
        with st.popover(label, icon=":material/code:", key=f"source-{name}", help="What is behind this figure"):
            st.code(result.source, language=result.language, wrap_lines=True)
            if result.language == "sql":
                link = {"query": result.source}
                if st.session_state["published"].older:
                    link["release"] = result.release
                st.page_link("app_pages/sql.py", label="Open it on the page SQL", query_params=link)
        st.download_button(
            "CSV",
            lambda: grid.csv(result.table),
            file_name=f"{result.query}-{result.release}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"csv-{name}",
            help="The rows of this figure",
            on_click="ignore",
        )
