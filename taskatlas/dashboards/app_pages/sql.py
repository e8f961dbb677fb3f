"""SQL: what no other page answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pyarrow as pa
import streamlit as st

from taskatlas.dashboards import dictionary, figures, grid, queries, visits
from taskatlas.dashboards.published import Published
from taskatlas.dashboards.visits import VisitQuery

_LIMITS = (
    "A query can only read, and sees nothing but this catalog. It may run for 10 seconds with 1 GB of memory, and "
    f"gives its first 10,000 rows, 64 MB at most. A query may have {visits.LONGEST:,} characters."
)
_MONOSPACED = "<style>.st-key-query textarea { font-family: monospace; }</style>"


def show(release: Published) -> None:
    """Draw the page."""
    st.title("SQL")
    st.write("What no other page answers: ask the release in DuckDB's SQL.")
    st.html(_MONOSPACED)
    examples = {name: queries.resolve(name, release.before, release.releases) for name in visits.EXAMPLES}
    questions = {name: sql.splitlines()[0].removeprefix("-- ") for name, sql in examples.items()}
    st.selectbox(
        "Examples",
        visits.EXAMPLES,
        index=None,
        format_func=questions.__getitem__,
        placeholder="Pick one to begin with",
        key="example",
        on_change=_begin_with,
        args=(examples,),
    )
    _linked(examples[visits.EXAMPLES[0]])
    with st.form("editor", border=False):
        sql = st.text_area("Query", height=260, key="query", persist_state="session")
        run = st.form_submit_button("Run", icon=":material/play_arrow:", help="Ctrl + Enter")
    st.caption(_LIMITS)
    if run:
        _link(sql)
        with st.spinner("Running"):
            st.session_state["visit"] = visits.run(release, sql)
    visit: VisitQuery | None = st.session_state.get("visit")
    if visit is None:
        figures.show_empty("Nothing was run yet. Run shows the rows here; the address of this page holds the query.")
    else:
        _result(visit, sql)
    dictionary.show(release)


def _linked(first: str) -> None:
    """Begin with the query in the address, once for each. It is not bound to the address, as an address with a query of
    a megabyte could not be loaded again."""
    linked = st.query_params.get("query")
    if linked is not None and linked != st.session_state.get("linked"):
        st.session_state["query"] = st.session_state["linked"] = linked
    st.session_state.setdefault("query", first)


def _link(sql: str) -> None:
    if len(sql) <= visits.LONGEST:
        st.query_params["query"] = st.session_state["linked"] = sql
    else:
        st.query_params.pop("query", None)


def _begin_with(examples: dict[str, str]) -> None:
    picked = st.session_state["example"]
    if picked is not None:
        st.session_state["query"] = examples[picked]


def _result(query: VisitQuery, sql: str) -> None:
    st.subheader("Rows")
    if query.sql != sql:
        st.caption("These are of the query that was run last; it was changed since.")
    result = visits.result(query)
    table = result.table
    if table is None:
        st.error("There are no rows.", icon=":material/error:")
        st.text(result.fault)
        return
    rows = "1 row" if table.num_rows == 1 else f"{table.num_rows:,} rows"
    st.write(f"{rows} in {result.seconds:.2f} seconds, of release {query.release}.")
    if result.truncated:
        st.warning(f"These are the first {table.num_rows:,} rows; the query has more.", icon=":material/content_cut:")
    if not table.num_rows:
        figures.show_empty("The query is fine, and no row is in its result.")
        return
    part = result.preview
    if part is not None and part.shape != table.shape:
        st.caption(f"The grid shows {part.num_rows:,} rows and {part.num_columns:,} columns; the files have all.")
    st.dataframe(part, hide_index=True, placeholder="–")
    _downloads(query)


def _downloads(query: VisitQuery) -> None:
    with st.container(horizontal=True, gap="small"):
        for name, write, mime in (
            ("CSV", grid.csv, "text/csv"),
            ("Parquet", grid.parquet, "application/vnd.apache.parquet"),
        ):
            st.download_button(
                name,
                partial(_file, query, write),
                file_name=f"query-{query.release}.{name.lower()}",
                mime=mime,
                icon=":material/download:",
                key=f"download-{name}",
                help="These rows, vectors and long texts in full",
                on_click="ignore",
            )


def _file(query: VisitQuery, write: Callable[[pa.Table], bytes]) -> bytes:
    return write(visits.table(query))


show(st.session_state["published"])
