"""Show the data dictionary on the page SQL: every table and column with its meaning, to be searched."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.published import Published
from taskatlas.schemas.dictionary import BESIDE
from taskatlas.schemas.tables import TABLES

_COLUMNS: dict[str, Any] = {
    "table": "Table",
    "column": "Column",
    "meaning": st.column_config.TextColumn("Meaning", width="large"),
    "type": "Type",
    "null": st.column_config.CheckboxColumn("May be null", width="small"),
    "row": st.column_config.TextColumn("A row of the table is", width="medium"),
}


@st.fragment
def show(release: Published) -> None:
    """Show the dictionary. It is a fragment, so that a search draws nothing else anew."""
    with st.expander("Tables and columns", icon=":material/menu_book:"):
        st.write(
            f'`scores` is the table of the release shown; `"scores@{release.release}"` names the one of any release. '
            "`recommendations` says what to use on a dataset, `nearest('NAME', k := 5)` what is like it. "
            "`runs`, `methods` and `releases` are the same whatever the release."
        )
        search = st.text_input("Find a table or column", key="find", live=True).strip().lower()
        rows = pd.DataFrame(_meanings(), columns=list(_COLUMNS))
        matching = rows[rows.apply(lambda row: search in " ".join(map(str, row)).lower(), axis=1)]
        if matching.empty:
            figures.show_empty("No table and no column is like that.")
        else:
            st.dataframe(matching, hide_index=True, column_config=_COLUMNS, height=360)


def _meanings() -> list[tuple[str, str, str, str, bool, str]]:
    return [
        (table.name, name, meaning, re.sub("list<[a-z]+: ", "list<", kind), null, table.row)
        for table in (*TABLES.values(), *BESIDE)
        for name, kind, null, meaning in table.columns()
    ]
