"""Overview: what is in this release, what changed, and is anything degraded?"""

from __future__ import annotations

from collections import Counter

import streamlit as st

from dashboards import figures
from dashboards.charts.runs import runs
from dashboards.figures import plain
from dashboards.published import Published

_ENDED_BADLY = ("failed", "interrupted")
_FLAGS = {"flag": st.column_config.TextColumn("What", width="small"), "about": "Where", "why": "Why"}
_CHANGES = {"change": "Change", "kind": "Kind", "name": "Name", "id_before": "Id before", "id_now": "Id now"}
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
    "low": st.column_config.NumberColumn("Low", format="%.3f"),
    "high": st.column_config.NumberColumn("High", format="%.3f"),
    # of loss and error, less is better
    "change": st.column_config.NumberColumn("Change", format="%+.3f"),
    "n": "n",
}
_RUNS = {
    "began_at": st.column_config.DatetimeColumn("Began (UTC)", format="YYYY-MM-DD HH:mm:ss", timezone="UTC"),
    "outcome": "Outcome",
    "seconds": st.column_config.NumberColumn("Seconds", format="%.1f"),
    "release": "Release",
    "computed": st.column_config.NumberColumn("Computed", help="Answer sets and vectors that were computed"),
    "device": "Device",
    "taskatlas_version": "Version",
    "fault": "Fault",
}
_QUALITY = {
    "kind": "About a",
    "origins": "How many",
    "expectations": "Expectations",
    "broken": "Broken",
    "quarantined": "Rows in quarantine",
}


def show(release: Published) -> None:
    """The page."""
    st.title("Overview")
    st.write("What is in this release, what changed, and is anything degraded?")
    counts = release.ask("overview_counts")
    flags = release.ask("overview_flags")
    _verdict(release, [row["flag"] for row in flags.table.to_pylist()])
    with st.container(horizontal=True, key="counts"):
        for row in counts.table.to_pylist():
            gain = row["now"] - row["before"] if release.before else None
            kind = row["kind"].capitalize()
            st.metric(
                kind, f"{row['now']:,}", gain, width=116, delta_color="off", delta_arrow="off" if not gain else "auto"
            )
    figures.under(counts)
    if flags.table.num_rows:
        st.subheader("What is degraded")
        figures.table(flags, _FLAGS, empty="Nothing is degraded.")
    _changed(release)
    _runs(release)
    st.subheader("Quality")
    figures.table(
        release.ask("overview_quality"), _QUALITY, empty="Nothing was validated: there was nothing to validate."
    )


def _verdict(release: Published, flags: list[str]) -> None:
    if not flags:
        st.success("**Nothing is degraded.**", icon=":material/check_circle:")
        return
    kinds = ", ".join(f"{plain(flag)} ({count})" for flag, count in Counter(flags).items())
    st.warning(f"**Something is degraded**: {kinds}. Each stands below, with the reason.", icon=":material/warning:")
    last = release.ask("overview_runs").table.slice(0, 1).to_pylist()
    if last and last[0]["outcome"] in _ENDED_BADLY:
        st.error(
            f"The last run {last[0]['outcome']}: {plain(last[0]['fault'] or 'no reason is known')}",
            icon=":material/error:",
        )


def _changed(release: Published) -> None:
    if not release.before:
        st.subheader("What changed")
        figures.nothing("This is the first release: there is none to compare it with.")
        return
    st.subheader(f"What changed since {release.before}")
    figures.table(release.ask("overview_changes"), _CHANGES, empty="No card, text or choice changed.")
    st.markdown("**Measured scores and forecasts that moved most**")
    figures.table(release.ask("overview_moved"), _MOVED, empty="No score and no forecast moved.")
    st.markdown("**Benchmarks that moved**")
    figures.table(release.ask("overview_benchmarks"), _BENCHMARKS, empty="No benchmark moved.")


def _runs(release: Published) -> None:
    st.subheader("Last runs")
    answer = release.ask("overview_runs")
    for row in answer.table.slice(0, 1).to_pylist():
        began = f"{row['began_at']:%-d %b %Y, %H:%M} UTC"
        st.markdown(f"The last run began {began}, took **{_span(row['seconds'])}** and ended as **{row['outcome']}**.")
    none = "No run is on record: runs are remembered from the next `taskatlas run` on."
    figures.chart(
        answer, runs, about="Seconds that each of the last runs took, by how it ended", empty=none, key="runs"
    )
    if answer.table.num_rows:
        figures.table(answer, _RUNS, empty=none)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


show(st.session_state["published"])
