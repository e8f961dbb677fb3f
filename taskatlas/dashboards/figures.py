"""What every figure has beneath it: the SQL behind it, and its rows to take away; and what is shown for no rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from taskatlas.dashboards import grid
from taskatlas.dashboards.charts import Chart
from taskatlas.dashboards.published import Answer

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&@])")


def plain(text: object) -> str:
    """A name as Markdown that shows it as it is, whatever it holds."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def chart(
    answer: Answer,
    draw: Callable[[pd.DataFrame], Chart],
    *,
    about: str,
    empty: str,
    key: str | None = None,
    picked: Callable[[], None] | None = None,
) -> None:
    """A chart of an answer.

    Args:
        answer: its rows.
        draw: makes the chart from them.
        about: what is seen in it, for those who do not see it.
        empty: what is said in place of a chart without marks.
        key: of the figure, where a page shows the same query twice.
        picked: is called when a visitor changes a selection of the chart; they are in the session's state under `key`.
    """
    if not answer.table.num_rows:
        nothing(empty)
        return
    if picked is None:
        st.altair_chart(draw(answer.frame), width="stretch", alt=about)
    else:
        st.altair_chart(draw(answer.frame), width="stretch", alt=about, key=key, on_select=picked)
    under(answer, key)


def table(
    answer: Answer, columns: Mapping[str, Any] | None = None, *, empty: str, key: str | None = None, height: int = 0
) -> None:
    """The rows of an answer as a grid; `columns` names what is shown and how, in their order."""
    if not answer.table.num_rows:
        nothing(empty)
        return
    st.dataframe(
        answer.frame,
        hide_index=True,
        column_order=list(columns) if columns else None,
        column_config=dict(columns) if columns else None,
        placeholder="–",
        height=height or "auto",
    )
    under(answer, key)


def nothing(text: str) -> None:
    """What is said where there is nothing to show."""
    st.info(text, icon=":material/inbox:")


def under(answer: Answer, key: str | None = None) -> None:
    """The SQL behind a figure, and its rows as CSV."""
    name = key or answer.query
    with st.container(horizontal=True, horizontal_alignment="left", gap="small"):
        label = "SQL" if answer.language == "sql" else "Python"
        with st.popover(label, icon=":material/code:", key=f"source-{name}", help="What is behind this figure"):
            st.code(answer.source, language=answer.language, wrap_lines=True)
            if answer.language == "sql":
                link = {"query": answer.source}
                if st.session_state["published"].older:
                    link["release"] = answer.release
                st.page_link("app_pages/sql.py", label="Open it on the page SQL", query_params=link)
        st.download_button(
            "CSV",
            lambda: grid.csv(answer.table),
            file_name=f"{answer.query}-{answer.release}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"csv-{name}",
            help="The rows of this figure",
            on_click="ignore",
        )
