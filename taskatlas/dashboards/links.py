"""Boxes whose choice is in the page's address, and the link that shows a page for ever as it is seen now.

The first dataset or space is another one after some releases. So what a visitor chooses in these boxes is in the
address even where it is the first; and what nobody chose is in the link that the sidebar offers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

Option = TypeVar("Option")
_SEEN = "seen"
"""What the boxes of the page show, by their key in the address."""


def begin() -> None:
    """Before a page draws its boxes."""
    st.session_state[_SEEN] = {}


def box(
    label: str,
    options: Sequence[Option],
    key: str,
    *,
    first: int = 0,
    said: Callable[[Option], str] = str,
    place: DeltaGenerator | None = None,
) -> Option:
    """A box of options, and the one that is chosen: by the visitor or the link, else the first.

    Args:
        label: above the box.
        options: at least one.
        key: of the choice in the address and the session.
        first: place of the option that is chosen where there is no choice, or one that is no option.
        said: an option as the box and the address say it.
        place: where the box is put; below what is there by default.
    """
    linked = st.query_params.get(key)
    if st.session_state.get(key) not in options and all(said(option) != linked for option in options):
        st.session_state[key] = options[first]
    put = place.selectbox if place else st.selectbox
    # without a default of its own, as Streamlit leaves a choice that is the default out of the address
    chosen = put(label, options, index=None, key=key, bind="query-params", format_func=said)
    shown = options[first] if chosen is None else chosen
    st.session_state[_SEEN][key] = said(shown)
    return shown


def link(release: str) -> None:
    """Offer the address that shows this release and everything that is chosen on the page, whatever comes later."""
    address = {**st.query_params.to_dict(), **st.session_state[_SEEN], "release": release}
    st.link_button(
        "Link to this view",
        f"?{urlencode(address)}",
        icon=":material/link:",
        help="Its address shows this release and all that is chosen here, also once newer ones are published.",
    )
