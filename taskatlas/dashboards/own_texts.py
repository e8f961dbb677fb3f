"""The part of the page Choose that takes a visitor's own texts; they stay in the session's memory."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import streamlit as st

from taskatlas.advice.advice import Advice
from taskatlas.advice.adviser import Adviser
from taskatlas.advice.texts import MOST_CHARACTERS, MOST_TEXTS, parse
from taskatlas.dashboards import figures
from taskatlas.dashboards.charts.forecasts import forecasts
from taskatlas.dashboards.figures import plain
from taskatlas.dashboards.published import Answer, Catalog, Published
from taskatlas.errors import InputError
from taskatlas.store.reader import Reader

_KEPT_ADVISERS = 2
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
    "low": st.column_config.NumberColumn("Low", format="%.3f"),
    "high": st.column_config.NumberColumn("High", format="%.3f"),
    "fidelity": st.column_config.NumberColumn(
        "Fidelity", format="%.2f", help="Share of corpus texts on which stand-in and subject agree"
    ),
}
_BORROWED = {
    "borrowed_from": "Forecast on",
    "similarity": st.column_config.NumberColumn("Cosine", format="%.2f"),
    "measured": st.column_config.NumberColumn("Measured there", format="%.3f"),
}
_NEAREST = {"method": "Space", "neighbor": "Dataset", "similarity": _BORROWED["similarity"], "rank": "Rank"}


def show(release: Published) -> None:
    """The form and, once it was sent, what it led to."""
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
            st.session_state["advice"] = _adviser(release.folder, release.catalog, release.asked).advise(own)
    advice: Advice | None = st.session_state.get("advice")
    if advice is not None:
        if advice.release != release.release:
            told = f"This was read from release {advice.release}. Choose again to see what {release.release} says."
            st.warning(told, icon=":material/history:")
        _advice(advice)


@st.cache_resource(max_entries=_KEPT_ADVISERS, show_spinner=False)
def _adviser(folder: Path, catalog: Catalog, release: str | None) -> Adviser:
    return Adviser.of(folder, Reader(catalog.path, release))


def _advice(advice: Advice) -> None:
    subjects = _answer(advice, "subjects", advice.subjects)
    if advice.subjects.num_rows:
        best = advice.subjects.slice(0, 1).to_pylist()[0]
        said = (
            f"**{plain(best['subject'])}** promises most: {plain(best['metric'])} {best['forecast']:.2f} "
            f"({best['low']:.2f} to {best['high']:.2f})"
        )
        if advice.labelled:
            st.success(f"{said} on your texts.", icon=":material/check_circle:")
        else:  # what is borrowed is no promise
            lender = plain(best["borrowed_from"])
            st.info(f"The nearest dataset with forecasts is **{lender}**. There {said}.", icon=":material/near_me:")
    if advice.notes:
        st.info("\n".join(f"- {plain(note)}" for note in advice.notes), icon=":material/info:")
    st.subheader("Subjects")
    nobody = "No subject answers with labels like these."
    if advice.labelled:
        about = "Forecast accuracy of the most promising subjects on your texts"
        figures.chart(subjects, lambda rows: forecasts(rows, "accuracy"), about=about, empty=nobody, key="own-chart")
    if advice.subjects.num_rows:
        figures.table(subjects, _SUBJECTS if advice.labelled else _SUBJECTS | _BORROWED, empty=nobody, height=320)
    st.subheader("What they would answer")
    figures.table(_answer(advice, "answers", _wide(advice.answers)), empty="There is no subject to ask.", height=320)
    st.subheader("Source datasets")
    figures.table(_answer(advice, "nearest", advice.nearest), _NEAREST, empty="No dataset is near.")


def _answer(advice: Advice, name: str, table: pa.Table) -> Answer:
    """A table of advice as a figure takes it; it is computed, so there is Python behind it and no SQL."""
    python = _PYTHON.format(release=advice.release, name=name)
    return Answer(f"own_{name}", {}, advice.release, python, table, language="python")


def _wide(answers: pa.Table) -> pa.Table:
    """One row per text, and a column for each subject's stand-in, the most promising first."""
    rows = answers.to_pandas()
    if rows.empty:
        return answers
    texts = rows.groupby("place")[["text", "label"]].first()
    said = rows.pivot_table(index="place", columns="subject", values="answer", aggfunc="first", sort=False)
    joined = texts.join(said.rename(columns={name: f"{name} (subject)" for name in texts.columns}))
    return pa.Table.from_pandas(joined.dropna(axis="columns", how="all"), preserve_index=False)
