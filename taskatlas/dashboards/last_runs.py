"""Show on the page Overview how the last runs went, and whether the next one is late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.charts.runs import runs
from taskatlas.dashboards.figures import escape
from taskatlas.dashboards.published import Published

_ENDED_BADLY = ("failed", "interrupted")
_STEPS, _FACTOR, _LATE, _LEAST = 3, 1.5, 2.5, timedelta(minutes=30)
"""Runs follow a schedule where, of the last three times between two runs, the median is half an hour or more and the
others differ from it by a factor of 1.5 at most. The next run is late after 2.5 times the median. Of runs that people
start by hand none is late."""
_COLUMNS = {
    "began_at": st.column_config.DatetimeColumn("Began (UTC)", format="YYYY-MM-DD HH:mm:ss", timezone="UTC"),
    "outcome": "Outcome",
    "seconds": st.column_config.NumberColumn("Seconds", format="%.1f"),
    "release": "Release",
    "computed": st.column_config.NumberColumn("Computed", help="Answer sets and vectors that were computed"),
    "device": "Device",
    "taskatlas_version": "Version",
    "fault": "Fault",
}


def verdict(release: Published) -> None:
    """Show when the last run was, how it went, and whether the next one should have begun by now."""
    rows = release.query("overview_runs").table.to_pylist()
    if not rows:
        return
    last, age = rows[0], datetime.now(UTC) - rows[0]["began_at"]
    summary = (
        f"The last run began {_long(age)} ago ({last['began_at']:%-d %b %Y, %H:%M} UTC), "
        f"took **{_span(last['seconds'])}** and "
    )
    if last["outcome"] in _ENDED_BADLY:
        why = escape(last["fault"] or "no reason is known")
        st.error(f"{summary}**{last['outcome']}**: {why}", icon=":material/error:")
    else:
        st.markdown(f"{summary}ended as **{last['outcome']}**.")
    step = _schedule([row["began_at"] for row in rows])
    if step and age > _LATE * step:
        late = f"No run has begun for {_long(age)}; they used to begin every {_long(step)}. Is the schedule alive?"
        st.warning(late, icon=":material/schedule:")


def show(release: Published) -> None:
    """Show the last runs of all releases, as a chart and a table."""
    st.subheader("Last runs")
    result = release.query("overview_runs")
    none = "No run is on record: runs are remembered from the next `taskatlas run` on."
    figures.chart(
        result, runs, about="Seconds that each of the last runs took, by how it ended", empty=none, key="runs"
    )
    if result.table.num_rows:
        figures.table(result, _COLUMNS, empty=none)


def _schedule(began: Sequence[datetime]) -> timedelta | None:
    """Return the time from one run to the next, where they come regularly; `began` is newest first."""
    steps = sorted([later - earlier for later, earlier in pairwise(began)][:_STEPS])
    if len(steps) < _STEPS:
        return None
    usual = steps[_STEPS // 2]
    return usual if usual >= _LEAST and all(usual / _FACTOR <= step <= usual * _FACTOR for step in steps) else None


def _long(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if count := minutes // size:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
