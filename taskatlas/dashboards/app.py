"""The dashboard: `taskatlas dashboard`, or `streamlit run` with this file and TASKATLAS_PROJECT.

This file runs before every page: it opens the release, draws the sidebar, and shows what went wrong where a page cannot
be drawn. The pages are in app_pages/, one question each.
"""

from __future__ import annotations

import logging
import shlex
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from taskatlas.dashboards import links, published
from taskatlas.dashboards.app_pages import PAGES
from taskatlas.dashboards.figures import escape
from taskatlas.dashboards.published import NEWEST, Published
from taskatlas.errors import TaskatlasError

_LOG = logging.getLogger(__name__)
_ICON = Path(__file__).with_name("icon.svg")
_WATCH_SECONDS = 5
"""Between two looks for a new release, on pages that are left open."""
# Streamlit's grey of axes and legends is too light to be read by everybody, and text in a chart knows no theme.
_STYLE = "<style>[data-testid='stVegaLiteChart'] svg text { fill: currentColor; }</style>"


def run() -> None:
    """Draw one page for one visitor."""
    st.set_page_config(page_title="taskatlas", page_icon=str(_ICON), layout="wide")
    st.html(_STYLE)
    pages = [
        st.Page(f"app_pages/{name}.py", title=title, icon=icon, url_path=name if index else "start", default=not index)
        for index, (name, (title, icon)) in enumerate(PAGES.items())
    ]
    alias = _alias(pages[0])
    page = st.navigation([*pages, alias])
    if page is alias:  # now, as an address that holds a release cannot be left once the sidebar is drawn
        st.switch_page(pages[0], query_params=st.query_params.to_dict())
    try:
        project = published.project_folder()
        stamp = published.current_stamp(project)
        _watch(project, stamp)
        if stamp:
            st.session_state["published"] = release = _selected(project, stamp)
            links.begin()
            page.run()
            with st.sidebar:
                links.link(release.release)
        else:
            _no_release(project)
    except TaskatlasError as error:
        _LOG.warning("%s", error)
        _failed(str(error))
    except Exception:
        _LOG.exception("the page failed")
        _failed("A fault of the dashboard's own; its log says where. Another page or release may be fine.")


def _selected(project: Path, stamp: str) -> Published:
    """Show the box of releases in the sidebar, and open the one that it names; ?release= holds it."""
    rows = published.releases(project, stamp).to_pylist()
    days = {row["release"]: f"{row['published_at']:%-d %b %Y}" for row in rows}
    names = [NEWEST, *reversed(days)]
    linked = st.query_params.get("release", NEWEST)
    with st.sidebar:
        st.caption("Project")
        st.text(rows[-1]["project"])
        # without format_func, as the address holds the label of an option
        name = st.selectbox(
            "Release",
            names,
            key="release",
            bind="query-params",
            help="Newest moves on to each new one.",
        )
        release = published.open_release(project, stamp, name)
        st.caption(f"{release.release}, published {days[release.release]}")
    if linked not in {NEWEST, *days}:
        st.warning(f"There is no release {escape(linked)}; this is the newest.", icon=":material/link_off:")
    if release.older:
        st.warning(f"This is release {release.release}, not the newest.", icon=":material/history:")
    return release


def _alias(first: StreamlitPage) -> StreamlitPage:
    """Return a hidden page at the first page's name, as that page itself is at the root; `run` switches to that."""
    return st.Page(lambda: None, title=first.title, url_path="overview", visibility="hidden")


def _no_release(project: Path) -> None:
    st.title("There is no release yet")
    st.write("The map is drawn from a published release. This makes the first one:")
    st.code(f"taskatlas run --project {shlex.quote(str(project))}", language="bash")
    st.write("This page shows it as soon as it is there.")


def _failed(why: str) -> None:
    st.error("This cannot be shown.", icon=":material/error:")
    st.text(why)
    st.button("Try again", icon=":material/refresh:")


@st.fragment(run_every=_WATCH_SECONDS)
def _watch(project: Path, stamp: str) -> None:
    """Draw the page anew once another release was published."""
    if published.current_stamp(project) != stamp:
        st.rerun()


run()
