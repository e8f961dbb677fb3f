"""Take a visitor's own texts on the page Choose, and show the advice on them; they stay in the session's memory."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow as pa
import streamlit as st

from taskatlas.advice.advice import Advice
from taskatlas.advice.adviser import Adviser
from taskatlas.advice.texts import MOST_CHARACTERS, MOST_TEXTS, parse
from taskatlas.dashboards import figures
from taskatlas.dashboards.charts import Chart
from taskatlas.dashboards.charts.candidates import candidates
from taskatlas.dashboards.figures import escape
from taskatlas.dashboards.published import Catalog, Published, QueryResult
from taskatlas.errors import InputError
from taskatlas.store.reader import Reader

_CACHED_ADVISERS = 2
_PYTHON = (
    "import taskatlas\n\n# this is of release {release}; here it is of the newest\n"
    "advice = taskatlas.open().advise(texts, labels)  # labels may be left away\nadvice.{name}"
)
_SUBJECTS = {
    "subject": "Subject",
    "model": "Model",
    "prompt": "Prompt",
    "metric": "Metric",
    "forecast": st.column_config.NumberColumn("Forecast", format="%.3f"),
    "low": st.column_config.NumberColumn("Low (90%)", format="%.3f"),
    "high": st.column_config.NumberColumn("High (90%)", format="%.3f"),
    "fidelity": st.column_config.NumberColumn(
        "Fidelity", format="%.2f", help="Share of corpus texts on which student and subject agree"
    ),
}
_BORROWED = {
    "borrowed_from": "Forecast on",
    "similarity": st.column_config.NumberColumn("Cosine", format="%.2f"),
    "measured": st.column_config.NumberColumn("Measured there", format="%.3f"),
}
_NEAREST = {"method": "Method", "neighbor": "Dataset", "similarity": _BORROWED["similarity"], "rank": "Rank"}


def show(release: Published) -> None:
    """Show the form and, once it was sent, the advice."""
    with st.form("own", border=False):
        text = st.text_area(
            "Your texts, one per line; a label may follow after a tab or “ | ”",
            key="own_texts",
            persist_state="session",
            height=220,
            placeholder="The soup was cold | negative\nLovely staff, we will be back | positive",
            help=f"At most {MOST_TEXTS} texts and {MOST_CHARACTERS:,} characters. Nothing of them is stored.",
        )
        sent = st.form_submit_button("Choose for these texts", icon=":material/checklist:")
    if sent:
        st.session_state.pop("advice", None)
        try:
            own = parse(text)
        except InputError as error:
            st.error("These texts cannot be used.", icon=":material/error:")
            st.text(str(error))
            return
        with st.spinner("Reading your texts, and what every subject answered to the corpus ..."):
            st.session_state["advice"] = _adviser(release.folder, release.catalog, release.pinned).advise(own)
    advice: Advice | None = st.session_state.get("advice")
    if advice is not None:
        if advice.release != release.release:
            warning = f"This was read from release {advice.release}. Choose again to see what {release.release} says."
            st.warning(warning, icon=":material/history:")
        _advice(advice)


@st.cache_resource(max_entries=_CACHED_ADVISERS, show_spinner=False)
def _adviser(folder: Path, catalog: Catalog, release: str | None) -> Adviser:
    return Adviser.of(folder, Reader(catalog.path, release))


def _advice(advice: Advice) -> None:
    subjects = _as_result(advice, "subjects", advice.subjects)
    if advice.subjects.num_rows:
        best = advice.subjects.slice(0, 1).to_pylist()[0]
        promise = (
            f"**{escape(best['subject'])}** promises most: {escape(best['metric'])} {best['forecast']:.2f} "
            f"({best['low']:.2f} to {best['high']:.2f})"
        )
        if advice.labelled:
            _promise(promise, best["low"], advice)
        else:  # what is borrowed is no promise
            lender = escape(best["borrowed_from"])
            st.info(f"The nearest dataset with forecasts is **{lender}**. There {promise}.", icon=":material/near_me:")
    if advice.notes:
        st.info("\n".join(f"- {escape(note)}" for note in advice.notes), icon=":material/info:")
    st.subheader("Subjects")
    nobody = "No subject answers with labels like these."
    if advice.labelled:
        about = "Forecast accuracy of the most promising subjects on your texts"
        figures.chart(subjects, _chart, about=about, empty=nobody, key="own-chart")
    if advice.subjects.num_rows:
        figures.table(subjects, _SUBJECTS if advice.labelled else _SUBJECTS | _BORROWED, empty=nobody, height=320)
    st.subheader("What they would answer")
    figures.table(_as_result(advice, "answers", _wide(advice.answers)), empty="There is no subject to ask.", height=320)
    st.subheader("Source datasets")
    figures.table(_as_result(advice, "nearest", advice.nearest), _NEAREST, empty="No dataset is near.")


def _promise(promise: str, low: float, advice: Advice) -> None:
    """What promises most on labelled texts; with a tick only where it is above always answering their commoner."""
    labels = dict(zip(advice.answers["position"].to_pylist(), advice.answers["label"].to_pylist(), strict=True))
    label, count = Counter(labels.values()).most_common(1)[0]
    if low > count / len(labels):
        st.success(f"{promise} on your texts.", icon=":material/check_circle:")
        return
    always = f"always answering {escape(label)} ({count / len(labels):.2f})"
    st.warning(f"{promise} on your texts, which cannot be told from {always}.", icon=":material/block:")


def _chart(rows: pd.DataFrame) -> Chart:
    return candidates(rows[["subject", "forecast", "low", "high"]].rename(columns={"forecast": "expected"}), "accuracy")


def _as_result(advice: Advice, name: str, table: pa.Table) -> QueryResult:
    """Return a table of advice as figures take it; it is computed, so there is Python behind it and no SQL."""
    python = _PYTHON.format(release=advice.release, name=name)
    return QueryResult(f"own_{name}", {}, advice.release, python, table, language="python")


def _wide(answers: pa.Table) -> pa.Table:
    """Return one row per text, and a column for each subject's student, the most promising first."""
    rows = answers.to_pandas()
    if rows.empty:
        return answers
    texts = rows.groupby("position")[["text", "label"]].first()
    by_subject = rows.pivot_table(index="position", columns="subject", values="answer", aggfunc="first", sort=False)
    joined = texts.join(by_subject.rename(columns={name: f"{name} (subject)" for name in texts.columns}))
    return pa.Table.from_pandas(joined.dropna(axis="columns", how="all"), preserve_index=False)
