"""Two releases side by side: what is new, gone or changed, which scores moved, and which vectors drifted."""

from __future__ import annotations

import streamlit as st

from dashboards import figures
from dashboards.figures import plain
from dashboards.published import Published

_CHANGES = {"change": "Change", "kind": "Kind", "name": "Name", "id_before": "Id there", "id_now": "Id here"}
_MOVED = {
    "what": "What",
    "subject": "Subject",
    "dataset": "Dataset",
    "metric": "Metric",
    "before": st.column_config.NumberColumn("There", format="%.3f"),
    "now": st.column_config.NumberColumn("Here", format="%.3f"),
    "gain": st.column_config.NumberColumn("Gain", format="%+.3f"),
    "beyond": st.column_config.CheckboxColumn("Beyond interval", help="Outside of the interval that it had there"),
}
_DRIFTED = {
    "method": "Space",
    "kind": "Kind",
    "name": "Name",
    "cosine": st.column_config.NumberColumn("Cosine", format="%.4f", help="1 is unmoved"),
}


def show_releases(release: Published) -> None:
    """The release shown, beside another one that is picked here."""
    others = [name for name in reversed(release.releases) if name != release.release]
    if not others:
        figures.nothing("There is one release so far. The next run that changes something makes another.")
        return
    first = others.index(release.before) if release.before else 0
    against = st.selectbox("Against", others, index=first, key="against", bind="query-params")
    st.write(f"What is in **{plain(release.release)}** (here), beside **{plain(against)}** (there).")
    st.subheader("New, gone and changed")
    figures.table(
        release.ask("overview_changes", against=against), _CHANGES, empty="Both hold the same, in the same versions."
    )
    st.subheader("Scores that moved")
    st.caption("The 20 measured scores and the 20 forecasts that moved most.")
    figures.table(release.ask("overview_moved", against=against), _MOVED, empty="No score is another one.")
    st.subheader("Vectors that drifted most")
    st.caption("The 200 that drifted most, each in one space: vectors of different spaces cannot be compared.")
    figures.table(release.ask("compare_drifted", against=against), _DRIFTED, empty="No vector is another one.")
