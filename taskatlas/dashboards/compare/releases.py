"""Show two releases side by side: what is new, gone or changed, which scores moved, and which vectors drifted."""

from __future__ import annotations

from typing import Any

import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.figures import escape
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published, open_release

_DRIFTED = {
    "method": "Method",
    "kind": "Kind",
    "name": "Name",
    "cosine": st.column_config.NumberColumn("Cosine", format="%.4f", help="1 is unmoved"),
}


def show_releases(release: Published) -> None:
    """Compare the open release with another one that is picked here, from the older to the newer."""
    names = list(release.releases)
    others = [name for name in reversed(names) if name != release.release]
    if not others:
        figures.show_empty("There is one release so far. The next run that changes something makes another.")
        return
    picked = box("Against", others, "against", default=others.index(release.before) if release.before else -1)
    older, newer = sorted((release.release, picked), key=names.index)
    later = open_release(release.folder, release.stamp, newer)
    st.write(f"What came about from **{escape(older)}** to **{escape(newer)}**.")
    st.subheader("New, gone and changed")
    changes = later.query("overview_changes", against=older)
    figures.table(changes, _changes(older, newer), empty="Both hold the same, and their cards say the same of it.")
    st.subheader("Scores that moved")
    st.caption("The 20 measured scores and the 20 forecasts that moved most.")
    moved = later.query("overview_moved", against=older)
    figures.table(moved, _moved(older, newer), empty="No score moved.")
    st.subheader("Vectors that drifted most")
    st.caption("The 200 that drifted most, each in one space: vectors of different spaces cannot be compared.")
    figures.table(later.query("compare_drifted", against=older), _DRIFTED, empty="No vector moved.")


def _changes(older: str, newer: str) -> dict[str, Any]:
    return {
        "change": "Change",
        "kind": "Kind",
        "name": "Name",
        "what": st.column_config.TextColumn("What", help="Its content, or what its card says of it"),
        "id_before": f"Id in {older}",
        "id_now": f"Id in {newer}",
    }


def _moved(older: str, newer: str) -> dict[str, Any]:
    return {
        "what": "What",
        "subject": "Subject",
        "dataset": "Dataset",
        "metric": "Metric",
        "before": st.column_config.NumberColumn(f"In {older}", format="%.3f"),
        "now": st.column_config.NumberColumn(f"In {newer}", format="%.3f"),
        "gain": st.column_config.NumberColumn("Gain", format="%+.3f"),
        "beyond": st.column_config.CheckboxColumn(
            "Beyond interval", help=f"Outside of the interval that it had in {older}"
        ),
    }
