"""Two prompts side by side: what they say, and what their subjects with the same model do."""

from __future__ import annotations

from typing import Any

import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.compare.subjects import show_subjects
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published


def show_prompts(release: Published, one: str, other: str) -> None:
    """Everything about two prompts; `one` is A, `other` is B."""
    cards = release.ask("compare_prompts", one=one, other=other)
    for column, said, card in zip(st.columns(2), "AB", cards.table.to_pylist(), strict=False):
        with column:
            _card(said, card)
    figures.under(cards)
    pairs = {row["model"]: row for row in release.ask("compare_pairs", one=one, other=other).table.to_pylist()}
    if not pairs:
        figures.nothing("No model answers with both, so there are no answers to compare.")
        return
    model = box("With the model", list(pairs), "model")
    st.text(f"A: {pairs[model]['one']}\nB: {pairs[model]['other']}")
    show_subjects(release, pairs[model]["one"], pairs[model]["other"])


def _card(said: str, card: dict[str, Any]) -> None:
    st.subheader(said)
    st.text(card["description"])
    for title, text in (("Template", card["template"]), ("Answer", card["answer"]), ("Choices", _choices(card))):
        st.caption(title)
        st.code(text, language=None, wrap_lines=True)
    if card["demonstrations"]:
        st.text(f"{card['n_demonstrations']} demonstrations at most, {card['demonstrations']}")


def _choices(card: dict[str, Any]) -> str:
    shown = zip(card["labels"], card["choices"], strict=False)
    return "\n".join(f"{label}: {choice}" for label, choice in shown) or "free text"
