"""Compare: how do two subjects, prompts or releases differ?"""

from __future__ import annotations

import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.compare.prompts import show_prompts
from taskatlas.dashboards.compare.releases import show_releases
from taskatlas.dashboards.compare.subjects import show_subjects
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published

_KINDS = ["Subjects", "Prompts", "Releases"]


def show(release: Published) -> None:
    """Draw the page."""
    st.title("Compare")
    st.write("How do two subjects, prompts or releases differ?")
    what = st.segmented_control(
        "Compare two", _KINDS, default=_KINDS[0], required=True, key="what", bind="query-params"
    )
    if what == "Releases":
        show_releases(release)
        return
    kind = "subject" if what == "Subjects" else "prompt"
    names = [row["name"] for row in release.query("compare_names").table.to_pylist() if row["kind"] == kind]
    if len(names) < 2:
        figures.show_empty(f"It takes two {kind}s to compare, and this release has {len(names)}.")
        return
    left, right = st.columns(2)
    one = box("A", names, f"{kind}_a", container=left)
    other = box("B", names, f"{kind}_b", default=1, container=right)
    if one == other:
        figures.show_empty(f"A and B are the same {kind}. Pick another one on either side.")
    elif kind == "subject":
        show_subjects(release, one, other)
    else:
        show_prompts(release, one, other)


show(st.session_state["published"])
