"""Compare: how do two subjects, prompts or releases differ?"""

from __future__ import annotations

import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.compare.prompts import show_prompts
from taskatlas.dashboards.compare.releases import show_releases
from taskatlas.dashboards.compare.subjects import show_subjects
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published

_WHAT = ["Subjects", "Prompts", "Releases"]


def show(release: Published) -> None:
    """The page."""
    st.title("Compare")
    st.write("How do two subjects, prompts or releases differ?")
    what = st.segmented_control("Compare two", _WHAT, default=_WHAT[0], required=True, key="what", bind="query-params")
    if what == "Releases":
        show_releases(release)
        return
    kind = "subject" if what == "Subjects" else "prompt"
    names = [row["name"] for row in release.ask("compare_names").table.to_pylist() if row["kind"] == kind]
    if len(names) < 2:
        figures.nothing(f"It takes two {kind}s to compare, and this release has {len(names)}.")
        return
    left, right = st.columns(2)
    one = box("A", names, f"{kind}_a", place=left)
    other = box("B", names, f"{kind}_b", first=1, place=right)
    if one == other:
        figures.nothing(f"A and B are the same {kind}. Pick another one on either side.")
    elif kind == "subject":
        show_subjects(release, one, other)
    else:
        show_prompts(release, one, other)


show(st.session_state["published"])
