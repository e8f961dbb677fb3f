"""Two releases side by side: what is new, gone or changed, which scores moved, and which vectors drifted."""

from __future__ import annotations

from typing import Any

import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.figures import plain
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published, current

_DRIFTED = {
    "method": "Space",
    "kind": "Kind",
    "name": "Name",
    "cosine": st.column_config.NumberColumn("Cosine", format="%.4f", help="1 is unmoved"),
}


def show_releases(release: Published) -> None:
    """The release shown and another one that is picked here: from the older to the newer, whichever is shown."""
    names = list(release.releases)
    others = [name for name in reversed(names) if name != release.release]
    if not others:
        figures.nothing("There is one release so far. The next run that changes something makes another.")
        return
    picked = box("Against", others, "against", first=others.index(release.before) if release.before else -1)
    older, newer = sorted((release.release, picked), key=names.index)
    shown = current(release.folder, release.stamp, newer)
    st.write(f"What came about from **{plain(older)}** to **{plain(newer)}**.")
    st.subheader("New, gone and changed")
    changes = shown.ask("overview_changes", against=older)
    figures.table(changes, _changes(older, newer), empty="Both hold the same, and their cards say the same of it.")
    st.subheader("Scores that moved")
    st.caption("The 20 measured scores and the 20 forecasts that moved most.")
    moved = shown.ask("overview_moved", against=older)
    figures.table(moved, _moved(older, newer), empty="No score moved.")
    st.subheader("Vectors that drifted most")
    st.caption("The 200 that drifted most, each in one space: vectors of different spaces cannot be compared.")
    figures.table(shown.ask("compare_drifted", against=older), _DRIFTED, empty="No vector moved.")


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
