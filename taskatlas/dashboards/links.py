"""Show select boxes whose option is in the page's address, and the link to a page as it is seen now.

The first dataset or method may be another one in a later release. So the option that a visitor picks is in the address
even where it is the first, and the options that nobody picked are in the link that the sidebar offers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

Option = TypeVar("Option")
_OPTIONS = "options"
"""Where the session's state holds the options that the boxes of the page show, by key in the address."""


def begin() -> None:
    """Forget the options of the last page. Call it before a page draws its boxes."""
    st.session_state[_OPTIONS] = {}


def box(
    label: str,
    options: Sequence[Option],
    key: str,
    *,
    default: int = 0,
    label_of: Callable[[Option], str] = str,
    container: DeltaGenerator | None = None,
) -> Option:
    """Show a select box, and return the option that the visitor picked or the link names, else the default.

    Args:
        label: above the box.
        options: at least one.
        key: of the option in the address and the session.
        default: index of the option where none is picked, or one that is not among the options.
        label_of: returns an option's label in the box and the address.
        container: that the box is put into; the page by default.
    """
    linked = st.query_params.get(key)
    if st.session_state.get(key) not in options and all(label_of(option) != linked for option in options):
        st.session_state[key] = options[default]
    selectbox = container.selectbox if container else st.selectbox
    # index=None, as Streamlit leaves an option that is its own default out of the address
    picked = selectbox(label, options, index=None, key=key, bind="query-params", format_func=label_of)
    option = options[default] if picked is None else picked
    st.session_state[_OPTIONS][key] = label_of(option)
    return option


def link(release: str) -> None:
    """Offer the address that shows this release and every option of the page, also after later releases."""
    address = {**st.query_params.to_dict(), **st.session_state[_OPTIONS], "release": release}
    st.link_button(
        "Link to this view",
        f"?{urlencode(address)}",
        icon=":material/link:",
        help="Its address shows this release and all that is chosen here, also once newer ones are published.",
    )
