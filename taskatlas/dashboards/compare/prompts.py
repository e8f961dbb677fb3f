"""Show two prompts side by side: their cards, and their subjects with the same model."""

from __future__ import annotations

from typing import Any

import streamlit as st

from taskatlas.dashboards import figures
from taskatlas.dashboards.compare.subjects import show_subjects
from taskatlas.dashboards.links import box
from taskatlas.dashboards.published import Published


def show_prompts(release: Published, one: str, other: str) -> None:
    """Show everything about two prompts; `one` is A, `other` is B."""
    cards = release.query("compare_prompts", one=one, other=other)
    for column, side, card in zip(st.columns(2), "AB", cards.table.to_pylist(), strict=False):
        with column:
            _card(side, card)
    figures.show_source(cards)
    pairs = {row["model"]: row for row in release.query("compare_pairs", one=one, other=other).table.to_pylist()}
    if not pairs:
        figures.show_empty("No model answers with both, so there are no answers to compare.")
        return
    model = box("With the model", list(pairs), "model")
    st.text(f"A: {pairs[model]['one']}\nB: {pairs[model]['other']}")
    show_subjects(release, pairs[model]["one"], pairs[model]["other"])


def _card(side: str, card: dict[str, Any]) -> None:
    st.subheader(side)
    st.text(card["description"])
    for title, text in (("Template", card["template"]), ("Answer", card["answer"]), ("Choices", _choices(card))):
        st.caption(title)
        st.code(text, language=None, wrap_lines=True)
    if card["demonstrations"]:
        st.text(f"{card['n_demonstrations']} demonstrations at most, {card['demonstrations']}")


def _choices(card: dict[str, Any]) -> str:
    pairs = zip(card["labels"], card["choices"], strict=False)
    return "\n".join(f"{label}: {choice}" for label, choice in pairs) or "free text"
