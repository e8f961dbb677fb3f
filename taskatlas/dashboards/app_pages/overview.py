"""Overview: what is in this release, what changed, and is anything degraded?"""

from __future__ import annotations

from collections import Counter
from typing import Any

import streamlit as st

from taskatlas.dashboards import figures, last_runs
from taskatlas.dashboards.choices import changed_choices
from taskatlas.dashboards.figures import escape
from taskatlas.dashboards.published import Published

_FLAGS = {
    "flag": st.column_config.TextColumn("What", width="small"),
    "about": "Where",
    "why": st.column_config.TextColumn("Why", width="large"),
}
_NEW = {"new": st.column_config.CheckboxColumn("New", width="small", help="It was not so in the release before")}
_CHANGES = {
    "change": "Change",
    "kind": "Kind",
    "name": "Name",
    "what": st.column_config.TextColumn("What", help="Its content, or what its card says of it"),
    "id_before": "Id before",
    "id_now": "Id now",
}
_MOVED = {
    "what": "What",
    "subject": "Subject",
    "dataset": "Dataset",
    "metric": "Metric",
    "before": st.column_config.NumberColumn("Before", format="%.3f"),
    "now": st.column_config.NumberColumn("Now", format="%.3f"),
    "gain": st.column_config.NumberColumn("Gain", format="%+.3f"),
    "beyond": st.column_config.CheckboxColumn("Beyond interval", help="Outside of the interval that it had before"),
}
_BENCHMARKS = {
    "benchmark": "Question",
    "metric": "Metric",
    "method": "Method",
    "before": _MOVED["before"],
    "now": _MOVED["now"],
    "low": st.column_config.NumberColumn("Low (90%)", format="%.3f"),
    "high": st.column_config.NumberColumn("High (90%)", format="%.3f"),
    # of loss and error, less is better
    "change": st.column_config.NumberColumn("Change", format="%+.3f"),
    "n": "n",
}
_QUALITY = {
    "kind": "About a",
    "origins": "How many",
    "expectations": "Expectations",
    "broken": "Broken",
    "quarantined": "Rows in quarantine",
}


def show(release: Published) -> None:
    """Draw the page."""
    st.title("Overview")
    st.write("What is in this release, what changed, and is anything degraded?")
    counts = release.query("overview_counts")
    flags = release.query("overview_flags", newest=int(not release.older))
    _verdict(release, flags.table.to_pylist())
    if not release.older:
        last_runs.verdict(release)
    with st.container(horizontal=True, key="counts"):
        for row in counts.table.to_pylist():
            gain = row["now"] - row["before"] if release.before else None
            kind = row["kind"].capitalize()
            st.metric(
                kind, f"{row['now']:,}", gain, width=116, delta_color="off", delta_arrow="off" if not gain else "auto"
            )
    figures.show_source(counts)
    if flags.table.num_rows:
        st.subheader("What is degraded")
        figures.table(flags, _NEW | _FLAGS if release.before else _FLAGS, empty="Nothing is degraded.")
    _changed(release)
    last_runs.show(release)
    st.subheader("Quality")
    figures.table(
        release.query("overview_quality"), _QUALITY, empty="Nothing was validated: there was nothing to validate."
    )


def _verdict(release: Published, flags: list[dict[str, Any]]) -> None:
    if not flags:
        st.success("**Nothing is degraded.**", icon=":material/check_circle:")
        return
    news = [row["flag"] for row in flags if row["new"]]
    old = [row["flag"] for row in flags if not row["new"]]
    known = f"As in {release.before}: {_counted(old)}. " if old else ""
    if news:
        since = f"New since {release.before}: " if release.before else ""
        summary = f"**Something is degraded.** {since}{_counted(news)}. {known}Each stands below, with the reason."
        st.warning(summary, icon=":material/warning:")
    else:
        st.info(f"**Nothing new is degraded.** {known}Each stands below, with the reason.", icon=":material/check:")


def _counted(flags: list[str]) -> str:
    return ", ".join(f"{escape(flag)} ({count})" for flag, count in Counter(flags).items())


def _changed(release: Published) -> None:
    if not release.before:
        st.subheader("What changed")
        figures.show_empty("This is the first release: there is none to compare it with.")
        return
    st.subheader(f"What changed since {release.before}")
    parts = (
        ("Cards, texts and choices", "overview_changes", _CHANGES),
        ("Measured scores and forecasts that moved most", "overview_moved", _MOVED),
        ("Benchmarks that moved", "overview_benchmarks", _BENCHMARKS),
    )
    changed = [
        (title, result, columns) for title, query, columns in parts if (result := release.query(query)).table.num_rows
    ]
    choices = release.query("overview_choices")
    if choices.table.num_rows:
        st.markdown("**What is best**")
        st.markdown("\n".join(f"- {escape(sentence)}" for sentence in changed_choices(choices.table)))
        figures.show_source(choices)
    for title, result, columns in changed:
        st.markdown(f"**{title}**")
        figures.table(result, columns, empty="Nothing changed.")
    if not changed and not choices.table.num_rows:
        figures.show_empty("No card, text, choice, score, forecast or benchmark is another one than there.")


show(st.session_state["published"])
